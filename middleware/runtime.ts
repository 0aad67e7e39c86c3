import { nanoid, type UnknownAction } from '@reduxjs/toolkit'
import type { PersistMigrate } from 'redux-persist'
import {
  findMessage,
  type Intent,
  nameOf,
  toVoiceError,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentState,
} from '../store/index.js'
import { type CallMark, createCallIntentRecord } from './call-intent.js'
import { type AutoReconnectPorts, createAutoReconnect } from './drivers/call/auto-reconnect.js'
import type { BuildContext } from './drivers/call/context.js'
import { type CallParts, type CallPorts, createCallDriver } from './drivers/call/driver.js'
import { createStorageDriver } from './drivers/storage/driver.js'
import type {
  AgentStorage,
  ListOptions,
  PageLifecycle,
  PersistenceTiming,
  SessionSummary,
  StorageTools,
} from './drivers/storage/ports.js'
import { createSaving } from './drivers/storage/saving.js'
import { createStorageTaskDriver } from './drivers/storage/storage-tasks.js'
import { storageUnanswered } from './drivers/storage/stored-session.js'
import { createStoredSessions } from './drivers/storage/stored-sessions.js'
import { createTokenDriver } from './drivers/token/driver.js'
import type { TokenRefreshCallback } from './drivers/token/ports.js'
import { createToolDriver } from './drivers/tools/driver.js'
import type { Command, CommandNamed, CommandRunners, Event, Fact, IntentEvent } from './live/events.js'
import { initialLive, type Live } from './live/state.js'
import { transition } from './live/transition.js'
import { createRecentActions, type RecentAction } from './recent-actions.js'
import { createSessionMoves, type SessionMoves } from './session-moves.js'
import { withTimeout } from './waiting.js'

/** Milliseconds that `dispose` waits for the storage. */
const CLOSE_LIMIT_MS = 15_000
/** Milliseconds that a tool waits for its record, and an ended agent for its tab's id. */
const RECORD_LIMIT_MS = 5_000

/** Parts of the middleware that exist before the runtime is loaded. */
export interface RuntimeHost {
  /** The reducer's path in the store. */
  path: string
  actions: VoiceAgentActions
  dispatch(action: UnknownAction): void
  /** The store's own functions, for the app's tools. */
  store: { dispatch: unknown; getState(): unknown }
  /** The agent's current state, whatever DevTools show. */
  present(): VoiceAgentState
  isPresentShown(): boolean
  /** True if the state in the store shows a call. */
  isCallShown(): boolean
  /** Answers a request. */
  settle(requestId: string, error: VoiceAgentError | null, value?: unknown): void
  /** Reports an error thrown by the app's code, such as a store subscriber. */
  reportUncaught(error: unknown): void
  /** Called with errors that have a cause, and with errors that have no effect. Logs them in development. */
  warn(error: unknown): void
  /** Aborts when the agent is disposed of, or replaced by another one. */
  signal: AbortSignal
}

export interface RuntimePorts
  extends Pick<AutoReconnectPorts, 'autoReconnect' | 'microphonePermission'>,
    Pick<CallPorts, 'apiEndpoint' | 'policy' | 'network' | 'contextMessages' | 'tools'> {
  storage: AgentStorage
  /** True if the user allows storing sessions; null if sessions are not stored at all. */
  consent: boolean | null
  timing: PersistenceTiming
  migrate?: PersistMigrate | undefined
  page: PageLifecycle
  loadCall(): Promise<CallParts>
  refreshToken: TokenRefreshCallback
  callMark: CallMark
  buildContext?: BuildContext | undefined
}

/** The part of the middleware with effects. */
export interface Runtime {
  /** Accepts one of the agent's actions, with the present before and after it. Its effects follow in `run`. */
  accept(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  run(): void
  /** Passes on words that no frame has shown yet, and runs everything that was accepted, even within the effect of an action. Precedes `dispose`. */
  finish(): void
  /** True if an intent that may end or replace the session is queued behind the current one. */
  isSessionChanging(): boolean
  /** An action that was accepted before has now changed the present. */
  changed(before: VoiceAgentState, after: VoiceAgentState): void
  /** The app replaced the agent's state. */
  onReplaced(revision: number): void
  /** Loads the code for calls. @throws VoiceAgentError `chunk-load-failed` */
  prepare(): Promise<void>
  listSessions(options?: ListOptions): Promise<SessionSummary[]>
  cleanUp(): Promise<number>
  /** Returns the type and time of the last actions, oldest first, for diagnostics. */
  recentActions(): RecentAction[]
  /** Moves sessions between tabs. */
  moves: SessionMoves
  /** Saves this page's state, and loads the storage tools. */
  tools(): Promise<StorageTools>
  flush(): Promise<void>
  pause(): void
  resume(): void
  dispose(): Promise<void>
}

const sessionIntents: readonly Event['type'][] = [
  'createSessionRequested',
  'deleteSessionRequested',
  'endSessionRequested',
  'eraseAllRequested',
  'resetRequested',
  'restoreRequested',
  'stateReplaced',
]

/** Feeds events to the transition, one at a time, and runs the resulting commands. */
export function createRuntime(host: RuntimeHost, ports: RuntimePorts): Runtime {
  const { actions, present, warn } = host
  const { storage } = ports
  const { records, tab } = storage
  let live: Live = { ...initialLive, consent: ports.consent, toolNames: Object.keys(ports.tools) }
  let isRunning = false
  /** True once the first restore has settled. */
  let isRestored = false
  let isDisposed = false
  const callIntent = createCallIntentRecord(tab, ports.callMark)
  const events: Event[] = []
  /** Commands of the last event that have not run yet. */
  const commands: Command[] = []
  /** Callbacks for requests made by the runtime itself. */
  const answers = new Map<string, (error: VoiceAgentError | null) => void>()
  const recent = createRecentActions()

  function feed(event: Event): void {
    if (host.signal.aborted || isDisposed) return
    events.push(event)
    runQueue()
  }

  function runQueue(): void {
    if (isRunning) return
    isRunning = true
    try {
      drain()
    } finally {
      isRunning = false
    }
  }

  function drain(): void {
    for (;;) {
      const command = commands.shift()
      const event = command ? undefined : events.shift()
      if (command) run(command)
      else if (event) step(event)
      else return
    }
  }

  function step(event: Event): void {
    // Every failure passes here exactly once, with its cause.
    if ('error' in event && event.error instanceof VoiceAgentError) warn(event.error)
    const [next, resulting] = transition(live, event)
    callIntent.update(event, live, next)
    live = next
    commands.push(...resulting)
  }

  function tell({ name, payload }: Fact): void {
    try {
      host.dispatch((actions[name] as (payload: unknown) => UnknownAction)(payload))
    } catch (error) {
      // A store subscriber threw. The state has changed nevertheless.
      host.reportUncaught(error)
    }
  }

  function settle({ requestId, error, value, isQuiet }: CommandNamed<'settle'>): void {
    // Answered first, because a subscriber may dispose of the agent, which rejects pending requests.
    host.settle(requestId, error, value)
    answers.get(requestId)?.(error)
    answers.delete(requestId)
    if (!isQuiet || error)
      tell({ name: 'requestSettled', payload: { requestId, error: error && toVoiceError(error) } })
  }

  /** Feeds an event, and settles with its answer. */
  function ask(create: (requestId: string, at: number) => Event): Promise<void> {
    const requestId = nanoid()
    return new Promise((resolve, reject) => {
      if (host.signal.aborted || isDisposed) return reject(new VoiceAgentError('disposed'))
      answers.set(requestId, (error) => (error ? reject(error) : resolve()))
      feed(create(requestId, Date.now()))
    })
  }

  /** The cast is safe: each runner gets its own command. */
  const run = (command: Command) => (runners[command.type] as (command: Command) => void)(command)

  const saving =
    ports.consent !== null
      ? createSaving({
          records,
          page: ports.page,
          timing: ports.timing,
          isPresentShown: host.isPresentShown,
          warn,
          onSaved(sessionId, saved) {
            if (!host.signal.aborted && live.session?.id === sessionId)
              tell({ name: 'snapshotSaved', payload: saved })
          },
        })
      : null
  const tokens = createTokenDriver({
    refresh: ports.refreshToken,
    tokens: storage.tokens,
    network: ports.network,
    feed,
    warn,
  })
  const storageDriver = createStorageDriver({
    storage,
    version: ports.timing.version,
    migrate: ports.migrate,
    signal: host.signal,
    feed,
    warn,
    flush: async (options) => saving?.flush(options),
    saveErrorOf: (sessionId) => saving?.errorOf(sessionId) ?? null,
    onReleased: (sessionId) => saving?.onReleased(sessionId),
    tokenDriver: tokens,
  })
  const tasks = createStorageTaskDriver({
    storage,
    storageDriver,
    drop: () => saving?.drop(),
    currentToken: tokens.current,
    feed,
    warn,
  })
  const storedSessions = createStoredSessions({
    storage,
    storageDriver,
    tasks,
    saving,
    page: ports.page,
    timing: ports.timing,
    openId: () => live.session?.id,
    signal: host.signal,
    warn,
  })
  const calls = createCallDriver({
    ...ports,
    load: ports.loadCall,
    buildContext: ports.buildContext,
    getToken: tokens.get,
    memo: tokens.memo,
    present,
    feed,
    warn,
  })
  const autoReconnect = createAutoReconnect({
    ...ports,
    present,
    feed,
    reportUncaught: host.reportUncaught,
  })
  const tools = createToolDriver({
    tools: ports.tools,
    store: host.store,
    feed,
    async record() {
      if (saving) await withTimeout(RECORD_LIMIT_MS, saving.flush(), storageUnanswered).catch(warn)
    },
  })

  const runners: CommandRunners = {
    tell: ({ fact }) => tell(fact),
    settle,
    ...autoReconnect.runners,
    ...calls.runners,
    ...tools.runners,
    ...tokens.runners,
    ...storageDriver.runners,
    ...tasks.runners,
  }

  records.onLost(() => {
    if (host.signal.aborted) return
    tell({ name: 'storageLost', payload: undefined })
    saving?.onStorageLost()
  })
  storage.onErased(() =>
    feed({ type: 'erasedElsewhere', at: Date.now(), revision: present().session.revision }),
  )
  records.onDeleted((sessionIds, reason) => {
    if (!host.signal.aborted)
      tell({ name: 'sessionsDeleted', payload: { sessionIds: [...sessionIds], reason } })
  })
  const stopReturning = ports.page.onBfcacheRestore(() => feed({ type: 'pageReturned' }))
  let cancelPreparation = () => {}

  const prepare = async () => void (await ports.loadCall())

  return {
    accept(action, before, after) {
      // One sample per second would soon displace everything else.
      if (!actions.networkSampled.match(action)) recent.add(nameOf(host.path, action), Date.now())
      if (actions.sessionRehydrated.match(action)) saving?.onRehydrated(after, action.payload)
      else saving?.onChange(before, after)
      if (actions.restoreSettled.match(action) && !isRestored) {
        isRestored = true
        autoReconnect.discard()
        calls.coolDown()
        // The call retries a failed load.
        cancelPreparation = ports.page.whenIdle(() => void prepare().catch(() => undefined))
        if (saving) storedSessions.cleanUpWhenIdle()
      }
      const { meta, payload } = action as Intent
      if (!meta?.requestId || isDisposed) return
      const isOfPage = actions.restoreRequested.match(action) && action.payload.sessionId === null
      if (isOfPage && ports.autoReconnect !== 'never' && ports.callMark.isSet()) {
        // The previous page had a call, so prepare the next one in parallel with reading the database.
        autoReconnect.queryEarly()
        calls.warmUp()
      }
      // Flushes words that were said before this intent but not shown by a frame yet.
      calls.flush()
      events.push({
        type: nameOf(host.path, action),
        payload,
        ...meta,
        isCallShown: host.isCallShown(),
        firstLoadedIndex: after.conversation.firstLoadedIndex,
        revision: after.session.revision,
        text: actions.resendTextRequested.match(action)
          ? (findMessage(after.conversation.messages, action.payload.id)?.text ?? '')
          : '',
      } as IntentEvent)
    },
    run: runQueue,
    finish() {
      calls.flush()
      drain()
    },
    isSessionChanging: () => events.some(({ type }) => sessionIntents.includes(type)),
    changed: (before, after) => saving?.onChange(before, after),
    onReplaced: (revision) => feed({ type: 'stateReplaced', at: Date.now(), revision }),
    prepare,
    listSessions: storedSessions.list,
    cleanUp: storedSessions.cleanUp,
    recentActions: recent.list,
    tools: storedSessions.tools,
    moves: createSessionMoves({ storage, storageDriver, tokens, calls, live: () => live, feed, ask }),
    async flush() {
      if (saving) await storageDriver.inTime(saving.flush())
    },
    pause: () => saving?.pause(),
    resume: () => saving?.resume(),
    async dispose() {
      // Nothing may start after this, not even in response to the end of the call.
      isDisposed = true
      // The end of the call is not saved, so the next page reconnects, as after a page that was closed during a call.
      const saved = saving?.close()
      const { call } = live
      const isIntentPending = callIntent.isPending(live)
      live = { ...live, call: null, job: null }
      for (const answer of answers.values()) answer(new VoiceAgentError('disposed'))
      answers.clear()
      calls.dispose()
      tools.dispose()
      if (call) tell({ name: 'connectionClosed', payload: { by: 'user', at: Date.now() } })
      tokens.dispose()
      stopReturning()
      storedSessions.dispose()
      cancelPreparation()
      const closing = (async () => {
        // The tab keeps the user's decision for the next page once it has its id.
        if (isIntentPending) await withTimeout(RECORD_LIMIT_MS, tab.claim(), storageUnanswered).catch(warn)
        tab.release()
        await saved
        // A deletion must not fail because the agent ends.
        await Promise.all([storageDriver.removed(), tasks.settled()])
        await records.close()
      })()
      const late = () => new VoiceAgentError('storage-unreachable', 'The storage did not close in time.')
      await withTimeout(CLOSE_LIMIT_MS, closing, late).catch(warn)
    },
  }
}
