import type { Warning } from '../../../../middleware/warnings.js'
import type { VoiceAgentOptions } from '../options/options.js'
import { checkOptionNames } from './option-names.js'

type Warn = (warning: Warning) => void

/** Milliseconds after the reducer's first call in which the middleware must be mounted. */
const mountingTime = 1_000

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** True for the state of a voice agent, even if redux-persist has stored its slices as strings. */
const isAgentState = (value: unknown) =>
  isRecord(value) && ['connection', 'conversation', 'session', 'stats'].every((slice) => slice in value)

/**
 * Warns if redux-persist has stored the agent's state.
 *
 * @param action The `persist/REHYDRATE` action.
 */
export function checkRehydration(
  warn: Warn,
  path: string,
  action: { [field: string]: unknown },
  state: unknown,
): void {
  const { key, payload } = action
  const slice = isRecord(state) ? state[path] : undefined
  const isWrapped = isRecord(slice) && '_persist' in slice
  const isStored = isRecord(payload) && (path in payload || isAgentState(payload))
  if (!isWrapped && !isStored) return
  warn({
    warning: 'plain-persistence',
    got: `a persistReducer with the key '${String(key)}' stores '${path}'.`,
  })
}

/** Warns about unknown options, and if the middleware is not mounted shortly after the reducer's first call. */
export function checkSetup(
  warn: Warn,
  options: VoiceAgentOptions,
  path: string,
  isMounted: () => boolean,
): void {
  checkOptionNames(warn, options)
  const timer: unknown = setTimeout(() => {
    if (!isMounted()) warn({ warning: 'middleware-missing', got: `a store with '${path}' and without it.` })
  }, mountingTime)
  // The timer must not keep a Node script alive.
  if (isRecord(timer) && typeof timer.unref === 'function') timer.unref()
}

/**
 * Warns if the reducer is mounted under a key other than the path.
 *
 * @param paths Paths of all agents in the store.
 */
export function checkReducer(warn: Warn, path: string, state: unknown, paths: readonly string[]): void {
  if (!isRecord(state)) return
  const found = Object.keys(state).find((key) => !paths.includes(key) && isAgentState(state[key]))
  if (found !== undefined)
    warn({ warning: 'reducer-elsewhere', got: `it under '${found}', and reducerPath is '${path}'.` })
}
