import type { Reducer } from '@reduxjs/toolkit'
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
import type { VoiceAgentOptions } from '../options/options.js'
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import { createEventReporter, type VoiceAgentEvents } from './agent-events.js'
import { takeAgentNumber } from './agent-number.js'
import { createEmitter, type Emitter } from './emitter.js'
import { createLazyMedia, type LazyMedia } from './lazy-media.js'
import { createPersistor } from './persistor.js'
import { createWarn } from './warn.js'

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
  const reducer = createVoiceAgentReducer(path, actions, options.talk)
  const events = createEmitter<VoiceAgentEvents>()
  const reporter = createEventReporter(actions, events)
  const media = createLazyMedia(options)
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
    warn: createWarn(),
    // Outside a browser there is no tab to restore (React Native, too, has a `window`), unless the app brings a storage for it.
    canChangeScope: !options.storage?.storage || options.storage.storage.reopen !== undefined,
    isPage: typeof document !== 'undefined' || options.storage?.storage !== undefined,
    onAction(action, before, after) {
      if (actions.sessionRehydrated.match(action) || actions.restoreSettled.match(action)) bootstrap()
      reporter.onAction(action, before, after)
    },
    onHandled: reporter.onHandled,
  })
  const { persistor, bootstrap } = createPersistor(mounting, actions, path)

  async function dispose(): Promise<void> {
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
    reducer,
    persistor,
    media,
    events,
    dispose: () => (disposal ??= dispose()),
  }
}
