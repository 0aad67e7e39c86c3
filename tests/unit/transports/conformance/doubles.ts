import {
  conformanceAnswer as answerSdp,
  type ConformanceProvider,
  type TransportUnderTest,
} from 'redux-voice-agent/testing'
import { openAiRealtimeTransport, smallWebRtcTransport, whipTransport } from 'redux-voice-agent/transports'
import { createRealtimeDouble, type Fields, type RealtimeDouble } from '../../../support/realtime-double.js'
import { library, ownMediaTransport } from './own-media-transport.js'

type Context = ConformanceProvider['context']
type Send = (text: string) => void

const json = (message: Fields) => JSON.stringify(message)
const shortened = (context: Context) => context.map(({ role, text }) => ({ role, text }))

/** A server for the documented line transport. */
export function createLineDouble(): ConformanceProvider {
  const sessions = new Set<string>()
  const texts: string[] = []
  let context: Context = []
  let answers = 0
  return {
    texts,
    get context() {
      return context
    },
    async fetch(request) {
      const asked = await request.json()
      const isKnown = sessions.has(asked.sessionId)
      sessions.add(asked.sessionId)
      context = isKnown ? [] : shortened(asked.context)
      const continued = isKnown ? 'resumed' : context.length > 0 ? 'reseeded' : 'fresh'
      return Response.json({ sdp: answerSdp, continued })
    },
    onMessage(text) {
      const { kind, words } = JSON.parse(text)
      if (kind === 'user') texts.push(words)
    },
    answer(parts) {
      const id = `a${++answers}`
      const words = parts.map((part) => json({ kind: 'words', id, words: part }))
      return [json({ kind: 'begin', id }), ...words, json({ kind: 'end', id })]
    },
    userSays: (words) => [json({ kind: 'user', words })],
  }
}

/** The same, with the features of the full line transport. */
export function createFullLineDouble(): ConformanceProvider {
  const double = createLineDouble()
  let answers = 0
  return Object.defineProperties({} as ConformanceProvider, {
    ...Object.getOwnPropertyDescriptors(double),
    ...Object.getOwnPropertyDescriptors({
      answer(parts: readonly string[]) {
        answers++
        return double.answer(parts)
      },
      interrupted: () => [json({ kind: 'cut', id: `a${answers}` })],
      moved: () => [json({ kind: 'moved' })],
    }),
  })
}

const rtvi = (type: string, data: Fields = {}) => json({ id: 'bot', label: 'rtvi-ai', type, data })

function createPipecatDouble(): ConformanceProvider {
  const sessions = new Set<string>()
  const peers = new Set<string>()
  const texts: string[] = []
  let context: Context = []
  let asked: { sessionId: string; resume: boolean; context: Context } | null = null
  return {
    texts,
    get context() {
      return context
    },
    async fetch(request) {
      const body = await request.json()
      if (request.method === 'PATCH')
        return peers.has(body.pc_id)
          ? Response.json({ status: 'success' })
          : new Response('{}', { status: 404 })
      asked = body.request_data
      const pcId = `SmallWebRTCConnection#${peers.size}-id`
      peers.add(pcId)
      return Response.json({ sdp: answerSdp, type: 'answer', pc_id: pcId })
    },
    onMessage(text, send) {
      if (!text.startsWith('{')) return
      const { type, data } = JSON.parse(text)
      if (type === 'send-text') texts.push(data.content)
      if (type !== 'client-ready' || !asked) return
      const resumed = sessions.has(asked.sessionId)
      sessions.add(asked.sessionId)
      context = resumed ? [] : shortened(asked.context)
      send(rtvi('bot-ready', { version: '2.1.0' }))
      send(rtvi('server-message', { type: 'session', sessionId: asked.sessionId, resumed }))
    },
    answer(parts) {
      const output = parts.map((text) => rtvi('bot-llm-text', { text }))
      return [rtvi('bot-llm-started'), ...output, rtvi('bot-llm-stopped')]
    },
    userSays: (text) => [
      rtvi('user-started-speaking'),
      rtvi('user-transcription', { text, final: true, timestamp: '2026-01-01T00:00:00Z', user_id: 'u' }),
      rtvi('user-stopped-speaking'),
    ],
    interrupted: () => [rtvi('bot-interrupted'), rtvi('bot-llm-stopped')],
    moved: () => [rtvi('server-message', { type: 'session', sessionId: 'session-1', moved: true })],
  }
}

function createOpenAiDouble(): ConformanceProvider {
  let double: RealtimeDouble | null = null
  let answers = 0
  const messages = () => double?.items.filter(({ type }) => type === 'message') ?? []
  const textOf = ({ content }: Fields) => (content as { text: string }[])[0]?.text ?? ''
  const isContext = ({ id }: Fields) => String(id).startsWith('before-')
  const event = (type: string, fields: Fields) => json({ type, event_id: `e${++answers}`, ...fields })
  const response = (status: string) =>
    event('response.done', { response: { id: `r${turn}`, status, output: [] } })
  let turn = 0
  return {
    get context() {
      return messages()
        .filter(isContext)
        .map((item) => ({ role: item.role as Context[number]['role'], text: textOf(item) }))
    },
    get texts() {
      return messages()
        .filter((item) => item.role === 'user' && !isContext(item))
        .map(textOf)
    },
    fetch: () =>
      new Response(answerSdp, {
        status: 201,
        headers: { 'Content-Type': 'application/sdp', Location: '/v1/realtime/calls/rtc_1' },
      }),
    onOpen(send: Send) {
      double = createRealtimeDouble({ isAnswering: false, send: (sent) => send(json(sent)) })
      double.open()
    },
    onMessage: (text) => double?.receive(text),
    answer(parts) {
      turn++
      const of = { response_id: `r${turn}`, item_id: `a${turn}`, output_index: 0, content_index: 0 }
      return [
        event('response.created', { response: { id: `r${turn}` } }),
        event('response.output_item.added', {
          ...of,
          item: { id: `a${turn}`, type: 'message', role: 'assistant' },
        }),
        ...parts.map((delta) => event('response.output_text.delta', { ...of, delta })),
        response('completed'),
      ]
    },
    userSays(transcript) {
      const of = { item_id: `u${++turn}`, previous_item_id: null }
      return [
        event('input_audio_buffer.speech_started', of),
        event('input_audio_buffer.speech_stopped', of),
        event('input_audio_buffer.committed', of),
        event('conversation.item.input_audio_transcription.completed', {
          ...of,
          content_index: 0,
          transcript,
        }),
      ]
    },
    interrupted: () => [response('cancelled')],
  }
}

/** A gateway that exchanges lines over its data channel, and reports when it has the context. */
function createGatewayDouble(): ConformanceProvider {
  const line = createLineDouble()
  let context: Context = []
  const answer = () =>
    new Response(answerSdp, {
      status: 201,
      headers: { 'Content-Type': 'application/sdp', Location: '/session/1', ETag: '"1"' },
    })
  return Object.defineProperties({} as ConformanceProvider, {
    ...Object.getOwnPropertyDescriptors(line),
    ...Object.getOwnPropertyDescriptors({
      get context() {
        return context
      },
      fetch: ({ method }: Request) => (method === 'POST' ? answer() : new Response(null, { status: 204 })),
      onMessage(text: string, send: Send) {
        const message = JSON.parse(text)
        if (message.kind === 'user') return line.onMessage?.(text, send)
        if (message.kind !== 'begin') return
        context = shortened(message.context)
        send(json({ kind: 'ready' }))
      },
    }),
  })
}

/** A transport for the gateway's data channel, as an app would write it. */
const gatewayTransport: TransportUnderTest['transport'] = (host) => {
  let onReady = () => {}
  return whipTransport({
    channel: {
      label: 'lines',
      parse(text) {
        const { kind, id, words } = JSON.parse(text)
        if (kind === 'ready') onReady()
        if (kind === 'user') return { type: 'userTranscriptReceived', text: words, final: true }
        if (kind === 'begin') return { type: 'assistantTurnStarted', turnId: id }
        if (kind === 'words') return { type: 'assistantTextAppended', turnId: id, delta: words }
        return kind === 'end' ? { type: 'assistantTurnCompleted', turnId: id } : null
      },
      format: (message) => (message.type === 'text' ? json({ kind: 'user', words: message.text }) : null),
      async begin({ context, signal }, send) {
        const ready = new Promise<void>((resolve, reject) => {
          onReady = resolve
          signal.addEventListener('abort', () => reject(signal.reason))
        })
        send(json({ kind: 'begin', context }))
        await ready
        return context.length > 0 ? 'reseeded' : 'fresh'
      },
    },
  })(host)
}

/** A media server that receives sound over WHIP and sends it over WHEP. */
function createMediaServerDouble(): ConformanceProvider {
  const answer = (direction: string, location: string) =>
    new Response(answerSdp.replace('a=sendrecv', `a=${direction}`), {
      status: 201,
      headers: { Location: location, ETag: '"1"' },
    })
  return {
    context: [],
    texts: [],
    fetch({ method, url }) {
      if (method !== 'POST') return new Response(null, { status: 204 })
      return url.endsWith('/whep') ? answer('sendonly', '/session/2') : answer('recvonly', '/session/1')
    },
    answer: () => [],
  }
}

/** The package's own transports, and one that handles media itself. */
export const subjects: Record<string, TransportUnderTest> = {
  smallWebRtcTransport: { transport: smallWebRtcTransport(), provider: createPipecatDouble },
  openAiRealtimeTransport: {
    transport: openAiRealtimeTransport(),
    provider: createOpenAiDouble,
    resume: 'reseeded',
  },
  whipTransport: { transport: gatewayTransport, provider: createGatewayDouble, resume: 'reseeded' },
  'whipTransport with WHEP': {
    transport: whipTransport({ whepEndpoint: 'https://agent.test/api/whep' }),
    provider: createMediaServerDouble,
    resume: 'fresh',
    reseed: 'fresh',
  },
  'a transport with media of its own': {
    transport: ownMediaTransport(),
    provider: () => ({
      context: [],
      texts: [],
      fetch: () => new Response(null, { status: 404 }),
      answer: () => [],
      sentTrack: () => library.sent,
    }),
    resume: 'fresh',
    reseed: 'fresh',
  },
}
