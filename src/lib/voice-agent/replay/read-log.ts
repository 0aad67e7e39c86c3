import type { UnknownAction } from '@reduxjs/toolkit'
import { VoiceAgentError } from '../../../../store/index.js'

/** An action in a log. */
export interface RecordedAction {
  action: UnknownAction
  /** Dispatch time in milliseconds since the epoch; null if the log has none. */
  at: number | null
}

/** Content of a log, regardless of its format. */
export interface RecordedLog {
  /** The whole store's state before the first action; undefined if the log begins with the store's initial state. */
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
    // Omits the cause, because it quotes the log, which contains the conversation.
    throw malformed('it is not JSON.')
  }
}

/** Parses strings, because DevTools exports JSON that contains further JSON as strings. */
const unpack = (value: unknown) => (typeof value === 'string' ? parse(value) : value)

function toAction(value: unknown, place: number): UnknownAction {
  if (isFields(value) && typeof value.type === 'string') return value as UnknownAction
  throw malformed(`entry ${place} must be an action with a string as its type.`)
}

/** Reads the lifted state of DevTools: `actionsById`, `stagedActionIds` and so on. */
function fromLiftedState({
  actionsById,
  stagedActionIds,
  skippedActionIds = [],
  committedState,
}: Fields): RecordedLog {
  if (!isFields(actionsById) || !Array.isArray(stagedActionIds) || !Array.isArray(skippedActionIds))
    throw malformed('it must have actionsById, and stagedActionIds and skippedActionIds as lists.')
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
  if (!Array.isArray(list)) throw malformed(`its payload must be a list of actions; got ${typeof list}.`)
  return { start, actions: list.map((entry, place) => ({ action: toAction(entry, place), at: null })) }
}

/**
 * Reads a log in any of its usual formats: an export of Redux DevTools, as text or parsed, or a list of actions.
 *
 * @throws VoiceAgentError `invalid-option` for any other value. The message doesn't quote the log.
 */
export function readLog(log: unknown): RecordedLog {
  const read = unpack(log)
  if (Array.isArray(read)) return fromList(read)
  if (!isFields(read)) throw malformed('it must be an export of Redux DevTools or a list of actions.')
  if ('payload' in read) return fromList(unpack(read.payload), unpack(read.preloadedState))
  return fromLiftedState(read)
}
