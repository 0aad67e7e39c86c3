import type { ReconnectPolicyOptions } from '../../../../middleware/drivers/call/reconnect-policy.js'
import { middlewareMissing } from '../../../../middleware/index.js'
import type { Warning } from '../../../../middleware/warnings.js'
import type { VoiceAgentError } from '../../../../store/index.js'
import type { VoiceAgentEvents } from '../agent/agent-events.js'
import type { PersistenceOptions, VoiceAgentOptions } from '../options/options.js'

type Warn = (problem: Warning | VoiceAgentError) => void

/** Milliseconds after the reducer's first call in which the middleware must be mounted. */
const MOUNTING_MS = 1_000

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

/** TypeScript compares these names with the types, so that no option is missing. */
const agentOptions: Record<keyof VoiceAgentOptions, true> = {
  apiEndpoint: true,
  transport: true,
  refreshToken: true,
  persistence: true,
  reconnect: true,
  autoReconnect: true,
  contextMessages: true,
  buildContext: true,
  reducerPath: true,
  talk: true,
  audio: true,
  openMicrophone: true,
  iceServers: true,
  iceTransportPolicy: true,
  tools: true,
  mirror: true,
  analytics: true,
}
const persistenceOptions: Record<keyof PersistenceOptions, true> = {
  debounceMs: true,
  maxWaitMs: true,
  retentionMs: true,
  onQuotaExceeded: true,
  warnAtUsage: true,
  databaseName: true,
  driver: true,
  store: true,
  storage: true,
  scope: true,
  consent: true,
  keyProvider: true,
  version: true,
  migrate: true,
  restore: true,
}
const reconnectOptions: Record<keyof ReconnectPolicyOptions, true> = {
  baseDelayMs: true,
  maxDelayMs: true,
  maxAttempts: true,
}
const groups = { persistence: persistenceOptions, reconnect: reconnectOptions }

const unknownIn = (options: object, known: object) =>
  Object.keys(options).filter((name) => !Object.hasOwn(known, name))

/** Warns about options that have no effect, such as `persistance: false`, which would not turn the storage off. */
function checkOptionNames(warn: Warn, options: VoiceAgentOptions): void {
  for (const name of unknownIn(options, agentOptions)) {
    const group = Object.entries(groups).find(([, known]) => Object.hasOwn(known, name))
    const hint = group ? `, which is an option of \`${group[0]}\`` : ''
    warn({ warning: 'unknown-option', got: `\`${name}\`${hint}.` })
  }
  for (const [group, known] of Object.entries(groups)) {
    const given = options[group as keyof typeof groups]
    // `reconnect` may be a function.
    if (typeof given !== 'object') continue
    for (const name of unknownIn(given, known))
      warn({ warning: 'unknown-option', got: `\`${group}.${name}\`.` })
  }
}

const eventNames: Record<keyof VoiceAgentEvents, true> = {
  sessionCreated: true,
  sessionRestored: true,
  sessionExpired: true,
  reconnecting: true,
  reconnected: true,
  connectionStateChanged: true,
  conversationStateChanged: true,
  message: true,
  agentMessage: true,
  error: true,
  storageDegraded: true,
  allErased: true,
  sessionsChanged: true,
  storageAlmostFull: true,
  sessionsDeleted: true,
}

/** Warns about a listener that is never called, because its event does not exist. */
export function checkEvent(warn: Warn, name: string): void {
  if (!Object.hasOwn(eventNames, name)) warn({ warning: 'unknown-event', got: `\`${name}\`.` })
}

/** Warns about an insecure page, which has no microphone, WebCrypto or Web Locks. */
function checkOrigin(warn: Warn): void {
  if (globalThis.isSecureContext === false) warn({ warning: 'insecure-origin', got: `${location.origin}.` })
}

/** Warns about a mirror that can reach no other tab. */
function checkMirror(warn: Warn, { mirror, persistence = {} }: VoiceAgentOptions): void {
  if (!mirror) return
  if (persistence === false) warn({ warning: 'mirror-alone', got: '`persistence: false`.' })
  else if (persistence.storage && !persistence.storage.channelOf)
    warn({ warning: 'mirror-alone', got: 'a `persistence.storage` without `channelOf`.' })
}

/**
 * Warns about options without an effect, an insecure origin, and a store that has the reducer but not the middleware.
 *
 * @param isMounted Called shortly after the reducer's first call.
 */
export function checkSetup(warn: Warn, options: VoiceAgentOptions, isMounted: () => boolean): void {
  checkOptionNames(warn, options)
  checkMirror(warn, options)
  checkOrigin(warn)
  const timer: unknown = setTimeout(() => {
    // The same error as that of a request, so that it is printed once.
    if (!isMounted()) warn(middlewareMissing())
  }, MOUNTING_MS)
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
