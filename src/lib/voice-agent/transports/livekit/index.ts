import type { RemoteParticipant, Room } from 'livekit-client'
import type {
  ClientMessage,
  ConnectRequest,
  TransportHost,
  TransportMemo,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/drivers/call/ports.js'
import { abortable } from '../../../../../middleware/waiting.js'
import { type AgentContinuation, VoiceAgentError } from '../../../../../store/index.js'
import { isRecord, readJson, textOrNull } from '../json-text.js'
import { type CallUrl, readUrl, type TransportCall, transportCall } from '../signalling-request.js'
import { type LoadLiveKit, loadLiveKit } from './client.js'
import { createRoomLink } from './room-link.js'
import { createSessionReader, SESSION_TOPIC } from './session-events.js'
import { createToolCalls } from './tool-calls.js'
import { createTranscriptions, TRANSCRIPTION_TOPIC } from './transcriptions.js'

/** Facts that one connection stores for its session's next one, across reloads too. */
interface Memory {
  /** Unique id of the agent. */
  agentId: string | null
  /** True if the user has ended the call, so that agent is leaving. */
  isEnded: boolean
}

function readMemory(memo: TransportMemo): Memory {
  const text = memo.get()
  const value = text === null ? null : readJson(text)
  const { agentId, isEnded } = isRecord(value) ? value : {}
  return { agentId: textOrNull(agentId), isEnded: isEnded === true }
}

/**
 * Returns a unique id of this agent. LiveKit Agents name a participant after its job, even when it rejoins. Other names may be
 * shared, so LiveKit's participant id is used instead.
 */
const agentIdOf = ({ identity, sid }: { identity: string; sid: string }) =>
  /AJ_\w+/.test(identity) ? identity : sid

const writeMemory = (memo: TransportMemo, memory: Memory) => memo.set(JSON.stringify(memory))

/** Milliseconds until the agent must be in the room and ready. A sleeping process must start first. */
const AGENT_LIMIT_MS = 20_000
/** Milliseconds that a room may lack its agent before the app is asked for another. */
const MISSING_LIMIT_MS = 2_000

const STATE_ATTRIBUTE = 'lk.agent.state'
/** Set on a participant, such as an avatar, that publishes another one's voice. */
const ON_BEHALF_ATTRIBUTE = 'lk.publish_on_behalf'
const CHAT_TOPIC = 'lk.chat'
/** RPC methods of the agent, and topics of its text streams. They are specific to this package, and optional. */
const names = {
  session: 'voice-agent.session',
  interrupt: 'voice-agent.interrupt',
  message: 'voice-agent.message',
  toolAnswer: 'voice-agent.tool-answer',
  textReceived: 'voice-agent.text-received',
} as const
/** LiveKit's RPC error codes that prove that the agent exists. */
const rpcErrors = {
  UNSUPPORTED_METHOD: 1400,
  REQUEST_PAYLOAD_TOO_LARGE: 1402,
  APPLICATION_ERROR: 1500,
} as const
/** Attribute with the id of a typed text. */
const TEXT_ID_ATTRIBUTE = 'voice-agent.text-id'

/** Options of {@link liveKitTransport}. */
export interface LiveKitOptions {
  /**
   * URL of the LiveKit server, such as `wss://my-project.livekit.cloud`. A function is called for each connection.
   *
   * @default `url` from the token response
   */
  serverUrl?: CallUrl
  /**
   * Asks your server to dispatch an agent. Called once per connection that continues a session, if its room has no agent for 2 s: LiveKit
   * dispatches agents only to new rooms, so it does not replace a crashed agent.
   *
   * @default none
   */
  requestAgent?: (call: TransportCall) => Promise<void> | void
}

type SessionRequest = Pick<ConnectRequest, 'sessionId' | 'resume' | 'context' | 'tools'>

function createLiveKit(
  host: TransportHost,
  { serverUrl, requestAgent }: LiveKitOptions,
  load: LoadLiveKit,
): VoiceTransport {
  const { apiEndpoint, emit, memo } = host
  const closed = new AbortController()
  const transcriptions = createTranscriptions(emit)
  const toolCalls = createToolCalls(emit)
  /** Texts not yet handed to the browser. */
  const unsent = new Set<string>()
  const memory = readMemory(memo)
  let tools: ConnectRequest['tools'] = []
  let isOnPurpose = false
  let isSpeaking = false

  const link = createRoomLink(
    host,
    {
      isAgent: (participant, { ParticipantKind }) =>
        participant.kind === ParticipantKind.AGENT &&
        participant.attributes[ON_BEHALF_ATTRIBUTE] === undefined &&
        // The agent of a call that the user ended is about to leave.
        !(memory.isEnded && agentIdOf(participant) === memory.agentId),
      speaksFor: (participant, agent) =>
        participant === agent || participant.attributes[ON_BEHALF_ATTRIBUTE] === agent.identity,
      onRoom,
      onAgentChange: () => onState(),
    },
    load,
  )

  /** Handles the agent's state, which it publishes as an attribute. */
  function onState() {
    const speaks = link.agent?.attributes[STATE_ATTRIBUTE] === 'speaking'
    if (speaks === isSpeaking) return
    isSpeaking = speaks
    emit({ type: speaks ? 'assistantSpeechStarted' : 'assistantSpeechStopped' })
  }

  function onAppMessage(text: string) {
    const message = readJson(text)
    if (!isRecord(message)) return emit({ type: 'protocolError', why: 'malformed' })
    const { name, data } = message
    emit({ type: 'agentMessageReceived', kind: 'server-message', name: textOrNull(name), data })
  }

  function onRoom(room: Room, client: typeof import('livekit-client')) {
    const readSession = createSessionReader(emit, transcriptions.judge, (name) =>
      tools.some((tool) => tool.name === name),
    )
    room.registerTextStreamHandler(TRANSCRIPTION_TOPIC, (stream, { identity }) => {
      const isUser = identity === room.localParticipant.identity
      if (isUser || link.isAgent(identity)) transcriptions.read(stream, isUser)
    })
    room.registerTextStreamHandler(names.message, (stream, { identity }) => {
      if (!link.isAgent(identity)) return
      stream.readAll().then(onAppMessage, () => undefined)
    })
    room.registerTextStreamHandler(names.textReceived, (stream, { identity }) => {
      if (!link.isAgent(identity)) return
      stream.readAll().then(
        (lastTextId) => emit({ type: 'textsAcknowledged', lastTextId }),
        () => undefined,
      )
    })
    let reading = Promise.resolve()
    room.registerByteStreamHandler(SESSION_TOPIC, (stream, { identity }) => {
      if (!link.isAgent(identity)) return
      const bytes = stream.readAll().catch(() => [])
      // In order, regardless of which one completes first.
      reading = reading.then(async () => {
        try {
          readSession(concat(await bytes))
        } catch {
          emit({ type: 'protocolError', why: 'malformed' })
        }
      })
    })
    room.on(client.RoomEvent.ParticipantAttributesChanged, () => onState())
    toolCalls.register(room, client, tools, link.isAgent)
  }

  /** Calls a method of the agent. Rejects if the agent does not have it. */
  async function call(method: string, payload: unknown): Promise<string> {
    const { room, agent } = link
    if (!room || !agent) throw new VoiceAgentError('not-connected')
    return room.localParticipant.performRpc({
      destinationIdentity: agent.identity,
      method,
      payload: JSON.stringify(payload),
    })
  }

  /** Calls a method of the agent, which may not support it. */
  function tell(method: string, payload: unknown): boolean {
    if (!link.isOpen) return false
    call(method, payload).catch(() => undefined)
    return true
  }

  function sendText(id: string, text: string): boolean {
    const { room, agent } = link
    if (!link.isOpen || !room || !agent) return false
    unsent.add(id)
    transcriptions.cut()
    room.localParticipant
      .sendText(text, {
        topic: CHAT_TOPIC,
        destinationIdentities: [agent.identity],
        attributes: { [TEXT_ID_ATTRIBUTE]: id },
      })
      .then(() => unsent.delete(id))
      // It stays unsent and is sent over the next connection.
      .catch(() => undefined)
    return true
  }

  /** Programs other than LiveKit Agents have no state: their audio shows that they are ready. */
  function isReady(agent: RemoteParticipant): boolean {
    const state = agent.attributes[STATE_ATTRIBUTE]
    if (state !== undefined) return state !== 'initializing'
    return [...agent.audioTrackPublications.values()].some(({ isSubscribed }) => isSubscribed)
  }

  async function findAgent(request: ConnectRequest, signal: AbortSignal): Promise<RemoteParticipant> {
    if (request.resume && requestAgent && !(await link.waitForAgent(() => true, MISSING_LIMIT_MS, signal)))
      await abortable(Promise.resolve(requestAgent(transportCall(apiEndpoint, request, signal))), signal)
    const agent = await link.waitForAgent(isReady, AGENT_LIMIT_MS, signal)
    if (agent) return agent
    throw new VoiceAgentError(
      'agent-unreachable',
      `No agent was ready in the room within ${AGENT_LIMIT_MS} ms.`,
    )
  }

  /**
   * Asks the agent to continue a session. The first version of LiveKit's RPC carries 15 kB: for such an agent, the oldest messages are dropped
   * until the rest fits.
   *
   * @returns null if the agent lacks the method or fails in it, so it does not implement the contract
   * @throws VoiceAgentError if there is no agent
   */
  async function ask(request: SessionRequest): Promise<{ answer: unknown; isReseeded: boolean } | null> {
    for (let { context } = request; ; context = context.slice(Math.ceil(context.length / 2))) {
      try {
        const text = await call(names.session, { ...request, context })
        return { answer: readJson(text), isReseeded: context.length > 0 }
      } catch (cause) {
        const { code } = isRecord(cause) ? cause : {}
        const isTooLarge = code === rpcErrors.REQUEST_PAYLOAD_TOO_LARGE
        if (isTooLarge && context.length > 0) continue
        if (isTooLarge || code === rpcErrors.UNSUPPORTED_METHOD || code === rpcErrors.APPLICATION_ERROR)
          return null
        throw new VoiceAgentError('agent-unreachable', 'The agent in the room did not answer.', { cause })
      }
    }
  }

  /** Sends the session to the agent. Resolves with how the agent continues. */
  async function beginSession(
    { sessionId, resume, context, tools }: ConnectRequest,
    isSameAgent: boolean,
    signal: AbortSignal,
  ): Promise<AgentContinuation> {
    const asked = await abortable(ask({ sessionId, resume, context, tools }), signal)
    // LiveKit's agents keep their memory while they are in the room.
    if (!isRecord(asked?.answer)) return isSameAgent ? 'resumed' : 'fresh'
    const { resumed, lastTextId } = asked.answer
    if (lastTextId === null || typeof lastTextId === 'string') emit({ type: 'textsAcknowledged', lastTextId })
    if (resumed === true) return 'resumed'
    return asked.isReseeded ? 'reseeded' : 'fresh'
  }

  return {
    async connect(request) {
      const signal = AbortSignal.any([request.signal, closed.signal])
      tools = request.tools
      const url = await readUrl(serverUrl ?? request.url ?? '', transportCall(apiEndpoint, request, signal))
      if (url === '')
        throw new VoiceAgentError(
          'invalid-option',
          "liveKitTransport needs the server's URL: return `url` with the token, or set `serverUrl`.",
        )
      await link.join(url, request.token, signal)
      const agent = await findAgent(request, signal)
      const isSameAgent = request.resume && agentIdOf(agent) === memory.agentId
      const continuation = await beginSession(request, isSameAgent, signal)
      signal.throwIfAborted()
      writeMemory(memo, { agentId: agentIdOf(agent), isEnded: false })
      await link.publish(signal)
      await link.openMicrophone(signal)
      return continuation
    },
    send(message: ClientMessage) {
      switch (message.type) {
        case 'text':
          return sendText(message.id, message.text)
        case 'interrupt':
          transcriptions.cut()
          return tell(names.interrupt, {})
        case 'client-message':
          return tell(names.message, { name: message.name, data: message.data })
        case 'tool-answer': {
          if (toolCalls.answer(message)) return
          const { toolCallId, name, answer, isLate = false } = message
          return tell(names.toolAnswer, { toolCallId, name, ...answer, late: isLate })
        }
        // LiveKit has no approvals.
        case 'tool-approval':
          return
      }
    },
    undelivered: () => [...unsent],
    restartIce: ({ signal }) => link.recovered(AbortSignal.any([signal, closed.signal])),
    endOnPurpose() {
      isOnPurpose = true
      writeMemory(memo, { agentId: link.agent ? agentIdOf(link.agent) : memory.agentId, isEnded: true })
    },
    close() {
      closed.abort()
      transcriptions.close()
      toolCalls.close()
      link.leave(isOnPurpose)
    },
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/** @internal */
export const createLiveKitTransport =
  (options: LiveKitOptions, load: LoadLiveKit): VoiceTransportFactory =>
  (host) =>
    createLiveKit(host, options, load)

/**
 * Creates a transport to a LiveKit Agents agent, over a LiveKit server. It needs `livekit-client`, an optional peer dependency, and
 * loads it with the first call. The token is LiveKit's access token for the session's room; the same identity returns to the
 * same agent after a reload.
 *
 * @example
 * createVoiceAgent({
 *   apiEndpoint: '/api/voice-agent',
 *   transport: liveKitTransport(),
 *   refreshToken: async ({ sessionId, signal }) => {
 *     const response = await fetch('/api/livekit/token', { method: 'POST', body: JSON.stringify({ sessionId }), signal })
 *     const { server_url, participant_token, expires_at, session_id } = await response.json()
 *     return { token: participant_token, url: server_url, expiresAt: expires_at, sessionId: session_id }
 *   },
 * })
 */
export function liveKitTransport(options: LiveKitOptions = {}): VoiceTransportFactory {
  return createLiveKitTransport(options, loadLiveKit)
}
