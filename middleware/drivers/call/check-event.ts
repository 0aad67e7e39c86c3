import { nanoid } from '@reduxjs/toolkit'
import {
  type AgentMessageKind,
  errorCodes,
  isProviderCode,
  type MicrophoneState,
  type PlaybackState,
  type VoiceAgentActions,
} from '../../../store/index.js'
import type { FactPayload } from '../../live/events.js'
import type { TransportEvent } from './ports.js'

/** Returns a field's value as it is stored. Throws if it is invalid. */
type Read = (value: unknown) => unknown

const valid =
  (isValid: (value: unknown) => boolean): Read =>
  (value) => {
    if (!isValid(value)) throw new TypeError()
    return value
  }
const text = valid((value) => typeof value === 'string')
const flag = valid((value) => typeof value === 'boolean')
const oneOf = <Word extends string>(...words: Word[]) => valid((value) => words.includes(value as Word))
const optional =
  (read: Read): Read =>
  (value) =>
    value === undefined ? undefined : read(value)
/** Copies as JSON, because tool arguments are stored, and sent to the next agent, as JSON. */
const json: Read = (value) => JSON.parse(JSON.stringify(value) ?? 'null')
/** Maximum length of a message for the app. Limited, because DevTools keep it in their log. */
const MAX_APP_MESSAGE_LENGTH = 65_536
/** Maximum nesting of a message for the app. Limited, because Redux's own checks recurse into actions. */
const MAX_DEPTH = 64

function checkDepth(value: unknown, left: number): void {
  if (typeof value !== 'object' || value === null) return
  if (left === 0) throw new TypeError()
  for (const entry of Object.values(value)) checkDepth(entry, left - 1)
}

const boundedJson: Read = (value) => {
  checkDepth(value, MAX_DEPTH)
  const serialized = JSON.stringify(value) ?? 'null'
  if (serialized.length > MAX_APP_MESSAGE_LENGTH) throw new TypeError()
  return JSON.parse(serialized)
}
const textOrNull = valid((value) => value === null || typeof value === 'string')
const at: Read = () => Date.now()
const id: Read = () => nanoid()
/** Copies only these fields, because a transport's object may have others. */
const fields =
  (readers: Record<string, Read>) =>
  (value: unknown): object =>
    Object.fromEntries(
      Object.entries(readers)
        .map(([name, read]) => [name, read((value as Record<string, unknown>)[name])])
        .filter(([, field]) => field !== undefined),
    )

type RequiredKeys<T> = { [Key in keyof T]-?: T extends Record<Key, unknown> ? Key : never }[keyof T]

/** Readers for the fields of each event, apart from `type`, and for the fields that only its action has. */
const readers: {
  [Event in TransportEvent as Event['type']]: {
    [Field in
      | Exclude<keyof Event, 'type'>
      | RequiredKeys<FactPayload<Event['type'] & keyof VoiceAgentActions>>]: Read
  }
} = {
  userSpeechStarted: { id, at, turnId: optional(text) },
  userSpeechStopped: { at, turnId: optional(text) },
  userTranscriptReceived: { id, text, final: flag, at, turnId: optional(text) },
  assistantTurnStarted: { turnId: text, at },
  assistantTextAppended: { turnId: text, delta: text },
  assistantTextReplaced: { turnId: text, text },
  assistantTurnCompleted: { turnId: text },
  assistantTurnInterrupted: { turnId: text },
  assistantSpeechStarted: {},
  assistantSpeechStopped: {},
  connectionState: { state: oneOf('connected', 'disconnected', 'failed', 'closed') },
  toolCallStarted: { toolCallId: text, name: text, arguments: json, at },
  toolApprovalNeeded: { toolCallId: text },
  toolCallStopped: { toolCallId: text, cancelled: flag, failed: optional(flag) },
  textsAcknowledged: { lastTextId: textOrNull },
  agentLeft: { reason: optional(oneOf('moved')) },
  endAnnounced: { inMs: valid((value) => Number.isFinite(value) && (value as number) >= 0) },
  agentErrorReported: {
    error: fields({
      code: oneOf(...errorCodes),
      message: text,
      recoverable: flag,
      providerCode: optional(valid(isProviderCode)),
    }),
    fatal: flag,
  },
  agentMessageReceived: {
    kind: oneOf<AgentMessageKind>(
      'server-message',
      'server-response',
      'error-response',
      'ui-command',
      'ui-job-group',
      'metrics',
      'rate-limits',
    ),
    name: textOrNull,
    data: boundedJson,
  },
  protocolError: { why: oneOf('malformed', 'unknown') },
  microphoneChanged: {
    microphone: oneOf<MicrophoneState>(
      'off',
      'prompting',
      'live',
      'muted',
      'denied',
      'dismissed',
      'denied-by-system',
      'denied-by-policy',
      'missing',
      'busy',
      'overconstrained',
      'unsupported',
      'ended',
      'muted-by-system',
    ),
  },
  playbackChanged: { playback: oneOf<PlaybackState>('idle', 'playing', 'blocked') },
  audioLevel: { source: oneOf('microphone', 'agent'), level: valid(Number.isFinite) },
}

/**
 * Validates an event from a transport, which may be the app's own, and adds the time and the id of its action. An invalid event becomes
 * a protocol error, and has no other effect.
 */
export function checkEvent(emitted: unknown): TransportEvent {
  try {
    const { type } = emitted as TransportEvent
    if (typeof type === 'string') {
      if (!Object.hasOwn(readers, type)) return { type: 'protocolError', why: 'unknown' }
      return { type, ...fields(readers[type])(emitted) } as TransportEvent
    }
  } catch {
    // Reported below.
  }
  return { type: 'protocolError', why: 'malformed' }
}
