import type { Middleware, MiddlewareAPI, Reducer, UnknownAction } from '@reduxjs/toolkit'
import {
  type AgentContinuation,
  type Intent,
  isActionOf,
  isCallWanted,
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
  /** Loads the code that has effects. */
  loadRuntime(): Promise<(host: RuntimeHost) => Runtime>
  /** False for a storage of the app that knows no users. */
  canChangeScope: boolean
  /** Reports a mistake of the app's developer: called with each error, it prints each cause once, and nothing in production. */
  warn(error: unknown): void
  /** During development, checks the store a microtask after it exists, with the paths of its agents. */
  onStore?(state: unknown, paths: string[]): void
  /** During development, called with the app's own actions. */
  onForeign?(action: UnknownAction, state: unknown): void
  /** True if there is a page, whose session is restored as soon as the store exists. */
  isPage: boolean
  /**
   * Takes an intent over: true if it is answered elsewhere, and changes nothing here. Returns an error to refuse it. A tab that mirrors another
   * one passes its intents on.
   */
  takeIntent?: ((intent: Intent) => boolean | VoiceAgentError) | undefined
  /** Adds to an own action before it passes, for example its time. */
  stamp?: ((action: UnknownAction) => UnknownAction) | undefined
  /** Called after each own action, with the present before and after it. */
  onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  /** Called once its effects of the same task are done, such as the refusal of a text. */
  onHandled(action: UnknownAction, after: VoiceAgentState): void
}

export interface VoiceAgentMiddleware extends Pick<Requests, 'request' | 'requestNow' | 'settle'> {
  /** True once a store has the middleware. */
  isMounted(): boolean
  middleware: Middleware
  /** @throws VoiceAgentError `not-mounted`, `disposed` */
  dispatch(action: UnknownAction): UnknownAction
  /** Dispatches a fact. A subscriber of the app's store that throws is reported. @throws VoiceAgentError `not-mounted`, `disposed` */
  dispatchSafely(action: UnknownAction): void
  /** The store's whole state. */
  getState(): unknown
  /** The agent's state now, whatever DevTools show. @throws VoiceAgentError `not-mounted`, `disposed` */
  present(): VoiceAgentState
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

/** The agent that acts under each path of a store. */
const mounted = new WeakMap<object, Map<string, { onReplaced(): void }>>()

/**
 * Mounts an agent in a store, and passes its actions on to the runtime, which is loaded when the store has installed the middleware.
 */
export function createVoiceAgentMiddleware(options: VoiceAgentMiddlewareOptions): VoiceAgentMiddleware {
  const { path, actions, selectors } = options
  const disposed = new AbortController()
  const isOwn = isActionOf(path)
  const { request, requestNow, settle, settleAll } = createRequests(openDispatch)
  let api: MiddlewareAPI | null = null
  let tracked: Present | null = null
  let restoration: Promise<RestoreOutcome | undefined> | null = null
  /** Another agent was mounted under the same path. */
  let isReplaced = false
  /** True while `dispose` ends the call: intents that subscribers dispatch in reaction are refused. */
  let isEnding = false

  const isActive = () => !disposed.signal.aborted && !isReplaced

  const replacedError = () =>
    new VoiceAgentError('invalid-option', `Another voice agent was mounted under ${path}.`)

  function notMounted(detail = `The store must have voiceAgent.reducer under '${path}'; it has none.`) {
    const error = new VoiceAgentError('not-mounted', detail)
    options.warn(error)
    return error
  }

  function store(): MiddlewareAPI {
    if (disposed.signal.aborted) throw new VoiceAgentError('disposed')
    if (!api) throw notMounted('A store must have voiceAgent.middleware; none has it yet.')
    if (isReplaced) throw replacedError()
    return api
  }

  /** DevTools may show a moment before the reducer was injected. */
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
        // Listeners hear of the action before its effects, and what they ask for comes after it.
        options.onAction(action, before, after)
        loader.loaded()?.run()
        options.onHandled(action, follow().get())
      },
      onLateChange: (before, after) => loader.loaded()?.changed(before, after),
      onReplaced() {
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
    signal: disposed.signal,
  }

  const loader = createRuntimeLoader(host, options.loadRuntime, { isActive, checkMounted: store })

  /** An intent that makes no sense is answered without passing it on. */
  function refuse(action: Intent, error: VoiceAgentError): UnknownAction {
    const { requestId } = action.meta
    options.warn(error)
    // After disposal nothing changes, not even the log.
    try {
      if (!isEnding) api?.dispatch(actions.requestSettled({ requestId, error: toVoiceError(error) }))
    } finally {
      // A subscriber of the app's store that throws must not keep the caller waiting.
      settle(requestId, error)
    }
    return action
  }

  /** A subscriber may request another session and send a text in one task, while the state still has the former session. */
  function refusalOfEarlyText(action: UnknownAction): VoiceAgentError | null {
    const isText = actions.sendTextRequested.match(action) || actions.resendTextRequested.match(action)
    const isEarly = isText && loader.loaded()?.isSessionChanging()
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
    if (options.isPage || options.onStore)
      queueMicrotask(() => {
        options.onStore?.(middlewareApi.getState(), [...agents.keys()])
        // A reducer that is injected later is restored with the first action.
        if (options.isPage && isActive() && hasReducer()) void initialize().catch(() => undefined)
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
    if (!isUntouched) return
    isUntouched = false
    if (selectors.selectVoiceAgent(api?.getState()).session.revision)
      api?.dispatch(actions.sessionDiscarded())
    // A first request applies to the session that this page restores.
    if (options.isPage && !actions.restoreRequested.match(action)) void initialize().catch(() => undefined)
  }

  const middleware: Middleware = (middlewareApi) => {
    mount(middlewareApi)
    /** True if another agent was mounted under this one's path after it was disposed. */
    const hasSuccessor = () => mounted.get(middlewareApi)?.get(path) !== registration
    return (next) => (action) => {
      if (isReplaced) return next(action)
      if (!isOwn(action)) {
        options.onForeign?.(action as UnknownAction, middlewareApi.getState())
        // Before the first own action, and after the end, there is nothing that the app could replace.
        if (!tracked || disposed.signal.aborted) return next(action)
        return tracked.passForeign(action as UnknownAction, next)
      }
      const intent = (action as Partial<Intent>).meta?.requestId ? (action as Intent) : null
      if (disposed.signal.aborted && hasSuccessor()) return next(action)
      if (disposed.signal.aborted || (intent && isEnding))
        return intent ? refuse(intent, new VoiceAgentError('disposed')) : action
      // The present would begin without the effects of the action.
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
      isReplaced = true
      // biome-ignore lint/suspicious/noConsole: a mistake of the app's developer, in every environment.
      console.error(
        `Two voice agents are mounted under "${path}". Only the last one acts: give each a reducerPath of its own, or dispose of the first.`,
      )
      // The app can't end its call any longer: what it asks for under this path goes to the last agent.
      end(replacedError())?.catch(reportUncaught)
    },
  }

  /** Ends what the runtime holds, and answers the requests that wait for it. */
  function end(error: VoiceAgentError): Promise<void> | undefined {
    const ended = loader.dispose()
    settleAll(error)
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

  /** A subscriber of the app's store that throws changes nothing of what was asked for. */
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
    settle,
    runtime: loader.load,
    initialize,
    async dispose() {
      if (isEnding) return loader.dispose()
      isEnding = true
      const error = new VoiceAgentError('disposed')
      const done = end(error)
      closeShownCall()
      disposed.abort(error)
      await done
    },
  }
}

/** Reports an uncaught error of the app, as the browser does for an event listener. */
function reportUncaught(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: Node has no reportError, and would end the process.
  const report = globalThis.reportError ?? console.error
  report(error)
}
