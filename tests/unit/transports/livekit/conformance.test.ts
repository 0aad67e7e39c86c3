/** Checks that the transports on LiveKit's client follow the rules of the port, with a double that has LiveKit's own names. */
import type {
  AgentChatResponsePartClientEvent,
  AgentResponseClientEvent,
  ConversationMetadata,
  InterruptionEvent,
  UserTranscriptionClientEvent,
} from '@elevenlabs/types'
import { DisconnectReason, RoomEvent } from 'livekit-client'
import {
  type ConformanceProvider,
  type TransportUnderTest,
  transportConformance,
} from 'redux-voice-agent/testing'
import type { VoiceTransportFactory } from 'redux-voice-agent/transports'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { createElevenLabsTransport } from '../../../../src/lib/voice-agent/transports/eleven-labs/index.js'
import { createLiveKitTransport } from '../../../../src/lib/voice-agent/transports/livekit/index.js'
import { createLiveKitDouble, createStream, FakeAudioContext, type LiveKitDouble } from './livekit-double.js'

beforeAll(() => void vi.stubGlobal('AudioContext', FakeAudioContext))
afterAll(() => void vi.unstubAllGlobals())

type Context = ConformanceProvider['context']
const shortened = (context: Context) => context.map(({ role, text }) => ({ role, text }))
const serverUrl = 'wss://livekit.test'
let current: LiveKitDouble

const isText = (value: unknown): value is string => typeof value === 'string'

/** An agent that implements the session contract. */
function createLiveKitProvider(): ConformanceProvider {
  const double = createLiveKitDouble()
  current = double
  const sessions = new Set<string>()
  const texts: string[] = []
  const streams = new Map<string, ReturnType<typeof createStream>>()
  let context: Context = []
  let answers = 0
  double.onRpc = (method, payload) => {
    if (method !== 'voice-agent.session') return ''
    const asked = JSON.parse(payload)
    const resumed = sessions.has(asked.sessionId)
    sessions.add(asked.sessionId)
    context = resumed ? [] : shortened(asked.context)
    return JSON.stringify({ resumed })
  }
  double.onText = (topic, text) => void (topic === 'lk.chat' && texts.push(text))

  /** Delivers a message of the double: a stream's start, chunk or end. Anything else is a message for the app. */
  function deliver(message: string) {
    const room = double.joined.at(-1)
    if (!room) return
    let fields: Record<string, unknown> = {}
    try {
      fields = JSON.parse(message) ?? {}
    } catch {
      // A message for the app.
    }
    const { kind, id, text, sender, attributes } = fields
    if (kind === 'moved') return room.emit(RoomEvent.Disconnected, DisconnectReason.DUPLICATE_IDENTITY)
    const stream = isText(id) ? streams.get(id) : undefined
    if (kind === 'begin' && isText(id)) {
      const begun = createStream(id, { 'lk.segment_id': id, ...(attributes as object) })
      streams.set(id, begun)
      room.texts.get('lk.transcription')?.(begun.reader, { identity: isText(sender) ? sender : 'agent-1' })
    } else if (kind === 'words' && stream && isText(text)) stream.write(text)
    else if (kind === 'end' && stream) stream.end({ 'lk.transcription_final': 'true' })
    else {
      const app = createStream('app', {})
      room.texts.get('voice-agent.message')?.(app.reader, { identity: 'agent-1' })
      app.write(message)
      app.end()
    }
  }

  const begin = (id: string, sender: string) => JSON.stringify({ kind: 'begin', id, sender })
  const words = (id: string, text: string) => JSON.stringify({ kind: 'words', id, text })
  const end = (id: string) => JSON.stringify({ kind: 'end', id })
  return {
    texts,
    get context() {
      return context
    },
    fetch: () => new Response(null, { status: 404 }),
    onMessage() {},
    deliver,
    answer(parts) {
      const id = `SG_${++answers}`
      return [begin(id, 'agent-1'), ...parts.map((part) => words(id, part)), end(id)]
    },
    userSays(text) {
      const id = `SG_user_${++answers}`
      return [begin(id, 'user-1'), words(id, text), end(id)]
    },
    interrupted: () => [end(`SG_${answers}`)],
    moved: () => [JSON.stringify({ kind: 'moved' })],
    sentTrack: () => double.sentTrack(),
  }
}

/** ElevenLabs' events, with the types from its own package. */
function createElevenLabsProvider(): ConformanceProvider {
  const double = createLiveKitDouble()
  current = double
  const texts: string[] = []
  let context: Context = []
  let answers = 0
  const deliver = (message: string) =>
    double.joined.at(-1)?.emit(RoomEvent.DataReceived, new TextEncoder().encode(message), double.agent)
  double.onData = (data) => {
    const { type, text } = JSON.parse(data)
    if (type === 'user_message') texts.push(text)
    if (type === 'contextual_update' && text.startsWith('The conversation continues.')) {
      const [, ...lines] = text.split('\n') as string[]
      context = lines.map((line) => {
        const [role = '', ...words] = line.split(': ')
        return { role: role as 'user', text: words.join(': ') }
      })
    }
    if (type !== 'conversation_initiation_client_data') return
    const metadata: ConversationMetadata = {
      type: 'conversation_initiation_metadata',
      conversation_initiation_metadata_event: {
        conversation_id: 'conv_1',
        agent_output_audio_format: 'pcm_48000',
        user_input_audio_format: 'pcm_48000',
      },
    }
    deliver(JSON.stringify(metadata))
  }
  return {
    texts,
    get context() {
      return context
    },
    fetch: () => new Response(null, { status: 404 }),
    onMessage() {},
    deliver,
    answer(parts) {
      const event_id = ++answers
      const part = (type: 'start' | 'delta' | 'stop', text: string): AgentChatResponsePartClientEvent => ({
        type: 'agent_chat_response_part',
        text_response_part: { text, type, event_id },
      })
      const whole: AgentResponseClientEvent = {
        type: 'agent_response',
        agent_response_event: { agent_response: parts.join(''), event_id },
      }
      const events = [part('start', ''), ...parts.map((text) => part('delta', text)), part('stop', ''), whole]
      return events.map((event) => JSON.stringify(event))
    },
    userSays(text) {
      const event: UserTranscriptionClientEvent = {
        type: 'user_transcript',
        user_transcription_event: { user_transcript: text, event_id: ++answers },
      }
      return [JSON.stringify(event)]
    },
    interrupted() {
      const event: { type: 'interruption'; interruption_event: InterruptionEvent } = {
        type: 'interruption',
        interruption_event: { event_id: answers },
      }
      return [JSON.stringify(event)]
    },
    sentTrack: () => double.sentTrack(),
  }
}

const load = () => current.load()
const liveKit: VoiceTransportFactory = (host) => createLiveKitTransport({ serverUrl }, load)(host)
const elevenLabs: VoiceTransportFactory = (host) => createElevenLabsTransport({ serverUrl }, load)(host)

const subjects: Record<string, TransportUnderTest> = {
  liveKitTransport: { transport: liveKit, provider: createLiveKitProvider },
  elevenLabsTransport: { transport: elevenLabs, provider: createElevenLabsProvider, resume: 'reseeded' },
}

for (const [name, subject] of Object.entries(subjects)) {
  describe(name, () => {
    for (const { name: rule, isSkipped, run } of transportConformance(subject))
      it.skipIf(isSkipped)(rule, run)
  })
}
