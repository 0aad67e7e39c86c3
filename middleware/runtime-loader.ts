import type { UnknownAction } from '@reduxjs/toolkit'
import {
  asVoiceAgentError,
  type Intent,
  isCallWanted,
  nameOf,
  toVoiceError,
  VoiceAgentError,
} from '../store/index.js'
import type { IntentName } from './live/events.js'
import type { Runtime, RuntimeHost } from './runtime.js'

/** Milliseconds before the code that has effects is loaded again after a failure; twice as many after each further one. */
const firstReload = 1_000
const longestReload = 30_000

/** Intents that are fulfilled once the app has replaced the agent's state. */
const fulfilled: readonly IntentName[] = ['disconnectRequested', 'endSessionRequested', 'resetRequested']
/** Intents about what is stored, which are still carried out then. */
const storageIntents: readonly IntentName[] = [
  'restoreRequested',
  'deleteSessionRequested',
  'renameSessionRequested',
  'eraseAllRequested',
  'consentChanged',
]

/** An own action, with the present before and after it. */
type Entry = Parameters<Runtime['accept']>

/** Loads the runtime, and queues actions until it is there. */
export interface RuntimeLoader {
  /** Null until it is loaded. */
  loaded(): Runtime | null
  /** Loads the runtime; a failed load is repeated. @throws VoiceAgentError `not-mounted`, `disposed`, `chunk-load-failed` */
  load(): Promise<Runtime>
  /** Keeps an action for the runtime, which it loads. */
  queue(...entry: Entry): void
  /** The app replaced the agent's state before the runtime was there. */
  onReplaced(): void
  /** Drops all actions, and disposes of the runtime. */
  dispose(): Promise<void> | undefined
}

export function createRuntimeLoader(
  host: RuntimeHost,
  loadRuntime: () => Promise<(host: RuntimeHost) => Runtime>,
  {
    isActive,
    checkMounted,
  }: {
    /** False if the agent was disposed of, or replaced by another one. */
    isActive(): boolean
    /** Throws unless the agent is active, in a store. */
    checkMounted(): void
  },
): RuntimeLoader {
  const { actions } = host
  /** Actions that came before the runtime. */
  let backlog: Entry[] = []
  let loaded: Runtime | null = null
  let loading: Promise<Runtime> | null = null
  let reloads = 0
  let reloadTimer: ReturnType<typeof setTimeout> | undefined
  let disposal: Promise<void> | undefined

  async function load(): Promise<Runtime> {
    checkMounted()
    loading ??= loadAndHandOver()
    return loading
  }

  const wake = () => void load().catch(() => undefined)

  async function loadAndHandOver(): Promise<Runtime> {
    try {
      const create = await loadRuntime()
      // The agent may have been disposed of, or replaced, meanwhile.
      checkMounted()
      const created = create(host)
      loaded = created
      for (const entry of takeBacklog()) created.accept(...entry)
      created.run()
      return created
    } catch (thrown) {
      if (isActive()) onNotLoaded(asVoiceAgentError(thrown, 'chunk-load-failed'))
      // Last: the actions dispatched above must not load the code again.
      loading = null
      throw thrown
    }
  }

  /** Takes all actions out of the backlog, except for those that stay. */
  function takeBacklog(stays: (action: UnknownAction) => boolean = () => false): Entry[] {
    const entries = backlog
    backlog = entries.filter(([action]) => stays(action))
    return entries.filter(([action]) => !stays(action))
  }

  function settle(entries: readonly Entry[], errorOf: (action: UnknownAction) => VoiceAgentError | null) {
    for (const [action] of entries) {
      const { requestId } = (action as Partial<Intent>).meta ?? {}
      if (requestId) host.settle(requestId, errorOf(action))
    }
  }

  /** Requests are answered. The page's restoration waits, and the code is loaded again a little later, or with the next request. */
  function onNotLoaded(error: VoiceAgentError) {
    const failed = takeBacklog(actions.restoreRequested.match)
    host.dispatch(actions.storageStatusChanged({ storage: 'memory', error: toVoiceError(error) }))
    if (isCallWanted(host.present().connection.status))
      host.dispatch(actions.connectionFailed({ error: toVoiceError(error), at: Date.now() }))
    settle(failed, () => error)
    // Keeps what a subscriber requested in reaction, and drops the facts dispatched above.
    takeBacklog((action) => (action as Partial<Intent>).meta?.requestId !== undefined)
    clearTimeout(reloadTimer)
    reloadTimer = setTimeout(wake, Math.min(longestReload, firstReload * 2 ** reloads++))
  }

  return {
    loaded: () => loaded,
    load,
    queue(...entry) {
      backlog.push(entry)
      wake()
    },
    onReplaced() {
      // Nothing has begun yet, so the page's session stays. The former user's requests are answered; deletions are still made.
      const nameIn = (names: readonly string[]) => (action: UnknownAction) =>
        names.includes(nameOf(host.path, action))
      const isFulfilled = nameIn(fulfilled)
      const isStorageIntent = nameIn(storageIntents)
      const changesUser = (action: UnknownAction) =>
        actions.resetRequested.match(action) && action.payload?.scope !== undefined
      const dropped = takeBacklog((action) => isStorageIntent(action) || changesUser(action))
      settle(dropped, (action) => (isFulfilled(action) ? null : new VoiceAgentError('superseded')))
    },
    dispose() {
      clearTimeout(reloadTimer)
      backlog = []
      disposal ??= loaded?.dispose()
      return disposal
    },
  }
}
