import { nanoid } from '@reduxjs/toolkit'
import type { Room } from 'livekit-client'
import type {
  ClientMessage,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/drivers/call/ports.js'
import { type ContextMessage, VoiceAgentError } from '../../../../../store/index.js'
import { createInbox } from '../inbox.js'
import { type LiveKitClient, type LoadLiveKit, loadLiveKit } from '../livekit/client.js'
import { createRoomLink } from '../livekit/room-link.js'
import { type CallUrl, readUrl, transportCall } from '../signalling-request.js'
import { createEventReader } from './event-reader.js'

const DEFAULT_URL = 'wss://livekit.rtc.elevenlabs.io'
/** Milliseconds until the agent must be in the room, and then until it must have accepted the conversation's data. */
const READY_LIMIT_MS = 15_000

/** Options of {@link elevenLabsTransport}. */
export interface ElevenLabsOptions {
  /** URL of ElevenLabs' LiveKit server. @default `url` from the token response, or 'wss://livekit.rtc.elevenlabs.io' */
  serverUrl?: CallUrl
  /**
   * Other fields of `conversation_initiation_client_data`, such as `{ dynamic_variables: { name: 'Ada' }, user_id: 'u1' }`. The agent's
   * settings must allow overrides.
   *
   * @default {}
   */
  clientData?: Record<string, unknown>
}

/** Returns the earlier conversation as one text, because ElevenLabs accepts no messages. */
function describeContext(context: readonly ContextMessage[]): string {
  const lines = context.map(({ role, text }) => `${role}: ${text}`)
  return `The conversation continues. It was so far:\n${lines.join('\n')}`
}

const resultText = (result: unknown) =>
  typeof result === 'string' ? result : (JSON.stringify(result ?? null) ?? 'null')

function createElevenLabs(
  host: TransportHost,
  { serverUrl, clientData = {} }: ElevenLabsOptions,
  load: LoadLiveKit,
): VoiceTransport {
  const { apiEndpoint, emit } = host
  const closed = new AbortController()
  const inbox = createInbox()
  const unsent = new Set<string>()
  let isOnPurpose = false
  let onSignal: () => void = () => {}
  const events = createEventReader({
    emit,
    createId: nanoid,
    onReady: () => inbox.deliver('ready', {}),
    onPing: (eventId) => void post({ type: 'pong', event_id: eventId }),
  })

  const link = createRoomLink(
    host,
    {
      isAgent: ({ identity }) => identity.startsWith('agent'),
      speaksFor: ({ identity }) => identity.includes('agent'),
      onRoom,
      onAgentChange: (agent) => {
        if (!agent) events.setSpeaking(false)
      },
    },
    load,
  )

  function onRoom(room: Room, { RoomEvent }: LiveKitClient) {
    room
      // ElevenLabs' own client publishes this early too.
      .once(RoomEvent.SignalConnected, () => onSignal())
      .on(RoomEvent.DataReceived, (payload) => events.read(new TextDecoder().decode(payload)))
      .on(RoomEvent.ActiveSpeakersChanged, ([loudest]) =>
        events.setSpeaking(loudest?.identity.startsWith('agent') ?? false),
      )
  }

  /** Sends an event. Rejects on failure. */
  async function publish(event: object) {
    await link.room?.localParticipant.publishData(new TextEncoder().encode(JSON.stringify(event)), {
      reliable: true,
    })
  }

  /** Returns false if nothing can currently be sent. */
  function post(event: object, textId?: string): boolean {
    if (!link.isOpen) return false
    if (textId !== undefined) unsent.add(textId)
    publish(event).then(
      () => textId !== undefined && unsent.delete(textId),
      () => undefined,
    )
    return true
  }

  return {
    async connect(request) {
      const signal = AbortSignal.any([request.signal, closed.signal])
      const { token, context } = request
      const url = await readUrl(
        serverUrl ?? request.url ?? DEFAULT_URL,
        transportCall(apiEndpoint, request, signal),
      )
      let publishing = Promise.resolve()
      onSignal = () => {
        publishing = link.publish(signal)
        publishing.catch(() => undefined)
      }
      await link.join(url, token, signal)
      await publishing
      if (!(await link.waitForAgent(() => true, READY_LIMIT_MS, signal)))
        throw new VoiceAgentError('agent-unreachable', 'No ElevenLabs agent is in the room.')
      const ready = inbox.waitFor('ready', READY_LIMIT_MS, signal)
      ready.catch(() => undefined)
      await publish({ type: 'conversation_initiation_client_data', ...clientData })
      if (!(await ready))
        throw new VoiceAgentError('agent-unreachable', 'The ElevenLabs agent did not start a conversation.')
      if (context.length > 0) await publish({ type: 'contextual_update', text: describeContext(context) })
      signal.throwIfAborted()
      await link.openMicrophone(signal)
      return context.length > 0 ? 'reseeded' : 'fresh'
    },
    send(message: ClientMessage) {
      switch (message.type) {
        case 'text':
          return post({ type: 'user_message', text: message.text }, message.id)
        case 'client-message':
          return post({ type: 'contextual_update', text: `${message.name}: ${resultText(message.data)}` })
        case 'tool-answer': {
          const { toolCallId, answer } = message
          events.settleTool(toolCallId)
          const isError = 'error' in answer
          const result = isError ? answer.error : resultText(answer.result)
          return post({ type: 'client_tool_result', tool_call_id: toolCallId, result, is_error: isError })
        }
        case 'tool-approval':
          return post({
            type: 'mcp_tool_approval_result',
            tool_call_id: message.toolCallId,
            is_approved: message.isApproved,
          })
        // ElevenLabs has no event for this: the user interrupts by talking.
        case 'interrupt':
          return
      }
    },
    undelivered: () => [...unsent],
    restartIce: ({ signal }) => link.recovered(AbortSignal.any([signal, closed.signal])),
    endOnPurpose() {
      isOnPurpose = true
    },
    close() {
      closed.abort()
      events.close()
      link.leave(isOnPurpose)
    },
  }
}

/** @internal */
export const createElevenLabsTransport =
  (options: ElevenLabsOptions, load: LoadLiveKit): VoiceTransportFactory =>
  (host) =>
    createElevenLabs(host, options, load)

/**
 * Creates a transport to an ElevenLabs agent over WebRTC. It needs `livekit-client`, an optional peer dependency. The token is a conversation
 * token that your server gets with its API key. ElevenLabs can't resume a conversation: a new connection receives the last messages as one
 * contextual update.
 *
 * @example createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport: elevenLabsTransport(), refreshToken: getConversationToken })
 */
export function elevenLabsTransport(options: ElevenLabsOptions = {}): VoiceTransportFactory {
  return createElevenLabsTransport(options, loadLiveKit)
}
