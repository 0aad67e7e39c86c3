import {
  isAnyOf,
  type Middleware,
  type MiddlewareAPI,
  type Reducer,
  type UnknownAction,
} from '@reduxjs/toolkit'
import {
  type AgentContinuation,
  asVoiceAgentError,
  type Intent,
  isActionOf,
  isCallWanted,
  toVoiceError,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
  type VoiceAgentState,
} from '../store/index.js'
import { refusalOf } from './guard.js'
import { createPresent, type Present } from './present.js'
import type { Runtime, RuntimeHost } from './runtime.js'

export interface VoiceAgentMiddlewareOptions {
  path: string
  actions: VoiceAgentActions
  selectors: VoiceAgentSelectors
  reducer: Reducer<VoiceAgentState>
  /** Loads the code that has effects. */
  loadRuntime(): Promise<(host: RuntimeHost) => Runtime>
  /** False for a storage of the app that knows no users. */
  canChangeScope: boolean
  /** True if there is a page, whose session is restored as soon as the store exists. */
  isPage: boolean
  /** Called after each own action, with the present before and after it. */
  onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  /** Called once its effects of the same task are done, such as the refusal of a text. */
  onHandled(action: UnknownAction, after: VoiceAgentState): void
}

export interface VoiceAgentMiddleware {
  middleware: Middleware
  /** @throws VoiceAgentError `not-mounted`, `disposed` */
  dispatch(action: UnknownAction): UnknownAction
  /** The store's whole state. */
  getState(): unknown
  /** The agent's state now, whatever DevTools show. @throws VoiceAgentError `not-mounted`, `disposed` */
  present(): VoiceAgentState
  /** Dispatches an intent. Resolves or rejects with its answer, by its request id. */
  request<Value = void>(intent: Intent): Promise<Value>
  /** Dispatches an intent that is answered in the same task, unless another action is being handled. @throws its error */
  requestNow(intent: Intent): void
  runtime(): Promise<Runtime>
  /** The promise of the page's own restoration, which this starts. */
  initialize(): Promise<RestoreOutcome | undefined>
  dispose(): Promise<void>
}

/** Two questions, two answers: is the conversation back, and does the agent remember it. */
interface RestoreOutcome {
  conversation: 'none' | 'restored' | 'failed'
  agent: 'none' | AgentContinuation
}

/** Passes on the answer to a request. */
type Answer = (error: VoiceAgentError | null, value?: unknown) => void

/** Milliseconds before the code that has effects is loaded again after a failure; twice as many after each further one. */
const firstReload = 1_000
const longestReload = 30_000

/** The agent that acts under each path of a store. */
const mounted = new WeakMap<object, Map<string, { onReplaced(): void }>>()

/**
 * Queues actions until the runtime is loaded, and hands them over in order. Loading starts when the store has installed the middleware.
 */
export function createVoiceAgentMiddleware(options: VoiceAgentMiddlewareOptions): VoiceAgentMiddleware {
  const { path, actions, selectors } = options
  const disposed = new AbortController()
  const isOwn = isActionOf(path)
  const answers = new Map<string, Answer>()
  /** Actions that came before the runtime. */
  let backlog: Parameters<Runtime['accept']>[] = []
  let api: MiddlewareAPI | null = null
  let tracked: Present | null = null
  let loaded: Runtime | null = null
  let loading: Promise<Runtime> | null = null
  let restoration: Promise<RestoreOutcome | undefined> | null = null
  let reloads = 0
  let reloadTimer: ReturnType<typeof setTimeout> | undefined
  /** Another agent was mounted under the same path. */
  let isReplaced = false
  /** True while `dispose` ends the call: intents that subscribers dispatch in reaction are refused. */
  let isEnding = false
  let ended: Promise<void> | undefined

  const replacedError = () =>
    new VoiceAgentError('invalid-option', `Another voice agent was mounted under ${path}.`)

  function store(): MiddlewareAPI {
    if (disposed.signal.aborted) throw new VoiceAgentError('disposed')
    if (!api) throw new VoiceAgentError('not-mounted')
    if (isReplaced) throw replacedError()
    return api
  }

  /** DevTools may show a moment before the reducer was injected. */
  let wasInjected = false
  function hasReducer(): boolean {
    wasInjected ||= path in ((api?.getState() ?? {}) as object)
    return wasInjected
  }

  function follow(): Present {
    tracked ??= createPresent(options.reducer, () => selectors.selectVoiceAgent(api?.getState()), {
      onAction(action, before, after) {
        if (loaded) loaded.accept(action, before, after)
        else {
          backlog.push([action, before, after])
          wake()
        }
        // Listeners hear of the action before its effects, and what they ask for comes after it.
        options.onAction(action, before, after)
        loaded?.run()
        options.onHandled(action, follow().get())
      },
      onLateChange: (before, after) => loaded?.changed(before, after),
      onReplaced() {
        if (loaded) loaded.onReplaced(follow().get().session.revision)
        else dropBacklog()
      },
    })
    return tracked
  }

  function present(): VoiceAgentState {
    store()
    if (!hasReducer()) throw new VoiceAgentError('not-mounted')
    return follow().get()
  }

  /** Nothing has begun yet, so the page's session stays. The former user's requests are answered; deletions are still made. */
  function dropBacklog() {
    const entries = backlog
    const isChange = isAnyOf(
      actions.restoreRequested,
      actions.deleteSessionRequested,
      actions.eraseAllRequested,
      actions.consentChanged,
    )
    const isKept = (action: UnknownAction) =>
      isChange(action) || (actions.resetRequested.match(action) && action.payload?.scope !== undefined)
    const isFulfilled = isAnyOf(
      actions.disconnectRequested,
      actions.endSessionRequested,
      actions.resetRequested,
    )
    backlog = entries.filter(([action]) => isKept(action))
    for (const [action] of entries) {
      const { requestId } = (action as Partial<Intent>).meta ?? {}
      if (requestId && !isKept(action))
        host.settle(requestId, isFulfilled(action) ? null : new VoiceAgentError('superseded'), undefined)
    }
  }

  const wake = () => void runtime().catch(() => undefined)

  async function runtime(): Promise<Runtime> {
    store()
    loading ??= load()
    return loading
  }

  const host: RuntimeHost = {
    path,
    actions,
    dispatch: (action) => void (disposed.signal.aborted || isReplaced || store().dispatch(action)),
    store: { dispatch: (action: UnknownAction) => store().dispatch(action), getState: () => api?.getState() },
    present: () => follow().get(),
    isPresentShown: () => follow().isShown(),
    isCallShown() {
      const { status, isEnding } = selectors.selectConnection(api?.getState())
      return isEnding || isCallWanted(status)
    },
    settle(requestId, error, value) {
      const answer = answers.get(requestId)
      answers.delete(requestId)
      answer?.(error, value)
    },
    reportUncaught,
    signal: disposed.signal,
  }

  async function load(): Promise<Runtime> {
    try {
      const create = await options.loadRuntime()
      // The agent may have been disposed of, or replaced, meanwhile.
      store()
      const created = create(host)
      loaded = created
      const entries = backlog
      backlog = []
      for (const entry of entries) created.accept(...entry)
      created.run()
      return created
    } catch (thrown) {
      if (!disposed.signal.aborted && !isReplaced) onNotLoaded(asVoiceAgentError(thrown, 'chunk-load-failed'))
      // Last: the actions dispatched above must not load the code again.
      loading = null
      throw thrown
    }
  }

  /** Requests are answered. The page's restoration waits, and the code is loaded again a little later, or with the next request. */
  function onNotLoaded(error: VoiceAgentError) {
    const requests = backlog
    backlog = requests.filter(([action]) => actions.restoreRequested.match(action))
    const at = Date.now()
    host.dispatch(actions.storageStatusChanged({ storage: 'memory', error: toVoiceError(error) }))
    if (isCallWanted(follow().get().connection.status))
      host.dispatch(actions.connectionFailed({ error: toVoiceError(error), at }))
    for (const [action] of requests) {
      const { requestId } = (action as Partial<Intent>).meta ?? {}
      if (requestId && !actions.restoreRequested.match(action)) host.settle(requestId, error, undefined)
    }
    // Keeps what a subscriber requested in reaction, and drops the facts dispatched above.
    backlog = backlog.filter(([action]) => 'meta' in action)
    clearTimeout(reloadTimer)
    reloadTimer = setTimeout(wake, Math.min(longestReload, firstReload * 2 ** reloads++))
  }

  /** An intent that makes no sense is answered without passing it on. */
  function refuse(action: Intent, error: VoiceAgentError): UnknownAction {
    const { requestId } = action.meta
    // After disposal nothing changes, not even the log.
    try {
      if (!disposed.signal.aborted && !isEnding)
        api?.dispatch(actions.requestSettled({ requestId, error: toVoiceError(error) }))
    } finally {
      // A subscriber of the app's store that throws must not keep the caller waiting.
      host.settle(requestId, error, undefined)
    }
    return action
  }

  /** A subscriber may request another session and send a text in one task, while the state still has the former session. */
  function refusalOfEarlyText(action: UnknownAction): VoiceAgentError | null {
    const isEarly = actions.sendTextRequested.match(action) && loaded?.isSessionChanging()
    return isEarly ? new VoiceAgentError('not-connected') : null
  }

  function mount(middlewareApi: MiddlewareAPI) {
    if (api)
      throw new VoiceAgentError(
        'invalid-option',
        'A voice agent belongs to one store: its middleware was mounted twice.',
      )
    api = middlewareApi
    const agents = mounted.get(api) ?? new Map<string, { onReplaced(): void }>()
    mounted.set(api, agents)
    agents.get(path)?.onReplaced()
    agents.set(path, registration)
    // A microtask later the store exists.
    if (options.isPage)
      queueMicrotask(() => {
        if (!disposed.signal.aborted && !isReplaced) void initialize().catch(() => undefined)
      })
  }

  function initialize(): Promise<RestoreOutcome | undefined> {
    if (disposed.signal.aborted) return Promise.reject(new VoiceAgentError('disposed'))
    restoration ??= request<RestoreOutcome | undefined>(actions.restoreRequested({ sessionId: null })).catch(
      (error: unknown) => {
        if (disposed.signal.aborted) return { conversation: 'none', agent: 'none' }
        // Outside of a store nothing was asked for: in one it can start.
        restoration = null
        throw error
      },
    )
    return restoration
  }

  /** DevTools may keep the state over a reload: its call and its session are another page's. */
  let isUntouched = true
  function touch(action: UnknownAction) {
    if (!isUntouched || !hasReducer()) return
    isUntouched = false
    if (selectors.selectVoiceAgent(api?.getState()).session.revision)
      api?.dispatch(actions.sessionDiscarded())
    // A first request applies to the session that this page restores.
    if (options.isPage && !actions.restoreRequested.match(action)) void initialize().catch(() => undefined)
  }

  const middleware: Middleware = (middlewareApi) => {
    mount(middlewareApi)
    return (next) => (action) => {
      if (isReplaced) return next(action)
      if (!isOwn(action)) {
        // Before the first own action, and after the end, there is nothing that the app could replace.
        if (!tracked || disposed.signal.aborted) return next(action)
        return tracked.passForeign(action as UnknownAction, next)
      }
      const intent = (action as Partial<Intent>).meta?.requestId ? (action as Intent) : null
      if (disposed.signal.aborted)
        return hasSuccessor()
          ? next(action)
          : intent
            ? refuse(intent, new VoiceAgentError('disposed'))
            : action
      if (intent && isEnding) return refuse(intent, new VoiceAgentError('disposed'))
      // The present would begin without the effects of the action.
      if (!hasReducer()) return intent ? refuse(intent, new VoiceAgentError('not-mounted')) : next(action)
      touch(action)
      const refusal =
        intent &&
        (refusalOf(action, actions, follow().get(), options.canChangeScope) ?? refusalOfEarlyText(action))
      if (intent && refusal) return refuse(intent, refusal)
      return follow().passOwn(action, next)
    }
  }

  const registration = {
    onReplaced() {
      if (disposed.signal.aborted) return
      isReplaced = true
      // biome-ignore lint/suspicious/noConsole: a mistake of the app's developer, in every environment.
      console.error(
        `Two voice agents are mounted under "${path}". Only the last one acts: give each a reducerPath of its own, or dispose of the first.`,
      )
      // The app can't end its call any longer: what it asks for under this path goes to the last agent.
      end(replacedError())?.catch(reportUncaught)
    },
  }

  /** True if another agent was mounted under this one's path after it was disposed. */
  const hasSuccessor = () => api !== null && mounted.get(api)?.get(path) !== registration

  /** Ends what the runtime holds, and answers the requests that wait for it. */
  function end(error: VoiceAgentError): Promise<void> | undefined {
    ended ??= loaded?.dispose()
    for (const answer of answers.values()) answer(error)
    answers.clear()
    backlog = []
    return ended
  }

  /** A call that was requested may be shown before there is one. */
  function closeShownCall() {
    if (!tracked || isReplaced) return
    // The present lags behind the store while a subscriber hears of the call.
    if (!host.isCallShown() && !isCallWanted(tracked.get().connection.status)) return
    try {
      host.dispatch(actions.connectionClosed({ by: 'user', at: Date.now() }))
    } catch (error) {
      reportUncaught(error)
    }
  }

  function dispatch(action: UnknownAction): UnknownAction {
    return store().dispatch(action)
  }

  /** A subscriber of the app's store that throws changes nothing of what was asked for. */
  function dispatchSafely(action: UnknownAction) {
    const target = store()
    if (!hasReducer()) throw new VoiceAgentError('not-mounted')
    try {
      target.dispatch(action)
    } catch (error) {
      reportUncaught(error)
    }
  }

  function request<Value>(intent: Intent): Promise<Value> {
    return new Promise((resolve, reject) => {
      answers.set(intent.meta.requestId, (error, value) => (error ? reject(error) : resolve(value as Value)))
      try {
        dispatchSafely(intent)
      } catch (error) {
        answers.delete(intent.meta.requestId)
        reject(error)
      }
    })
  }

  function requestNow(intent: Intent): void {
    let refusal = null as VoiceAgentError | null
    answers.set(intent.meta.requestId, (error) => {
      refusal = error
    })
    dispatchSafely(intent)
    // An answer that comes later is in the state.
    answers.delete(intent.meta.requestId)
    if (refusal) throw refusal
  }

  return {
    middleware,
    dispatch,
    getState: () => store().getState(),
    present,
    request,
    requestNow,
    runtime,
    initialize,
    async dispose() {
      if (isEnding) return ended
      isEnding = true
      const error = new VoiceAgentError('disposed')
      const done = end(error)
      closeShownCall()
      disposed.abort(error)
      clearTimeout(reloadTimer)
      await done
    },
  }
}

/** Reports an uncaught error of the app, as the browser does for an event listener. */
function reportUncaught(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  // biome-ignore lint/suspicious/noConsole: Node has no reportError, and would end the process.
  else console.error(error)
}
