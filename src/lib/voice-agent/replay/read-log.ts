import type { UnknownAction } from '@reduxjs/toolkit'
import { VoiceAgentError } from '../../../../store/index.js'

/** An action of a log. */
export interface RecordedAction {
  action: UnknownAction
  /** When it was dispatched, in milliseconds since the epoch, where the log says so. */
  at: number | null
}

/** What a log tells, whichever of its forms it came in. */
export interface RecordedLog {
  /** The whole store's state before the first action; undefined where the log begins with the store. */
  start: unknown
  actions: RecordedAction[]
}

type Fields = Record<string, unknown>

const malformed = (detail: string) =>
  new VoiceAgentError('invalid-option', `This log of actions can't be replayed: ${detail}`)

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without its cause, which quotes the log: there is in it what was said.
    throw malformed('it is not JSON.')
  }
}

/** What DevTools writes into a file is JSON, and some of it JSON within JSON. */
const unpack = (value: unknown) => (typeof value === 'string' ? parse(value) : value)

function toAction(value: unknown, place: number): UnknownAction {
  if (isFields(value) && typeof value.type === 'string') return value as UnknownAction
  throw malformed(`entry ${place} is no action.`)
}

/** `actionsById` and what goes with it: the state of DevTools itself. */
function fromLiftedState({
  actionsById,
  stagedActionIds,
  skippedActionIds = [],
  committedState,
}: Fields): RecordedLog {
  if (!isFields(actionsById) || !Array.isArray(stagedActionIds) || !Array.isArray(skippedActionIds))
    throw malformed('actionsById or stagedActionIds is missing.')
  const skipped = new Set(skippedActionIds)
  const actions = stagedActionIds
    .filter((id) => !skipped.has(id))
    .map((id, place) => {
      const entry = actionsById[String(id)]
      const { action, timestamp } = isFields(entry) ? entry : {}
      return { action: toAction(action, place), at: typeof timestamp === 'number' ? timestamp : null }
    })
  return { start: committedState, actions }
}

function fromList(list: unknown, start?: unknown): RecordedLog {
  if (!Array.isArray(list)) throw malformed('there is no list of actions in it.')
  return { start, actions: list.map((entry, place) => ({ action: toAction(entry, place), at: null })) }
}

/**
 * Reads a log in any of its usual forms: what Redux DevTools exports, as text or parsed, or a list of actions.
 *
 * @throws VoiceAgentError `invalid-option` when it is none of them. Nothing of the log is in its text.
 */
export function readLog(log: unknown): RecordedLog {
  const read = unpack(log)
  if (Array.isArray(read)) return fromList(read)
  if (!isFields(read)) throw malformed('it is neither an export of Redux DevTools nor a list of actions.')
  if ('payload' in read) return fromList(unpack(read.payload), unpack(read.preloadedState))
  return fromLiftedState(read)
}
