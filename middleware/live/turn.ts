import type { VoiceAgentError } from '../../store/index.js'
import type { Command, Fact, Live } from './state.js'

/** One step of the transition: the record as it becomes, and the commands to run. */
export interface Turn {
  live: Live
  commands: Command[]
}

export function tell<Name extends Fact['name']>(
  turn: Turn,
  name: Name,
  payload: Extract<Fact, { name: Name }>['payload'],
): void {
  turn.commands.push({ type: 'tell', fact: { name, payload } as Fact })
}

/** Answers requests. The code that takes a request id out of the record must call this exactly once. */
export function settle(
  turn: Turn,
  requestIds: readonly string[],
  error: VoiceAgentError | null = null,
  value?: unknown,
): void {
  for (const requestId of requestIds)
    turn.commands.push({ type: 'settle', requestId, error, value, isQuiet: false })
}

/** Answers a request whose effect is visible in the state. */
export function settleQuietly(turn: Turn, requestId: string): void {
  turn.commands.push({ type: 'settle', requestId, error: null, isQuiet: true })
}

export function nextId(turn: Turn): number {
  turn.live.ids++
  return turn.live.ids
}

/** Passes the session slot on: what was asked for its earlier owner is dropped when it comes. */
export function beginEpoch(turn: Turn, { isForgotten }: { isForgotten: boolean }): void {
  turn.live.epoch++
  turn.commands.push({ type: 'dropToken', epoch: turn.live.epoch, isForgotten })
}
