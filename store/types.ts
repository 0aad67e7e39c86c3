/** Status of the call, in the slice's terms; the W3C's `connectionState` is one of its inputs. */
export type ConnectionStatus =
  | 'idle'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'disconnected'
  | 'failed'

/**
 * Reason why there is no microphone, by what the user can do about it: one for each error of `getUserMedia`.
 * `ended`: the microphone was unplugged. `muted-by-system`: it is open, and sends silence until the system or its own switch turns it on.
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

export type MicrophoneState = 'off' | 'prompting' | 'live' | 'muted' | MicrophoneTrouble

export type AudioDeviceKind = 'microphone' | 'speaker'

/** Why a call was ended without the user: nothing was said or done for the time of `idleTimeout`. */
export type EndReason = 'idle'

/**
 * How the user talks. `hands-free`: the microphone is open. `push-to-talk`: it is open while the user holds a button. `text`: the user types,
 * and no microphone is requested.
 */
export type TalkMode = 'hands-free' | 'push-to-talk' | 'text'

/** Chosen microphone and speaker, by id; null for the system's default. Names of devices are not in the state. */
export interface ChosenDevices {
  microphoneId: string | null
  speakerId: string | null
  /** Volume of the agent's voice, from 0 to 1. */
  volume: number
  /** True while the user is muted, until unmuted or the call is over. */
  isMuted: boolean
  talk: TalkMode
}

/**
 * Reports that a device was replaced without a choice of the user.
 * `lost`: it was unplugged, and the system's default is used. `unavailable`: it could not be opened, and the previous one is still used.
 */
export interface DeviceFallback {
  device: AudioDeviceKind
  reason: 'lost' | 'unavailable'
}

export type PlaybackState = 'idle' | 'playing' | 'blocked'

/** `processing` from the end of the user's turn until the agent is heard. */
export type ConversationStatus = 'idle' | 'listening' | 'processing' | 'speaking'

/**
 * Memory of the agent after a reconnect or a reload: `resumed`, it still had the session; `reseeded`, it received the
 * last messages; `fresh`, it does not remember.
 */
export type AgentContinuation = 'resumed' | 'reseeded' | 'fresh'

/** Seven steps of the specification's "Session Restoration Flow", in its order, between `idle` and `done`. */
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

/** Reason why a restore did not restore the session, or did not reconnect. */
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

/** Network in the second before `at`. A value that was not measured is null. */
export interface NetworkSample {
  /** Milliseconds since the epoch. */
  at: number
  /** Round trip, in milliseconds. */
  roundTripMs: number | null
  /** Variation of the time between packets, in milliseconds (RFC 3550, 6.4.1). */
  jitterMs: number | null
  /** Share of the expected sound packets that did not arrive here: 0 to 1. */
  lossReceived: number | null
  /** Share of the sent sound packets that did not arrive there: 0 to 1. */
  lossSent: number | null
  /** Bits of sound per second, without headers. */
  bitrateReceived: number | null
  bitrateSent: number | null
  /** Milliseconds since anything arrived from the other side. */
  silentMs: number
}

/**
 * How this tab shows a conversation of another tab (`redux-voice-agent/mirror`). `offered`: another tab has it open, and this one shows nothing
 * of it yet. `connecting`: waits for that tab. `live`: follows it. `gone`: that tab was closed, or has left the conversation. `moving`: the
 * conversation is moving into this tab.
 */
export type MirrorStatus = 'offered' | 'connecting' | 'live' | 'gone' | 'moving'

/** A conversation of another tab, as this tab shows it. Nothing of it is saved here. */
export interface MirrorState {
  sessionId: string
  status: MirrorStatus
}

/** `plain`: the key lies in the browser's profile, not extractable. `wrapped`: only the app's `keyProvider` opens it. */
export type KeyProtection = 'plain' | 'wrapped'

/**
 * Kind of a message that the agent's server sends to the app, by its name in RTVI. `rate-limits` and the token usage in `metrics` are
 * OpenAI's.
 */
export type AgentMessageKind =
  | 'server-message'
  | 'server-response'
  | 'error-response'
  | 'ui-command'
  | 'ui-job-group'
  | 'metrics'
  | 'rate-limits'

/** A message of the agent's server for the app. It is no part of the conversation, and is not stored. */
export interface AgentMessage {
  kind: AgentMessageKind
  /** Name of a UI command, or of the app's message that a response answers; null for other kinds. */
  name: string | null
  /** JSON of the server's own form: not validated, so check it before use. At most 65,536 characters and 64 levels. */
  data: unknown
}
