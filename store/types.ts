/** Status of the call, in the slice's terms; the W3C's `connectionState` is one of its inputs. */
export type ConnectionStatus =
  | 'idle'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'disconnected'
  | 'failed'

/**
 * Why the microphone doesn't work, grouped by what the user can do about it. Covers every error of `getUserMedia`.
 * `ended`: the microphone was unplugged. `muted-by-system`: it is open, but sends silence until the system or a hardware switch unmutes it.
 */
export type MicrophoneTrouble =
  | 'denied'
  | 'dismissed'
  | 'denied-by-system'
  | 'denied-by-policy'
  | 'missing'
  | 'busy'
  | 'overconstrained'
  | 'unsupported'
  | 'ended'
  | 'muted-by-system'

/** State of the microphone, or the reason why there is none. */
export type MicrophoneState = 'off' | 'prompting' | 'live' | 'muted' | MicrophoneTrouble

/** A device that the user can choose. */
export type AudioDeviceKind = 'microphone' | 'speaker'

/** Why a call ended without the user ending it. `idle`: nothing was said or done for `idleTimeout`. */
export type EndReason = 'idle'

/**
 * How the user talks. `hands-free`: the microphone stays open. `push-to-talk`: it is open while the user holds a button. `text`: the user
 * types, and no microphone is requested.
 */
export type TalkMode = 'hands-free' | 'push-to-talk' | 'text'

/** Chosen microphone and speaker, by id; null for the system default. Device names are not in the state. */
export interface ChosenDevices {
  microphoneId: string | null
  speakerId: string | null
  /** Volume of the agent's voice, from 0 to 1. */
  volume: number
  /** True from muting until the user unmutes or the call ends. */
  isMuted: boolean
  talk: TalkMode
}

/**
 * A device that was replaced without the user choosing another.
 * `lost`: it was unplugged, so the system default is used. `unavailable`: it could not be opened, so the previous one is still used.
 */
export interface DeviceFallback {
  device: AudioDeviceKind
  reason: 'lost' | 'unavailable'
}

/** Playback of the agent's voice. */
export type PlaybackState = 'idle' | 'playing' | 'blocked'

/** `processing` lasts from the end of the user's turn until the agent speaks. */
export type ConversationStatus = 'idle' | 'listening' | 'processing' | 'speaking'

/**
 * The agent's memory after a reconnect or a reload. `resumed`: it still has the session. `reseeded`: it received the
 * last messages. `fresh`: it remembers nothing.
 */
export type AgentContinuation = 'resumed' | 'reseeded' | 'fresh'

/** The seven steps of a restoration (`docs/concepts/lifecycle.md`), in order, between `idle` and `done`. */
export type RestorePhase =
  | 'idle'
  | 'checking-token'
  | 'validating-token'
  | 'refreshing-token'
  | 'loading-session'
  | 'restoring-context'
  | 'reconnecting'
  | 'emitting-messages'
  | 'done'

/** Why a restore did not bring back the session, or did not reconnect the call. */
export type RestoreReason =
  | 'no-session'
  | 'duplicated-tab'
  | 'open-in-another-tab'
  | 'token-unreadable'
  | 'token-expired'
  | 'token-refresh-failed'
  | 'session-missing'
  | 'session-unreadable'
  | 'storage-unavailable'
  | 'call-had-ended'
  | 'reconnect-not-wanted'
  | 'microphone-not-permitted'
  | 'reconnect-failed'
  | 'superseded'

/** Messages of a stored conversation that could not be decrypted. They stay on disk and are counted, but never loaded. */
export interface LostMessages {
  /** Index of the first lost message in the whole conversation. */
  from: number
  count: number
}

/** `persistent`: on disk, encrypted. `degraded`: on disk, but the last write failed. `memory`: nothing survives a reload. */
export type StorageStatus = 'persistent' | 'degraded' | 'memory'

/** Network measurements of the second before `at`; null for values that were not measured. */
export interface NetworkSample {
  /** Milliseconds since the epoch. */
  at: number
  /** Round-trip time, in milliseconds. */
  roundTripMs: number | null
  /** Interarrival jitter, in milliseconds (RFC 3550, 6.4.1). */
  jitterMs: number | null
  /** Share of incoming audio packets that were lost: 0 to 1. */
  lossReceived: number | null
  /** Share of outgoing audio packets that were lost: 0 to 1. */
  lossSent: number | null
  /** Audio bits per second, without headers. */
  bitrateReceived: number | null
  bitrateSent: number | null
  /** Milliseconds since the last packet from the other side. */
  silentMs: number
}

/**
 * How this tab shows another tab's conversation (`redux-voice-agent/mirror`). `offered`: another tab has it open, and this tab doesn't show
 * it yet. `connecting`: waiting for that tab. `live`: following it. `gone`: that tab was closed, or has left the conversation. `moving`: the
 * conversation is moving into this tab.
 */
export type MirrorStatus = 'offered' | 'connecting' | 'live' | 'gone' | 'moving'

/** Another tab's conversation, as shown in this tab. This tab doesn't save it. */
export interface MirrorState {
  sessionId: string
  status: MirrorStatus
}

/** `plain`: the key is in the browser profile, not extractable. `wrapped`: only the app's `keyProvider` can unwrap it. */
export type KeyProtection = 'plain' | 'wrapped'

/**
 * Kind of message that the agent's server sends to the app, named as in RTVI. `rate-limits` and the token usage in `metrics` come from
 * OpenAI.
 */
export type AgentMessageKind =
  | 'server-message'
  | 'server-response'
  | 'error-response'
  | 'ui-command'
  | 'ui-job-group'
  | 'metrics'
  | 'rate-limits'

/** A message from the agent's server to the app. It is not part of the conversation and is not stored. */
export interface AgentMessage {
  kind: AgentMessageKind
  /** Name of the UI command, or of the app's message that this responds to; null for other kinds. */
  name: string | null
  /** JSON in the server's own format. Not validated, so check it before use. At most 65,536 characters and 64 levels. */
  data: unknown
}
