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

/** Milliseconds before retrying a failed load of the runtime; doubled after each further failure. */
const FIRST_RELOAD_MS = 1_000
const MAX_RELOAD_MS = 30_000

/** Intents that end the call or leave the session. They still run after a failed load, because the restore that waits would bring both back. */
const endings: readonly IntentName[] = ['disconnectRequested', 'endSessionRequested', 'resetRequested']
/** Intents that decide what the next page restores. They still run if the agent is disposed of before the runtime has loaded. */
const lastingIntents: readonly IntentName[] = [
  ...endings,
  'deleteSessionRequested',
  'eraseAllRequested',
  'consentChanged',
]
/** Intents that still run if the app replaces the agent's state before the runtime has loaded. */
const intentsOfAnyState: readonly IntentName[] = [
  ...lastingIntents,
  'restoreRequested',
  'renameSessionRequested',
]

/** One of the agent's actions, with the present before and after it. */
type Entry = Parameters<Runtime['accept']>

/** Loads the runtime, and queues actions until it has loaded. */
export interface RuntimeLoader {
  /** Returns the runtime, or null until it has loaded. */
  loaded(): Runtime | null
  /** Loads the runtime. Retries a failed load. @throws VoiceAgentError `not-mounted`, `disposed`, `chunk-load-failed` */
  load(): Promise<Runtime>
  /** Queues an action for the runtime, and starts loading it. */
  queue(...entry: Entry): void
  /** The app replaced the agent's state before the runtime had loaded. */
  onReplaced(): void
  /** Disposes of the runtime. Drops all actions, unless one of them decides what the next page restores. */
  dispose(): Promise<void> | undefined
}

export function createRuntimeLoader(
  host: RuntimeHost,
  loadRuntime: () => Promise<(host: RuntimeHost) => Runtime>,
  {
    isActive,
    checkMounted,
  }: {
    /** False if the agent was disposed of or replaced by another one. */
    isActive(): boolean
    /** Throws unless the agent is active and mounted. */
    checkMounted(): void
  },
): RuntimeLoader {
  const { actions } = host
  const nameIn = (names: readonly string[]) => (action: UnknownAction) =>
    names.includes(nameOf(host.path, action))
  const isEnding = nameIn(endings)
  const isLasting = nameIn(lastingIntents)
  /** Actions dispatched before the runtime had loaded. */
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
      // The agent may have been disposed of or replaced meanwhile.
      if (!disposal) checkMounted()
      const created = create(host)
      loaded = created
      for (const entry of takeBacklog()) created.accept(...entry)
      created.run()
      return created
    } catch (thrown) {
      if (isActive()) onNotLoaded(asVoiceAgentError(thrown, 'chunk-load-failed'))
      // Cleared last, so that the actions dispatched above don't start another load.
      loading = null
      throw thrown
    }
  }

  /** Removes all actions from the backlog, except those that should stay. */
  function takeBacklog(stays: (action: UnknownAction) => boolean = () => false): Entry[] {
    const entries = backlog
    backlog = entries.filter(([action]) => stays(action))
    return entries.filter(([action]) => !stays(action))
  }

  function reject(entries: readonly Entry[], error: VoiceAgentError) {
    for (const [action] of entries) {
      const { requestId } = (action as Partial<Intent>).meta ?? {}
      if (requestId) host.settle(requestId, error)
    }
  }

  /**
   * Rejects pending requests, except the page's restore, which waits. Requests that end the call or leave the session are rejected, but stay
   * queued. The load is retried after a delay, or with the next request.
   */
  function onNotLoaded(error: VoiceAgentError) {
    const failed = backlog.filter(([action]) => !actions.restoreRequested.match(action))
    takeBacklog((action) => actions.restoreRequested.match(action) || isEnding(action))
    host.dispatch(actions.storageStatusChanged({ storage: 'memory', error: toVoiceError(error) }))
    if (isCallWanted(host.present().connection.status))
      host.dispatch(actions.connectionFailed({ error: toVoiceError(error), at: Date.now() }))
    reject(failed, error)
    // Keeps requests that a subscriber made in response, and drops the facts dispatched above.
    takeBacklog((action) => (action as Partial<Intent>).meta?.requestId !== undefined)
    clearTimeout(reloadTimer)
    reloadTimer = setTimeout(wake, Math.min(MAX_RELOAD_MS, FIRST_RELOAD_MS * 2 ** reloads++))
  }

  return {
    loaded: () => loaded,
    load,
    queue(...entry) {
      backlog.push(entry)
      wake()
    },
    onReplaced() {
      // Nothing has started yet, so the page's session stays, unless the user has left it.
      reject(takeBacklog(nameIn(intentsOfAnyState)), new VoiceAgentError('superseded'))
    },
    dispose() {
      clearTimeout(reloadTimer)
      if (isActive() && backlog.some(([action]) => isLasting(action)))
        disposal ??= load().then((created) => created.dispose())
      else if (!disposal) backlog = []
      disposal ??= loaded?.dispose()
      return disposal
    },
  }
}
