/** Status of the call, in the slice's terms; the W3C's `connectionState` is one of its inputs. */
export type ConnectionStatus =
  | 'idle'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'disconnected'
  | 'failed'

/**
 * Why there is no microphone, by what a person can do about it: each of `getUserMedia`'s errors is one. `ended`: there was one, and it
 * was unplugged.
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

export type MicrophoneState = 'off' | 'prompting' | 'live' | 'muted' | MicrophoneTrouble

export type AudioDeviceKind = 'microphone' | 'speaker'

/** What was chosen to speak into and to hear from, by id; null for the system's default. Names of devices are not in the state. */
export interface ChosenDevices {
  microphoneId: string | null
  speakerId: string | null
  /** Of the agent's voice, from 0 to 1. */
  volume: number
  /** Whether the user is not to be heard. Until it is undone, or the call is over. */
  isMuted: boolean
}

/**
 * A device was replaced by another without anyone asking. `lost`: it is gone, and the system's default is used. `unavailable`: it could
 * not be opened, and the one before it is still used.
 */
export interface DeviceFallback {
  device: AudioDeviceKind
  reason: 'lost' | 'unavailable'
}

export type PlaybackState = 'idle' | 'playing' | 'blocked'

/** `processing` from the end of the user's turn until the agent is heard. */
export type ConversationStatus = 'idle' | 'listening' | 'processing' | 'speaking'

/**
 * How the agent went on after a reconnect or a reload: `resumed`, it still had the session; `reseeded`, it was given the
 * last messages; `fresh`, it does not remember.
 */
export type AgentContinuation = 'resumed' | 'reseeded' | 'fresh'

/** The seven steps of the specification's "Session Restoration Flow", in its order, between `idle` and `done`. */
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

/** Why a restoration did not restore, or did not reconnect. */
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

/** Messages of a stored conversation that could not be opened. They stay on disk and are counted, but never loaded. */
export interface LostMessages {
  /** Index, in the whole conversation, of the first of them. */
  from: number
  count: number
}

/** `persistent`: on disk, encrypted. `degraded`: on disk, but the last write failed. `memory`: nothing survives a reload. */
export type StorageStatus = 'persistent' | 'degraded' | 'memory'
