import {
  createListenerMiddleware,
  type Middleware,
  type MiddlewareAPI,
  nanoid,
  type UnknownAction,
} from '@reduxjs/toolkit'
import type { PersistMigrate } from 'redux-persist'
import {
  isActionOf,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
} from '../store/index.js'
import type { StartCall } from './call.js'
import { type Clock, type HandlerContext, systemClock, type VoiceAgentDispatch } from './context.js'
import { loadChunk } from './load-chunk.js'
import { type LazyPersistencePorts, lazyPersistence } from './persistence/lazy.js'
import type { Persistence, PersistenceTiming, SessionCatalogue } from './persistence/ports.js'
import { handleRestore } from './restore/index.js'
import type { TabIdentity } from './restore/ports.js'
import { createSessions, type Sessions } from './restore/sessions.js'
import { handleTokenRefresh } from './token-refresh/index.js'
import type { TokenRefreshCallback, TokenVault } from './token-refresh/ports.js'
import type { TokenSource } from './token-refresh/token-source.js'
import type { VoiceTools } from './tools/ports.js'
import type { BuildContext } from './webrtc/build-context.js'
import type { CallPorts } from './webrtc/call-connections.js'
import { handleCall, type IdleMedia } from './webrtc/index.js'
import type { CallMedia, Network } from './webrtc/ports.js'
import type { ReconnectPolicy } from './webrtc/reconnect-policy.js'

/** `prepareCalls`, given what of the browser only a call needs. */
export type PrepareCalls = (
  context: HandlerContext,
  ports: Omit<CallPorts, 'transport' | 'media' | 'createFrameScheduler'>,
) => StartCall

/** What the middleware is made of besides the store: its settings, and the browser behind ports. */
export interface VoiceAgentMiddlewareOptions extends Pick<LazyPersistencePorts, 'onStorageLoaded'> {
  path: string
  actions: VoiceAgentActions
  selectors: VoiceAgentSelectors
  apiEndpoint: string
  autoReconnect: 'if-permitted' | 'always' | 'never'
  contextMessages: number
  tools: VoiceTools
  buildContext?: BuildContext | undefined
  policy: ReconnectPolicy
  timing: PersistenceTiming
  migrate?: PersistMigrate | undefined
  refreshToken: TokenRefreshCallback
  media: IdleMedia & Pick<CallMedia, 'microphonePermission'>
  network: Network
  /** Loads what only a call needs, its transport among it. */
  loadCall(): Promise<PrepareCalls>
  records: SessionCatalogue
  tokens: Pick<TokenVault, 'save' | 'clear'>
  tab: Pick<TabIdentity, 'claim' | 'release'>
  clock?: Clock
  /** Of connections and messages. @default nanoid: insecure origins have no randomUUID */
  createId?: () => string
  /** Called once, when the store has taken the middleware in. */
  onMounted(): void
  /** Called after each action of this agent. */
  onAction(action: UnknownAction): void
  /** Called with what a handler threw. It has stopped nothing else. */
  onHandlerError(error: unknown): void
}

export interface VoiceAgentMiddleware {
  middleware: Middleware
  /** @throws VoiceAgentError `not-mounted` */
  dispatch: VoiceAgentDispatch
  /** @throws VoiceAgentError `not-mounted` */
  getState: () => unknown
  readonly isMounted: boolean
  source: TokenSource
  sessions: Sessions
  persistence: Persistence
  /** Ends the call, saves what is unsaved, frees everything. */
  dispose(): Promise<void>
}

/** Assembles the handlers, one for each concern, on one listener middleware. */
export function createVoiceAgentMiddleware(options: VoiceAgentMiddlewareOptions): VoiceAgentMiddleware {
  const { path, actions, selectors, records, clock = systemClock } = options
  const createId = options.createId ?? nanoid
  const listeners = createListenerMiddleware({ onError: options.onHandlerError })
  // Within the other one: what an action changed is sealed before anything else happens because of it.
  const keepers = createListenerMiddleware({ onError: options.onHandlerError })
  const disposed = new AbortController()
  let api: MiddlewareAPI<VoiceAgentDispatch> | null = null

  function mounted(): MiddlewareAPI<VoiceAgentDispatch> {
    if (disposed.signal.aborted) throw new VoiceAgentError('disposed')
    if (!api) throw new VoiceAgentError('not-mounted')
    return api
  }
  const dispatch = ((action: UnknownAction) => mounted().dispatch(action)) as VoiceAgentDispatch
  const getState = () => mounted().getState()

  const context = {
    actions,
    selectors,
    startListening: listeners.startListening.withTypes<unknown, VoiceAgentDispatch>(),
    // What the browser still reports while everything is being taken down reaches nobody.
    dispatch: ((action: UnknownAction) =>
      disposed.signal.aborted ? action : dispatch(action)) as VoiceAgentDispatch,
    getState: () => api?.getState(),
    clock,
    disposed: disposed.signal,
  }

  let startCall: StartCall | null = null
  async function loadCall(): Promise<StartCall> {
    const prepare = await loadChunk(options.loadCall)
    if (disposed.signal.aborted) throw new VoiceAgentError('disposed')
    startCall ??= prepare(context, { ...options, sessions, createId })
    return startCall
  }

  const source = handleTokenRefresh(context, options)
  const sessions = createSessions(context, { records, tokens: source, vault: options.tokens })
  const persistence = lazyPersistence(
    { ...context, startListening: keepers.startListening.withTypes<unknown, VoiceAgentDispatch>() },
    { ...options, source, sessions },
  )
  handleRestore(context, { ...options, sessions, persistence })
  const call = handleCall(context, { ...options, load: loadCall })

  const isOwn = isActionOf(path)
  const middleware: Middleware = (middlewareApi) => {
    if (api)
      throw new VoiceAgentError(
        'invalid-option',
        'A voice agent belongs to one store: its middleware was mounted twice.',
      )
    api = middlewareApi as MiddlewareAPI<VoiceAgentDispatch>
    const listen = listeners.middleware(api)
    const keep = keepers.middleware(api)
    options.onMounted()
    let isUntouched = true
    return (next) => {
      const handle = listen(keep(next))
      return (action) => {
        // Nothing here waits for other actions: the app's own pass at the price of one comparison.
        if (!isOwn(action) || disposed.signal.aborted) return next(action)
        if (isUntouched) {
          isUntouched = false
          // Before a page's first action nothing has changed yet, unless on a page before it.
          if (selectors.selectVoiceAgent(getState()).session.revision) dispatch(actions.sessionDiscarded())
        }
        const result = handle(action)
        options.onAction(action)
        return result
      }
    }
  }

  return {
    middleware,
    dispatch,
    getState,
    get isMounted() {
      return api !== null && !disposed.signal.aborted
    },
    source,
    sessions,
    persistence,
    async dispose() {
      if (disposed.signal.aborted) return
      if (api) {
        // What has arrived is part of the conversation, although no frame has shown it yet.
        call.flush()
        const saved = persistence.flush()
        records.flushSync()
        // What follows is not kept: the next page calls again, as after a page that was closed during a call.
        keepers.clearListeners()
        call.end()
        disposed.abort()
        listeners.clearListeners()
        options.tab.release()
        await Promise.allSettled([saved])
      } else {
        disposed.abort()
      }
      await records.close()
    },
  }
}
