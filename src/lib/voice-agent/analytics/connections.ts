import type { AgentContinuation, NetworkSample, VoiceErrorCode } from '../../../../store/index.js'
import { addSample, createNetworkSums, type NetworkSums, toNetworkReport } from './network.js'
import { between, type ConnectionCause, type ConnectionEnd, type ConnectionReport } from './reports.js'

/** Reason for the next connection. */
interface Cause {
  cause: ConnectionCause
  error: VoiceErrorCode | null
  /** When it was requested, or the previous one was lost; null if unknown. */
  since: number | null
}

interface OpenConnection extends Cause {
  number: number
  attemptAt: number | null
  establishedAt: number | null
  firstSoundAt: number | null
  continuation: AgentContinuation | null
  interruptions: number
  interruptedMs: number
  interruptedSince: number | null
  network: NetworkSums
}

/** The open connection of a visit, and the reason for the next one. */
export interface Connections {
  count: number
  current: OpenConnection | null
  next: Cause
  /** When the microphone opened during this call; null before that. */
  microphoneAt: number | null
  /** When the user or the app requested the call; null without a call. */
  requestedAt: number | null
}

const unknown: Cause = { cause: 'unknown', error: null, since: null }

export const createConnections = (): Connections => ({
  count: 0,
  current: null,
  next: unknown,
  microphoneAt: null,
  requestedAt: null,
})

/** Called with each connection once it is over. */
export type OnConnection = (report: ConnectionReport) => void

export function onCallRequested(connections: Connections, at: number): void {
  connections.requestedAt ??= at
}

export function onCallBegan(connections: Connections, isRestored: boolean, at: number): void {
  const since = (isRestored ? null : connections.requestedAt) ?? at
  connections.next = { cause: isRestored ? 'restore' : 'start', error: null, since }
  connections.microphoneAt = null
}

export function onAttempted(connections: Connections, at: number, onConnection: OnConnection): void {
  // A connection that is still open here is a failed attempt.
  if (connections.current) close(connections, 'failed', null, at, onConnection)
  open(connections).attemptAt = at
}

function open(connections: Connections): OpenConnection {
  connections.current = {
    ...connections.next,
    number: ++connections.count,
    attemptAt: null,
    establishedAt: null,
    firstSoundAt: null,
    continuation: null,
    interruptions: 0,
    interruptedMs: 0,
    interruptedSince: null,
    network: createNetworkSums(),
  }
  return connections.current
}

/** Returns the open connection; a new one if reporting starts during a call. */
const currentOf = (connections: Connections) => connections.current ?? open(connections)

export function onEstablished(
  connections: Connections,
  continuation: AgentContinuation | null,
  at: number,
): void {
  const current = currentOf(connections)
  current.establishedAt = at
  current.continuation = continuation
}

export function onMicrophoneOpened(connections: Connections, at: number): void {
  connections.microphoneAt ??= at
}

export function onFirstSound({ current }: Connections, at: number): void {
  if (current?.establishedAt != null) current.firstSoundAt ??= at
}

export function onInterrupted(connections: Connections, at: number): void {
  const current = currentOf(connections)
  current.interruptions++
  current.interruptedSince ??= at
}

export function onRecovered({ current }: Connections, at: number): void {
  if (!current || current.interruptedSince === null) return
  current.interruptedMs += between(current.interruptedSince, at)
  current.interruptedSince = null
}

export function onSample(connections: Connections, sample: Partial<NetworkSample>): void {
  addSample(currentOf(connections).network, sample)
}

function close(
  connections: Connections,
  end: ConnectionEnd,
  error: VoiceErrorCode | null,
  at: number,
  onConnection: OnConnection,
): void {
  const current = currentOf(connections)
  onRecovered(connections, at)
  const { since, establishedAt } = current
  const { microphoneAt } = connections
  // The microphone stays open between connections, and opens before the first attempt.
  const isOpenedForIt = microphoneAt !== null && since !== null && microphoneAt >= since
  const step = (reachedAt: number | null) =>
    reachedAt === null || since === null ? null : between(since, reachedAt)
  onConnection({
    kind: 'connection',
    connection: current.number,
    cause: current.cause,
    causeError: current.error,
    steps: {
      attemptMs: step(current.attemptAt),
      microphoneMs: isOpenedForIt ? step(microphoneAt) : null,
      establishedMs: step(establishedAt),
      firstSoundMs: step(current.firstSoundAt),
    },
    continuation: current.continuation,
    durationMs: establishedAt === null ? 0 : between(establishedAt, at),
    interruptions: current.interruptions,
    interruptedMs: current.interruptedMs,
    end,
    error,
    network: toNetworkReport(current.network),
  })
  connections.current = null
}

/** Called when a connection ended and another one follows. */
export function onLost(
  connections: Connections,
  end: 'lost' | 'replaced',
  error: VoiceErrorCode | null,
  at: number,
  onConnection: OnConnection,
): void {
  close(connections, end, error, at, onConnection)
  connections.next = { cause: end === 'lost' ? 'reconnect' : 'replacement', error, since: at }
}

/** Closes a failed attempt, which has no action of its own: only the next one is scheduled. */
export function onReconnectScheduled(connections: Connections, at: number, onConnection: OnConnection): void {
  if (connections.current?.establishedAt === null) close(connections, 'failed', null, at, onConnection)
}

/** Called when the call or the reporting ends. */
export function endCall(
  connections: Connections,
  end: ConnectionEnd,
  error: VoiceErrorCode | null,
  at: number,
  onConnection: OnConnection,
): void {
  // Also reports a call that failed before its first attempt, for example without a token.
  const isUnseen = !connections.current && end !== 'failed'
  if (!isUnseen) close(connections, end, error, at, onConnection)
  connections.next = unknown
  connections.microphoneAt = null
  connections.requestedAt = null
}
