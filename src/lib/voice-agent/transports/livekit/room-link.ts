import type { LocalTrackPublication, RemoteParticipant, Room, RoomOptions } from 'livekit-client'
import type { TransportEvent, TransportHost } from '../../../../../middleware/drivers/call/ports.js'
import { abortable } from '../../../../../middleware/waiting.js'
import { VoiceAgentError, type VoiceErrorCode } from '../../../../../store/index.js'
import { isRecord } from '../json-text.js'
import { type LiveKitClient, type LoadLiveKit, requireClient } from './client.js'

/** Creates a silent track that LiveKit may modify. */
function createSilence(): { track: MediaStreamTrack; stop(): void } {
  const context = new AudioContext()
  const destination = context.createMediaStreamDestination()
  destination.channelCount = 1
  const track = destination.stream.getAudioTracks()[0] as MediaStreamTrack
  return {
    track,
    stop() {
      track.stop()
      context.close().catch(() => undefined)
    },
  }
}

/**
 * Sends the host's tracks unchanged. LiveKit sets `enabled` on each track that it publishes, which would open a microphone that
 * the user muted. So it publishes silence, and the microphone's track replaces the silent one in the sender.
 */
function createMicrophoneSender(room: Room, { RoomEvent, Track }: LiveKitClient) {
  let silence: ReturnType<typeof createSilence> | null = null
  let current: MediaStreamTrack | null = null

  function applyTo(publication: LocalTrackPublication | undefined) {
    const sender = publication?.track?.sender
    // Ignored: a sender that was closed meanwhile sends nothing.
    sender?.replaceTrack(current).catch(() => undefined)
  }
  const publication = () => room.localParticipant.getTrackPublication(Track.Source.Microphone)

  // After reconnecting, LiveKit publishes the silent track again, with a new sender.
  room.on(RoomEvent.LocalTrackPublished, applyTo)

  return {
    /** Publishes silence. */
    async publish() {
      silence ??= createSilence()
      await room.localParticipant.publishTrack(silence.track, {
        name: 'microphone',
        source: Track.Source.Microphone,
      })
    },
    /** Sends this track from now on; null sends nothing. */
    send(track: MediaStreamTrack | null) {
      current = track
      applyTo(publication())
    },
    close() {
      room.off(RoomEvent.LocalTrackPublished, applyTo)
      current = null
      applyTo(publication())
      silence?.stop()
      silence = null
    },
  }
}

/** True for a status that a retry with the same token can't change. */
const isRefusal = (status: unknown) => typeof status === 'number' && status >= 400 && status < 500

function codeOf({ ConnectionErrorReason }: LiveKitClient, reason: unknown, status: unknown): VoiceErrorCode {
  if (reason !== ConnectionErrorReason.NotAllowed) return 'signalling-unavailable'
  if (status === 401) return 'unauthorized'
  return isRefusal(status) ? 'signalling-rejected' : 'signalling-unavailable'
}

/** Translates a failed `room.connect`. The cause is left out, because LiveKit's errors may contain the URL with the token. */
export function toConnectError(client: LiveKitClient, thrown: unknown): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  const { reason, reasonName, status } = isRecord(thrown) ? thrown : {}
  const name = typeof reasonName === 'string' ? reasonName : 'another error'
  const detail = typeof status === 'number' ? `${name}, status ${status}` : name
  return new VoiceAgentError(codeOf(client, reason, status), `Joining the LiveKit room failed: ${detail}.`)
}

/** Translates the server's reason for ending an established connection. */
export function toEndEvent({ DisconnectReason }: LiveKitClient, reason: unknown): TransportEvent {
  switch (reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { type: 'agentLeft', reason: 'moved' }
    case DisconnectReason.PARTICIPANT_REMOVED:
    case DisconnectReason.ROOM_CLOSED:
    case DisconnectReason.ROOM_DELETED:
      return { type: 'agentLeft' }
    default:
      return { type: 'connectionState', state: 'closed' }
  }
}

/** Milliseconds for LiveKit to reconnect before a new connection replaces it. */
const RECOVERY_LIMIT_MS = 15_000

/** The differences between providers that use LiveKit. */
export interface RoomProvider {
  isAgent(participant: RemoteParticipant, client: LiveKitClient): boolean
  /** True if a participant publishes the agent's voice, such as the agent itself. */
  speaksFor(participant: RemoteParticipant, agent: RemoteParticipant): boolean
  /** Called with each room before joining, to add listeners. */
  onRoom(room: Room, client: LiveKitClient): void
  onAgentChange(agent: RemoteParticipant | null): void
}

/** One connection to a LiveKit room, with the agent in it. */
export interface RoomLink {
  join(url: string, token: string, signal: AbortSignal): Promise<void>
  readonly room: Room | null
  readonly client: LiveKitClient | null
  readonly agent: RemoteParticipant | null
  /** True while messages reach the agent. */
  readonly isOpen: boolean
  /** Resolves to the agent once it is in the room and `isReady`; null after `timeoutMs`. */
  waitForAgent(
    isReady: (agent: RemoteParticipant) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<RemoteParticipant | null>
  /** Returns true for the identity of this connection's agent. */
  isAgent(identity: string): boolean
  /** Publishes a silent track, which the microphone's track replaces. */
  publish(signal: AbortSignal): Promise<void>
  /** Opens the user's microphone and sends its track. */
  openMicrophone(signal: AbortSignal): Promise<void>
  /** Resolves once LiveKit has reconnected to the same agent. */
  recovered(signal: AbortSignal): Promise<void>
  /** @param isOnPurpose Tells the agent that the user has ended the call; otherwise the agent may wait for this participant. */
  leave(isOnPurpose: boolean): void
}

/** Leaving the page does not end the call, and the microphone's track belongs to the package. */
const roomOptions: RoomOptions = { disconnectOnPageLeave: false, stopLocalTrackOnUnpublish: false }

/** Leaves the room. Only a deliberate end says goodbye, because LiveKit's agents then end their session. */
async function leaveRoom(room: Room, isOnPurpose: boolean) {
  try {
    if (!isOnPurpose) await room.engine?.client?.close()
  } finally {
    await room.disconnect(false)
  }
}

export function createRoomLink(
  { emit, play, openMicrophone }: Pick<TransportHost, 'emit' | 'play' | 'openMicrophone'>,
  provider: RoomProvider,
  load: LoadLiveKit,
): RoomLink {
  let room: Room | null = null
  let client: LiveKitClient | null = null
  let agent: RemoteParticipant | null = null
  /** Id of the agent in the room, kept while LiveKit reconnects. */
  let lastSid: string | null = null
  let sender: ReturnType<typeof createMicrophoneSender> | null = null
  let isJoined = false
  let isLeft = false
  const waiters = new Set<() => void>()

  function recheck() {
    for (const check of waiters) check()
  }

  function setAgent(next: RemoteParticipant | null) {
    if (agent === next) return
    agent = next
    if (next) lastSid = next.sid
    provider.onAgentChange(next)
    if (next) playVoices()
    recheck()
  }

  /** Plays tracks that were subscribed to before the agent was known. */
  function playVoices() {
    for (const participant of room?.remoteParticipants.values() ?? []) {
      if (!agent || !provider.speaksFor(participant, agent)) continue
      for (const { track } of participant.audioTrackPublications.values())
        if (track?.mediaStreamTrack) play(track.mediaStreamTrack)
    }
  }

  function findAgent({ remoteParticipants }: Room, client: LiveKitClient) {
    const agents = [...remoteParticipants.values()].filter((one) => provider.isAgent(one, client))
    // The current agent stays the agent while it is in the room.
    setAgent(agents.find(({ sid }) => sid === agent?.sid) ?? agents.at(-1) ?? null)
  }

  /** An agent that shuts down its session hangs up. A lost agent may be found again, or replaced, over another connection. */
  function onParticipantDisconnected(participant: RemoteParticipant, reason: unknown) {
    if (participant.sid !== agent?.sid) return
    setAgent(null)
    if (!isJoined) return
    if (reason === client?.DisconnectReason.CLIENT_INITIATED) return emit({ type: 'agentLeft' })
    queueMicrotask(() => {
      // Before reconnecting, LiveKit removes all participants without a reason.
      if (!agent && room?.state === client?.ConnectionState.Connected)
        emit({ type: 'connectionState', state: 'closed' })
    })
  }

  function listen(room: Room, client: LiveKitClient) {
    const { RoomEvent } = client
    const find = () => findAgent(room, client)
    room
      .on(RoomEvent.ParticipantConnected, find)
      .on(RoomEvent.ParticipantAttributesChanged, () => {
        find()
        recheck()
      })
      .on(RoomEvent.ParticipantDisconnected, onParticipantDisconnected)
      .on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
        find()
        recheck()
        if (track.kind === 'audio' && agent && provider.speaksFor(participant, agent))
          play(track.mediaStreamTrack)
      })
      // LiveKit keeps the participant, and often the audio, so an interruption of a few seconds is not shown.
      .on(
        RoomEvent.SignalReconnecting,
        () => isJoined && emit({ type: 'connectionState', state: 'disconnected' }),
      )
      .on(RoomEvent.Reconnecting, () => isJoined && emit({ type: 'connectionState', state: 'failed' }))
      .on(RoomEvent.Reconnected, () => {
        find()
        if (isJoined) emit({ type: 'connectionState', state: 'connected' })
        recheck()
      })
      .on(RoomEvent.Disconnected, (reason) => {
        if (isJoined && !isLeft) emit(toEndEvent(client, reason))
        recheck()
      })
  }

  function waitUntil<T>(read: () => T | null, timeoutMs: number, signal: AbortSignal): Promise<T | null> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      function finish(settle: () => void) {
        clearTimeout(timer)
        waiters.delete(check)
        signal.removeEventListener('abort', abort)
        settle()
      }
      const abort = () => finish(() => reject(signal.reason))
      const check = () => {
        const value = read()
        if (value !== null) finish(() => resolve(value))
      }
      const timer = setTimeout(() => finish(() => resolve(null)), timeoutMs)
      signal.addEventListener('abort', abort)
      waiters.add(check)
      check()
    })
  }

  const link: RoomLink = {
    get room() {
      return room
    },
    get client() {
      return client
    },
    get agent() {
      return agent
    },
    get isOpen() {
      return !isLeft && agent !== null && room?.state === client?.ConnectionState.Connected
    },
    isAgent(identity) {
      // The agent's first words may arrive before the room reports the agent.
      if (!agent && room && client) findAgent(room, client)
      return identity === agent?.identity
    },
    async join(url, token, signal) {
      const loaded = await requireClient(load)
      signal.throwIfAborted()
      client = loaded
      const joined = new loaded.Room(roomOptions)
      room = joined
      listen(joined, loaded)
      provider.onRoom(joined, loaded)
      sender = createMicrophoneSender(joined, loaded)
      // Ends LiveKit's own attempt, which accepts no signal.
      const leave = () => link.leave(false)
      signal.addEventListener('abort', leave)
      try {
        await joined.connect(url, token)
      } catch (thrown) {
        signal.throwIfAborted()
        throw toConnectError(loaded, thrown)
      } finally {
        signal.removeEventListener('abort', leave)
      }
      signal.throwIfAborted()
      isJoined = true
      findAgent(joined, loaded)
    },
    waitForAgent: (isReady, timeoutMs, signal) =>
      waitUntil(() => (agent && isReady(agent) ? agent : null), timeoutMs, signal),
    async publish(signal) {
      try {
        if (sender) await abortable(sender.publish(), signal)
      } catch (cause) {
        signal.throwIfAborted()
        throw new VoiceAgentError(
          'signalling-rejected',
          'The LiveKit server does not let this token publish.',
          {
            cause,
          },
        )
      }
      signal.throwIfAborted()
    },
    async openMicrophone(signal) {
      const track = await openMicrophone({ signal, onTrack: (track) => sender?.send(track) })
      signal.throwIfAborted()
      sender?.send(track)
    },
    async recovered(signal) {
      const sid = lastSid
      const outcome = await waitUntil(
        () => {
          if (isLeft || room?.state === client?.ConnectionState.Disconnected) return 'lost'
          return room?.state === client?.ConnectionState.Connected ? 'connected' : null
        },
        RECOVERY_LIMIT_MS,
        signal,
      )
      // Another agent has not heard the conversation, so it gets the context over a new connection.
      if (outcome !== 'connected' || agent?.sid !== sid) throw new VoiceAgentError('connection-lost')
    },
    leave(isOnPurpose) {
      if (isLeft) return
      isLeft = true
      sender?.close()
      if (!room) return
      room.removeAllListeners()
      leaveRoom(room, isOnPurpose).catch(() => undefined)
    },
  }
  return link
}
