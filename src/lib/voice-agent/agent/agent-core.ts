import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import type { Persistor } from 'redux-persist'
import { createVoiceAgentMiddleware, type VoiceAgentMiddleware } from '../../../../middleware/index.js'
import type { Runtime, RuntimeHost } from '../../../../middleware/runtime.js'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  createVoiceAgentSelectors,
  type VoiceAgentActions,
  type VoiceAgentSelectors,
  type VoiceAgentState,
} from '../../../../store/index.js'
import type { AttachedMirror } from '../mirror/port.js'
import type { VoiceAgentOptions } from '../options/options.js'
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import { createEventReporter, type VoiceAgentEvents } from './agent-events.js'
import { takeAgentNumber } from './agent-number.js'
import { createEmitter, type Emitter } from './emitter.js'
import { createLazyMedia, type LazyMedia } from './lazy-media.js'
import { createPersistor } from './persistor.js'
import { createWarn, loadDevelopment } from './warn.js'

/** State, middleware, media and storage of one voice agent, behind the facades. */
export interface AgentCore extends VoiceAgentMiddleware {
  options: ResolvedOptions
  actions: VoiceAgentActions
  selectors: VoiceAgentSelectors
  reducer: Reducer<VoiceAgentState>
  persistor: Persistor
  media: LazyMedia
  events: Emitter<VoiceAgentEvents>
}

/** Loads the code that has effects. */
export type LoadRuntime = (
  options: ResolvedOptions,
  media: LazyMedia,
  emit: Emitter<VoiceAgentEvents>['emit'],
) => Promise<(host: RuntimeHost) => Runtime>

const importRuntime: LoadRuntime = async (options, media, emit) => {
  const { createBrowserRuntime } = await importWithUnloadRetry(() => import('./runtime-chunk.js'))
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
  const { mirror } = options
  const plainReducer = createVoiceAgentReducer(path, actions, options.talk)
  const reducer = mirror ? mirror.wrapReducer(plainReducer, path) : plainReducer
  const events = createEmitter<VoiceAgentEvents>()
  const reporter = createEventReporter(actions, events)
  const media = createLazyMedia(options)
  const warn = createWarn()
  let attached: AttachedMirror | undefined
  const development = loadDevelopment()
  let disposal: Promise<void> | undefined
  let freeNumber = () => {}

  /** Called at the first mount, synchronously in its order: code that is loaded arrives in any order. */
  function numberAgent() {
    const { storage } = options
    if (!storage || storage.storage || storage.agentNumber !== undefined) return
    const { number, free } = takeAgentNumber(storage.databaseName)
    storage.agentNumber = number
    freeNumber = free
  }

  const mounting = createVoiceAgentMiddleware({
    path,
    actions,
    selectors,
    reducer,
    loadRuntime() {
      numberAgent()
      return loadRuntime(options, media, events.emit)
    },
    warn,
    takeIntent: mirror && ((intent) => attached?.takeIntent(intent) ?? false),
    ...(development && {
      onStore: (state: unknown, paths: string[]) =>
        void development.then(
          ({ checkReducer }) => checkReducer(warn, path, state, paths),
          () => {},
        ),
      onForeign(action: UnknownAction, state: unknown) {
        if (action.type === 'persist/REHYDRATE')
          development.then(
            ({ checkRehydration }) => checkRehydration(warn, path, action, state),
            () => {},
          )
      },
    }),
    // Outside a browser there is no tab to restore (React Native, too, has a `window`), unless the app brings a storage for it.
    canChangeScope: !options.storage?.storage || options.storage.storage.reopen !== undefined,
    isPage: typeof document !== 'undefined' || options.storage?.storage !== undefined,
    onAction(action, before, after) {
      if (actions.sessionRehydrated.match(action) || actions.restoreSettled.match(action)) bootstrap()
      reporter.onAction(action, before, after)
      attached?.onAction(action, before, after)
    },
    onHandled: reporter.onHandled,
  })
  attached = mirror?.attach({ ...mounting, actions, path, events, warn })
  let isReduced = false
  /** During development, notices a store that has the reducer alone. */
  const watchedReducer: Reducer<VoiceAgentState> = (state, action) => {
    if (!isReduced) {
      isReduced = true
      development?.then(
        ({ checkMiddleware }) => checkMiddleware(warn, path, mounting.isMounted),
        () => {},
      )
    }
    return reducer(state, action)
  }
  const { persistor, bootstrap } = createPersistor(mounting, actions, path)

  async function dispose(): Promise<void> {
    attached?.dispose()
    try {
      await mounting.dispose()
    } finally {
      freeNumber()
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
    dispose: () => (disposal ??= dispose()),
  }
}
