import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import type { Persistor } from 'redux-persist'
import { createVoiceAgentMiddleware, type VoiceAgentMiddleware } from '../../../../middleware/index.js'
import type { Runtime, RuntimeHost } from '../../../../middleware/runtime.js'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  createVoiceAgentSelectors,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
  type VoiceAgentState,
} from '../../../../store/index.js'
import type { AttachedAnalytics } from '../analytics/port.js'
import { type CallChecks, createCallChecks } from '../check/call-checks.js'
import type { AttachedMirror } from '../mirror/port.js'
import type { VoiceAgentOptions } from '../options/options.js'
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import { createEventReporter, type VoiceAgentEvents } from './agent-events.js'
import { createAgentNumber } from './agent-number.js'
import { createEmitter, type Emitter } from './emitter.js'
import { createLazyMedia, type LazyMedia } from './lazy-media.js'
import { createPersistor } from './persistor.js'
import { createWarn, type Development, loadDevelopment } from './warn.js'

/** Reports of the components that show or have created an agent. */
export interface ComponentReports {
  /** Called with true after a view has unmounted and ended the call; with false when it is back. */
  setViewGone(isGone: boolean): void
  /** Called with true once the agent is about to be disposed of, so that the next one waits for it; with false if it stays. */
  setLeaving(isLeaving: boolean): void
}

/** State, middleware, media and storage of one voice agent, behind the facades. */
export interface AgentCore extends VoiceAgentMiddleware {
  options: ResolvedOptions
  actions: VoiceAgentActions
  selectors: VoiceAgentSelectors
  reducer: Reducer<VoiceAgentState>
  persistor: Persistor
  media: LazyMedia
  events: Emitter<VoiceAgentEvents>
  component: ComponentReports
  /** See `WebRTCVoiceAgent.switchTransport`. A refused request changes no option. */
  switchTransport(options: SwitchedOptions): Promise<void>
  checks: CallChecks
}

type SwitchedOptions = Pick<ResolvedOptions, 'transport'> & Partial<Pick<ResolvedOptions, 'refreshToken'>>

/** Loads the code with effects. */
export type LoadRuntime = (
  options: ResolvedOptions,
  media: LazyMedia,
  emit: Emitter<VoiceAgentEvents>['emit'],
) => Promise<(host: RuntimeHost) => Runtime>

const importRuntime: LoadRuntime = async (options, media, emit) => {
  const { createBrowserRuntime, whenActivated } = await importWithUnloadRetry(
    () => import('./runtime-chunk.js'),
  )
  await whenActivated()
  return (host) => createBrowserRuntime(options, media, host, emit)
}

export function createAgentCore(
  voiceAgentOptions: VoiceAgentOptions,
  loadRuntime: LoadRuntime = importRuntime,
): AgentCore {
  const options = resolveOptions(voiceAgentOptions)
  const path = options.reducerPath
  const actions = createVoiceAgentActions(path)
  const selectors = createVoiceAgentSelectors(path)
  const { mirror, analytics } = options
  const plainReducer = createVoiceAgentReducer(actions, options.talk)
  const reducer = mirror ? mirror.wrapReducer(plainReducer, path) : plainReducer
  const events = createEmitter<VoiceAgentEvents>((name) =>
    inDevelopment(({ checkEvent }) => checkEvent(warn, name)),
  )
  const reporter = createEventReporter(path, events)
  const media = createLazyMedia(options)
  const warn = createWarn()
  let attachedMirror: AttachedMirror | undefined
  let attachedAnalytics: AttachedAnalytics | undefined
  const development = loadDevelopment()
  const inDevelopment = (run: (checks: Development) => void) =>
    void development?.then((checks) => checks && run(checks))
  /** Options of requested switches, by request id. */
  const switches = new Map<string, SwitchedOptions>()
  let isViewGone = false
  let isDisposing = false
  let resolveDisposal: (done: Promise<void>) => void = () => {}
  const disposal = new Promise<void>((resolve) => {
    resolveDisposal = resolve
  })
  /** The package's own storage, in which agents have numbers; null without it. */
  const numbered = options.storage?.storage ? null : options.storage
  const agentNumber = numbered && createAgentNumber(numbered.databaseName)

  const mounting = createVoiceAgentMiddleware({
    path,
    actions,
    selectors,
    reducer,
    async loadRuntime() {
      if (numbered && agentNumber) {
        // Taken synchronously if possible, to number agents in mounting order, because lazy code loads in any order.
        const number = agentNumber.take()
        numbered.agentNumber = typeof number === 'number' ? number : await number
      }
      return loadRuntime(options, media, events.emit)
    },
    warn,
    takeIntent: mirror && ((intent) => attachedMirror?.takeIntent(intent) ?? false),
    stamp: analytics && ((action) => attachedAnalytics?.stamp(action) ?? action),
    ...(development && {
      onStore: (state: unknown, paths: string[]) =>
        inDevelopment(({ checkReducer }) => checkReducer(warn, path, state, paths)),
      onForeign(action: UnknownAction, state: unknown) {
        if (action.type === 'persist/REHYDRATE')
          inDevelopment(({ checkRehydration }) => checkRehydration(warn, path, action, state))
      },
    }),
    canChangeScope: !options.storage?.storage || options.storage.storage.reopen !== undefined,
    // Outside a browser, there is no tab to restore, unless the app brings its own storage. React Native also has a `window`.
    isPage: typeof document !== 'undefined' || options.storage?.storage !== undefined,
    onAction(action, before, after) {
      if (actions.sessionRehydrated.match(action) || actions.restoreSettled.match(action)) bootstrap()
      // The action has been accepted, and its effects follow.
      if (actions.switchTransportRequested.match(action))
        Object.assign(options, switches.get(action.meta.requestId))
      if (actions.resetRequested.match(action) || actions.agentReset.match(action)) onSignOut()
      reporter.onAction(action, before, after)
      attachedMirror?.onAction(action, before, after)
      attachedAnalytics?.onAction(action, before)
    },
    onHandled: reporter.onHandled,
    onReplaced: onSignOut,
    onDispose: () => attachedMirror?.dispose(),
  })
  attachedMirror = mirror?.attach({ ...mounting, actions, path, events, warn, isViewGone: () => isViewGone })
  const { dispatchSafely } = mounting
  const checks = createCallChecks({ ...mounting, events, options })
  /** The user's time on this page ends: with a reset, an erasure, or a state that the app has replaced. */
  function onSignOut() {
    checks.stop(new VoiceAgentError('superseded'))
  }
  attachedAnalytics = analytics?.attach({ path, dispatchSafely, watchTracks: media.watchTracks, warn })
  let isReduced = false
  /** In development, detects unknown options, and a store that has the reducer but not the middleware. */
  const watchedReducer: Reducer<VoiceAgentState> = (state, action) => {
    if (!isReduced) {
      isReduced = true
      inDevelopment(({ checkSetup }) => checkSetup(warn, voiceAgentOptions, mounting.isMounted))
    }
    return reducer(state, action)
  }
  const { persistor, bootstrap } = createPersistor(mounting, actions, path)

  async function dispose(): Promise<void> {
    checks.stop(new VoiceAgentError('disposed'))
    agentNumber?.setLeaving(true)
    try {
      await mounting.dispose()
    } finally {
      attachedAnalytics?.dispose()
      agentNumber?.free()
      media.dispose()
      events.clear()
    }
  }

  return {
    ...mounting,
    options,
    actions,
    selectors,
    reducer: development ? watchedReducer : reducer,
    persistor,
    media,
    events,
    checks,
    component: {
      setViewGone(isGone) {
        isViewGone = isGone
      },
      setLeaving: (isLeaving) => agentNumber?.setLeaving(isLeaving),
    },
    switchTransport(switched) {
      const intent = actions.switchTransportRequested()
      const { requestId } = intent.meta
      switches.set(requestId, switched)
      const switching = mounting.request(intent)
      switches.delete(requestId)
      return switching
    },
    dispose() {
      // A subscriber may dispose of the agent again while its call ends.
      if (!isDisposing) {
        isDisposing = true
        resolveDisposal(dispose())
      }
      return disposal
    },
  }
}
