import type { Middleware, MiddlewareAPI, Reducer, UnknownAction } from '@reduxjs/toolkit'
import {
  type AgentContinuation,
  type Intent,
  isActionOf,
  isCallWanted,
  isMirroring,
  nameOf,
  toVoiceError,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
  type VoiceAgentState,
} from '../store/index.js'
import { createPresent, type Present } from './present.js'
import { createRequests, type Requests, refusalOf } from './requests.js'
import type { Runtime, RuntimeHost } from './runtime.js'
import { createRuntimeLoader } from './runtime-loader.js'

export interface VoiceAgentMiddlewareOptions {
  path: string
  actions: VoiceAgentActions
  selectors: VoiceAgentSelectors
  reducer: Reducer<VoiceAgentState>
  /** Loads the code with effects. */
  loadRuntime(): Promise<(host: RuntimeHost) => Runtime>
  /** False for a custom storage without scopes. */
  canChangeScope: boolean
  /** Reports a mistake in the app's code. Called with every error; prints each cause once, and nothing in production. */
  warn(error: unknown): void
  /** In development, checks the store one microtask after it is created, with the paths of its agents. */
  onStore?(state: unknown, paths: string[]): void
  /** In development, called with the app's own actions. */
  onForeign?(action: UnknownAction, state: unknown): void
  /** True in a page. Its session is restored as soon as the store exists. */
  isPage: boolean
  /**
   * Intercepts an intent. Returns true if it is answered elsewhere and must not change anything here, or an error to refuse it. Used by a tab
   * that mirrors another one, to forward intents.
   */
  takeIntent?: ((intent: Intent) => boolean | VoiceAgentError) | undefined
  /** Extends one of the agent's own actions before it is passed on, for example with a timestamp. */
  stamp?: ((action: UnknownAction) => UnknownAction) | undefined
  /** Called after each of the agent's own actions, with the present before and after it. */
  onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  /** Called after the action's synchronous effects, such as the refusal of a text. */
  onHandled(action: UnknownAction, after: VoiceAgentState): void
  /** Called when the app has replaced the agent's state, for example by a root reset on sign-out. */
  onReplaced(): void
  /** Called when the agent is disposed of, before its call ends. */
  onDispose(): void
}

export interface VoiceAgentMiddleware extends Pick<Requests, 'request' | 'requestNow' | 'track' | 'settle'> {
  /** True once the middleware is mounted in a store. */
  isMounted(): boolean
  middleware: Middleware
  /** @throws VoiceAgentError `not-mounted`, `disposed` */
  dispatch(action: UnknownAction): UnknownAction
  /** Dispatches a fact. If a store subscriber throws, reports its error. @throws VoiceAgentError `not-mounted`, `disposed` */
  dispatchSafely(action: UnknownAction): void
  /** The store's whole state. */
  getState(): unknown
  /** The agent's current state, whatever DevTools show. @throws VoiceAgentError `not-mounted`, `disposed` */
  present(): VoiceAgentState
  runtime(): Promise<Runtime>
  /** Starts the page's own restore, or joins the one that is running. */
  initialize(): Promise<RestoreOutcome | undefined>
  dispose(): Promise<void>
}

/** Separate results for the conversation and for the agent's memory of it. */
export interface RestoreOutcome {
  conversation: 'none' | 'restored' | 'failed'
  /** `none`: there was no call to reconnect, or the reconnect failed. `fresh`: the agent does not remember. */
  agent: 'none' | AgentContinuation
}

export const middlewareMissing = () =>
  new VoiceAgentError('not-mounted', "No store has this agent's middleware: add it in configureStore.")

/** The active agent at each path of a store. */
const mounted = new WeakMap<object, Map<string, { onReplaced(): void }>>()

/**
 * Mounts an agent in a store, and passes its actions to the runtime, which is loaded once the middleware is installed.
 */
export function createVoiceAgentMiddleware(options: VoiceAgentMiddlewareOptions): VoiceAgentMiddleware {
  const { path, actions, selectors } = options
  const disposed = new AbortController()
  /** Aborts once the runtime is disposed of, also if another agent at the same path replaces this one. */
  const ended = new AbortController()
  const isOwn = isActionOf(path)
  const { request, requestNow, track, settle, settleAll } = createRequests(
    openDispatch,
    // Ends the call, unless it is another tab's.
    (intent) => actions.disconnectRequested.match(intent) && !isMirroring(follow().get()),
  )
  let api: MiddlewareAPI | null = null
  let tracked: Present | null = null
  let restoration: Promise<RestoreOutcome | undefined> | null = null
  /** True if another agent was mounted at the same path. */
  let isReplaced = false
  /** True while `dispose` ends the call. Intents that subscribers dispatch in response are refused. */
  let isDisposing = false

  const isActive = () => !disposed.signal.aborted && !isReplaced

  const replacedError = () =>
    new VoiceAgentError(
      'invalid-option',
      `Two voice agents are mounted under "${path}". Only the last one works. Give each its own reducerPath, or dispose of the first.`,
    )

  function notMounted(
    error = new VoiceAgentError(
      'not-mounted',
      `The store must have voiceAgent.reducer under '${path}'; it has none.`,
    ),
  ) {
    options.warn(error)
    return error
  }

  function store(): MiddlewareAPI {
    if (disposed.signal.aborted) throw new VoiceAgentError('disposed')
    if (!api) throw notMounted(middlewareMissing())
    if (isReplaced) throw replacedError()
    return api
  }

  /** Remembered, because DevTools may show a state from before the reducer was injected. */
  let wasInjected = false
  function hasReducer(): boolean {
    wasInjected ||= path in ((api?.getState() ?? {}) as object)
    return wasInjected
  }

  function storeWithReducer(): MiddlewareAPI {
    const found = store()
    if (!hasReducer()) throw notMounted()
    return found
  }

  function follow(): Present {
    tracked ??= createPresent(options.reducer, () => selectors.selectVoiceAgent(api?.getState()), {
      onAction(action, before, after) {
        const runtime = loader.loaded()
        if (runtime) runtime.accept(action, before, after)
        else loader.queue(action, before, after)
        // Listeners are notified before the action's effects run. Requests that they make are queued after it.
        options.onAction(action, before, after)
        loader.loaded()?.run()
        options.onHandled(action, follow().get())
      },
      onLateChange: (before, after) => loader.loaded()?.changed(before, after),
      onReplaced() {
        options.onReplaced()
        const runtime = loader.loaded()
        if (runtime) runtime.onReplaced(follow().get().session.revision)
        else loader.onReplaced()
      },
    })
    return tracked
  }

  const host: RuntimeHost = {
    path,
    actions,
    dispatch: (action) => void (isActive() && store().dispatch(action)),
    store: { dispatch: (action: UnknownAction) => store().dispatch(action), getState: () => api?.getState() },
    present: () => follow().get(),
    isPresentShown: () => follow().isShown(),
    isCallShown() {
      const { status, isEnding } = selectors.selectConnection(api?.getState())
      return isEnding || isCallWanted(status)
    },
    settle,
    reportUncaught,
    warn: options.warn,
    signal: ended.signal,
  }

  const loader = createRuntimeLoader(host, options.loadRuntime, { isActive, checkMounted: store })

  /** Answers an invalid intent without passing it on. */
  function refuse(action: Intent, error: VoiceAgentError): UnknownAction {
    const { requestId } = action.meta
    options.warn(error)
    // After disposal nothing may change, not even the action log.
    try {
      if (!isDisposing) api?.dispatch(actions.requestSettled({ requestId, error: toVoiceError(error) }))
    } finally {
      // A throwing store subscriber must not keep the caller waiting.
      settle(requestId, error)
    }
    return action
  }

  /** A subscriber may request another session and send a text in the same task, while the state still has the previous session. */
  function refusalOfEarlyText(action: UnknownAction): VoiceAgentError | null {
    const isText = actions.sendTextRequested.match(action) || actions.resendTextRequested.match(action)
    const isEarly = isText && loader.loaded()?.isSessionChanging()
    return isEarly ? new VoiceAgentError('not-connected') : null
  }

  function mount(middlewareApi: MiddlewareAPI) {
    if (api)
      throw new VoiceAgentError('invalid-option', 'A voice agent belongs to one store; it was mounted twice.')
    api = middlewareApi
    const agents = mounted.get(api) ?? new Map<string, { onReplaced(): void }>()
    mounted.set(api, agents)
    agents.get(path)?.onReplaced()
    agents.set(path, registration)
    // The store exists one microtask later.
    if (options.isPage || options.onStore)
      queueMicrotask(() => {
        options.onStore?.(middlewareApi.getState(), [...agents.keys()])
        // With a reducer that is injected later, the first action starts the restore.
        if (options.isPage && isActive() && hasReducer()) void initialize().catch(() => undefined)
      })
  }

  function initialize(): Promise<RestoreOutcome | undefined> {
    if (disposed.signal.aborted) return Promise.reject(new VoiceAgentError('disposed'))
    restoration ??= request<RestoreOutcome | undefined>(actions.restoreRequested({ sessionId: null })).catch(
      (error: unknown) => {
        if (disposed.signal.aborted) return { conversation: 'none', agent: 'none' }
        // Reset, so that a call before mounting can be retried once there is a store.
        restoration = null
        throw error
      },
    )
    return restoration
  }

  /** True until the first action. DevTools may preserve the state across a reload, with the previous page's call and session. */
  let isUntouched = true
  function touch(action: UnknownAction) {
    if (!isUntouched) return
    isUntouched = false
    if (selectors.selectVoiceAgent(api?.getState()).session.revision)
      api?.dispatch(actions.sessionDiscarded())
    // Restore first, so that the first request applies to this page's session.
    if (options.isPage && !actions.restoreRequested.match(action)) void initialize().catch(() => undefined)
  }

  const middleware: Middleware = (middlewareApi) => {
    mount(middlewareApi)
    /** True if another agent was mounted at this path after this one was disposed. */
    const hasSuccessor = () => mounted.get(middlewareApi)?.get(path) !== registration
    return (next) => (action) => {
      if (isReplaced) return next(action)
      if (!isOwn(action)) {
        options.onForeign?.(action as UnknownAction, middlewareApi.getState())
        // Before the first own action and after disposal, the app has no state to replace.
        if (!tracked || disposed.signal.aborted) return next(action)
        return tracked.passForeign(action as UnknownAction, next)
      }
      const intent = (action as Partial<Intent>).meta?.requestId ? (action as Intent) : null
      if (disposed.signal.aborted && hasSuccessor()) return next(action)
      if (disposed.signal.aborted || (intent && isDisposing))
        return intent ? refuse(intent, new VoiceAgentError('disposed')) : action
      // Without the reducer, the action would have no effect on the present.
      if (!hasReducer()) return intent ? refuse(intent, notMounted()) : next(action)
      touch(action)
      const refusal =
        intent &&
        (refusalOf(intent, nameOf(path, action), follow().get(), options.canChangeScope) ??
          refusalOfEarlyText(action))
      if (intent && refusal) return refuse(intent, refusal)
      const taken = intent && options.takeIntent?.(intent)
      if (intent && taken) return taken === true ? action : refuse(intent, taken)
      return follow().passOwn(options.stamp?.(action) ?? action, next)
    }
  }

  const registration = {
    onReplaced() {
      if (disposed.signal.aborted) return
      finish()
      isReplaced = true
      const error = replacedError()
      // biome-ignore lint/suspicious/noConsole: a mistake in the app's code, reported in every environment.
      console.error(error.message)
      // The app can no longer end this agent's call, because its requests at this path go to the new agent.
      end(error)?.catch(reportUncaught)
    },
  }

  /** Completes an action and its effects if a subscriber ends the agent in the middle of them, for example because the user signs out. */
  function finish() {
    tracked?.applyPending()
    loader.loaded()?.finish()
  }

  /** Disposes of the runtime, and settles all pending requests. */
  function end(error: VoiceAgentError): Promise<void> | undefined {
    const done = loader.dispose()
    settleAll(error, done)
    ended.abort(error)
    return done
  }

  /** Closes a call that the state shows, even if it was only requested and not started yet. */
  function closeShownCall() {
    if (!tracked || isReplaced) return
    // The present lags behind the store while subscribers are notified of the call.
    if (host.isCallShown() || isCallWanted(tracked.get().connection.status))
      openDispatch()(actions.connectionClosed({ by: 'user', at: Date.now() }))
  }

  /** A throwing store subscriber must not affect the request. */
  function openDispatch() {
    const { dispatch } = storeWithReducer()
    return (action: UnknownAction) => {
      try {
        dispatch(action)
      } catch (error) {
        reportUncaught(error)
      }
    }
  }

  return {
    isMounted: () => api !== null,
    middleware,
    dispatch: (action) => store().dispatch(action),
    dispatchSafely: (action) => openDispatch()(action),
    getState: () => store().getState(),
    present() {
      storeWithReducer()
      return follow().get()
    },
    request,
    requestNow,
    track,
    settle,
    runtime: loader.load,
    initialize,
    async dispose() {
      isDisposing = true
      finish()
      options.onDispose()
      const error = new VoiceAgentError('disposed')
      const done = end(error)
      closeShownCall()
      disposed.abort(error)
      await done?.catch(options.warn)
    },
  }
}

/** Reports an uncaught error in the app's code, as the browser does for an event listener. */
function reportUncaught(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: Node has no reportError, and rethrowing would end the process.
  const report = globalThis.reportError ?? console.error
  report(error)
}
