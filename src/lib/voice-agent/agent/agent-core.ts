import { isAnyOf, type Reducer, type UnknownAction } from '@reduxjs/toolkit'
import type { Persistor } from 'redux-persist'
import { createVoiceAgentMiddleware, type VoiceAgentMiddleware } from '../../../../middleware/index.js'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  createVoiceAgentSelectors,
  isCallWanted,
  toVoiceError,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { createLazyCallMedia, type LazyCallMedia } from '../audio/lazy-call-media.js'
import type { RestoreOutcome, VoiceAgentOptions } from '../options/options.js'
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.js'
import { createNetwork } from '../page/online-status.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import { createLazyStorage } from '../storage/lazy-storage.js'
import { createNullStorage } from '../storage/null-storage.js'
import type { LazyStorage } from '../storage/voice-storage.js'
import { createEventReporter, type VoiceAgentEvents } from './agent-events.js'
import { createEmitter, type Emitter } from './emitter.js'
import { loadCall } from './load-call.js'
import { createPersistor } from './persistor.js'

/** Everything of one voice agent, before anyone has given it a nicer face. */
export interface AgentCore {
  options: ResolvedOptions
  actions: VoiceAgentActions
  selectors: VoiceAgentSelectors
  reducer: Reducer<VoiceAgentState>
  middleware: VoiceAgentMiddleware
  storage: LazyStorage
  persistor: Persistor
  media: LazyCallMedia
  events: Emitter<VoiceAgentEvents>
  /**
   * The agent's state.
   *
   * @throws VoiceAgentError `not-mounted` while its reducer has never been in the store; `disposed`.
   */
  state(): VoiceAgentState
  /** Restores this tab's session, once; whoever asks again gets the same answer. */
  start(): Promise<RestoreOutcome>
  /** Resolves when it is known which session is this tab's: what was stored of it is in the store, its call not yet back. */
  whenLoaded(): Promise<void>
  /** Ends the call and the session there is, which is saved then, and another tab's to take. */
  endSession(): Promise<void>
  /** Calls with each action, before whoever dispatched it goes on. Gives the function that stops it. */
  listen(listener: (action: UnknownAction) => void): () => void
  /** The last restoration of a session that was asked for, while it is under way. */
  restoring: Promise<unknown> | null
  /** Resolves with the next action that matches; rejects when disposed of. Ask before dispatching what causes it. */
  next<A extends UnknownAction>(matcher: (action: UnknownAction) => action is A): Promise<A>
  dispose(): Promise<void>
}

export function createAgentCore(voiceAgentOptions: VoiceAgentOptions): AgentCore {
  const options = resolveOptions(voiceAgentOptions)
  const path = options.reducerPath
  const actions = createVoiceAgentActions(path)
  const selectors = createVoiceAgentSelectors(path)
  const events = createEmitter<VoiceAgentEvents>()
  const storage = options.storage ? createLazyStorage(options.storage) : createNullStorage()
  const disposed = new AbortController()
  const listeners = new Set<(action: UnknownAction) => void>()
  let started: Promise<RestoreOutcome> | undefined
  let disposal: Promise<void> | undefined

  const report = createEventReporter(actions, events, () => selectors.selectVoiceAgent(middleware.getState()))

  const media = createLazyCallMedia(options)
  const middleware = createVoiceAgentMiddleware({
    ...options,
    ...storage,
    path,
    actions,
    selectors,
    migrate: options.storage?.migrate,
    media,
    network: createNetwork(),
    loadCall: () => importWithUnloadRetry(() => loadCall(media, options.transport)),
    onMounted() {
      // A microtask later the store exists. Outside a browser there is no tab to restore (React Native, too, has a `window`),
      // unless the app has brought what stands for one.
      if (typeof document !== 'undefined' || options.storage?.storage)
        queueMicrotask(() => middleware.isMounted && void start())
    },
    onAction(action) {
      state()
      if (actions.sessionRehydrated.match(action) || actions.restoreSettled.match(action)) bootstrap()
      for (const listener of listeners) listener(action)
      report(action)
    },
    onHandlerError: (error) => events.emit('error', toVoiceError(error)),
  })

  const { persistor, bootstrap } = createPersistor(
    middleware.persistence,
    async () => {
      await whenLoaded()
      const { id } = selectors.selectSession(middleware.getState())
      if (id === null) return
      // Otherwise what is said next would bring all of it back.
      await endSession()
      await storage.records.removeItem(id)
    },
    path,
  )

  let isInStore = false
  function state(): VoiceAgentState {
    const whole = middleware.getState() as object
    isInStore ||= path in whole
    if (!isInStore) throw new VoiceAgentError('not-mounted')
    return selectors.selectVoiceAgent(whole)
  }

  function listen(listener: (action: UnknownAction) => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  function next<A extends UnknownAction>(matcher: (action: UnknownAction) => action is A): Promise<A> {
    return new Promise((resolve, reject) => {
      const dispose = () => reject(new VoiceAgentError('disposed'))
      disposed.signal.addEventListener('abort', dispose)
      const stop = listen((action) => {
        if (!matcher(action)) return
        stop()
        disposed.signal.removeEventListener('abort', dispose)
        resolve(action)
      })
    })
  }

  function start(): Promise<RestoreOutcome> {
    started ??= restore().catch((error: unknown) => {
      // It was in no store: in one it can start.
      started = undefined
      throw error
    })
    return started
  }

  async function restore(): Promise<RestoreOutcome> {
    const settled = next(actions.restoreSettled.match).then(
      ({ payload: { conversation, agent } }) => ({ conversation, agent }),
      () => ({ conversation: 'none' as const, agent: 'none' as const }),
    )
    middleware.dispatch(actions.restoreRequested({ sessionId: null }))
    return settled
  }

  async function whenLoaded(): Promise<void> {
    if (persistor.getState().bootstrapped) return
    await Promise.race([next(isAnyOf(actions.sessionRehydrated, actions.restoreSettled)), start()])
  }

  async function endSession(): Promise<void> {
    const { connection, session } = state()
    if (isCallWanted(connection.status)) middleware.dispatch(actions.disconnectRequested())
    if (session.id === null) return
    // Before anything is waited for: whoever calls right after this begins the next session.
    middleware.dispatch(actions.sessionEnded({ at: Date.now() }))
    await middleware.persistence.ended()
  }

  async function dispose(): Promise<void> {
    disposed.abort()
    await middleware.dispose()
    events.clear()
  }

  return {
    options,
    actions,
    selectors,
    reducer: createVoiceAgentReducer(path, actions),
    middleware,
    storage,
    persistor,
    media,
    events,
    state,
    start,
    whenLoaded,
    endSession,
    next,
    listen,
    restoring: null,
    dispose: () => (disposal ??= dispose()),
  }
}
