import { createPersistoid, type Persistoid } from 'redux-persist'
import {
  differsOnlyInStream,
  isCallWanted,
  type SessionSnapshot,
  takeSnapshot,
  toVoiceError,
  type VoiceAgentState,
} from '../../store/index.js'
import type { HandlerContext } from '../context.js'
import { persistConfig } from './persist-config.js'
import type { PageLifecycle, Persistence, PersistenceTiming, SessionRecords } from './ports.js'
import { createSaveTimer } from './save-timer.js'

/** Milliseconds between two snapshots of nothing but text that is still streaming: what a crash may cost of it. */
const streamInterval = 100
/** Milliseconds after the page said that it goes in which it may: between `beforeunload` and `pagehide` the agent talks on. */
const goingTime = 5_000

/**
 * Saves the session a little after it changed. Design §6: the snapshot is taken in the dispatch path, sealed at once, written
 * after the debounce; when the page goes, what is sealed is kept synchronously.
 */
export function handlePersistence(
  { actions, selectors, startListening, dispatch, getState, clock, disposed }: HandlerContext,
  { records, page, timing }: { records: SessionRecords; page: PageLifecycle; timing: PersistenceTiming },
): Omit<Persistence, 'restore'> {
  /** The newest state worth writing, while only streaming text has come since the last snapshot. */
  let captured: { state: VoiceAgentState; at: number } | null = null
  let lastTaken: VoiceAgentState | null = null
  let taking: ReturnType<typeof setTimeout> | undefined
  let pending: SessionSnapshot | null = null
  /** Highest revision that was handed to the storage, or came from it: time travel brings back lower ones only. */
  let newest = getState() === undefined ? 0 : selectors.selectSession(getState()).revision
  /** Of the present, whatever time travel has in view. */
  let currentId = getState() === undefined ? null : selectors.selectSession(getState()).id
  let persistoid: { sessionId: string; writer: Persistoid } | null = null
  let goesUntil = 0
  let isPaused = false
  let writeError: unknown = null
  let ending: Promise<unknown> = Promise.resolve()
  let failures = 0
  const timer = createSaveTimer(clock, { maxWaitMs: timing.maxWaitMs, save: () => void flush() })
  let underWay: Promise<unknown> = Promise.resolve()

  function writerOf(sessionId: string): Persistoid {
    if (persistoid?.sessionId !== sessionId) {
      // Caught here: redux-persist writes what fails to the console, and what an app's key provider threw with it.
      const setItem = (id: string, snapshot: SessionSnapshot) =>
        records.setItem(id, snapshot).catch((error: unknown) => {
          writeError = error
        })
      const config = persistConfig(sessionId, { ...records, setItem })
      persistoid = { sessionId, writer: createPersistoid(config) }
    }
    return persistoid.writer
  }

  /** At once; resolves when what an earlier call began is through as well. */
  async function flush(): Promise<void> {
    const written = write()
    // One of them that fails must not fail all that follow: a subscriber of the app's store that throws is enough.
    underWay = Promise.allSettled([underWay, written])
    await underWay
    await written
  }

  async function write(): Promise<void> {
    timer.disarm()
    take()
    const snapshot = pending
    if (!snapshot || isPaused) return
    pending = null
    writeError = null
    const writer = writerOf(snapshot.head.id)
    // Updated and flushed in one go, redux-persist's writer makes one consistent call of it.
    writer.update({ ...snapshot })
    await writer.flush()
    if (writeError !== null) {
      // Kept for when the page goes. redux-persist's writer takes it for written: the next one is a new one.
      pending ??= snapshot
      persistoid = null
      if (mayPass(writeError)) arm(Math.min(60_000, 1_000 * 2 ** failures++))
      return
    }
    failures = 0
    page.setDirty(pending !== null || captured !== null)
    // The session may have ended meanwhile, and another one begun.
    if (!disposed.aborted && currentId === snapshot.head.id) {
      dispatch(actions.snapshotSaved({ revision: snapshot.revision, at: clock.now() }))
    }
  }

  function arm(delay = timing.debounceMs) {
    if (!isPaused && !disposed.aborted) timer.arm(delay)
  }

  /** Keeps the state as it is in the dispatch path. Its snapshot is worked out at once, but for a stream of deltas. */
  function capture() {
    const state = selectors.selectVoiceAgent(getState())
    if (state.session.revision <= newest) return
    newest = state.session.revision
    currentId = state.session.id
    if (currentId === null) return
    captured = { state, at: clock.now() }
    page.setDirty(true)
    arm()
    if (mayWait(state)) taking ??= clock.setTimeout(take, streamInterval)
    else take()
  }

  /** While the page goes nothing may: outside Chromium `pagehide` is too late to seal. */
  function mayWait(state: VoiceAgentState): boolean {
    return clock.now() >= goesUntil && lastTaken !== null && differsOnlyInStream(lastTaken, state)
  }

  /** Makes the snapshot of what was captured, and has it sealed ahead of the write. */
  function take() {
    clock.clearTimeout(taking)
    taking = undefined
    if (!captured) return
    const { state, at } = captured
    captured = null
    lastTaken = state
    pending = takeSnapshot(state, { updatedAt: at, version: timing.version }) ?? pending
    if (pending) records.stage(pending)
  }

  startListening({
    predicate: (action, current, previous) =>
      !actions.sessionRehydrated.match(action) &&
      selectors.selectVoiceAgent(current).session.revision !==
        selectors.selectVoiceAgent(previous).session.revision,
    effect: capture,
  })
  startListening({
    actionCreator: actions.sessionRehydrated,
    effect: ({ payload }) => {
      // What came from the disk is no news to it, and what was worked out from something older is void.
      captured = null
      if (pending?.head.id === payload.id) pending = null
      currentId = payload.id
      const { connection, session } = selectors.selectVoiceAgent(getState())
      // But that a call was asked for meanwhile.
      if (isCallWanted(connection.status)) capture()
      newest = Math.max(newest, session.revision)
    },
  })
  startListening({
    actionCreator: actions.sessionEnded,
    effect: (_action, api) => {
      const { id } = selectors.selectSession(api.getOriginalState())
      const end = flush().then(() => (id === null ? undefined : records.release(id)))
      ending = Promise.allSettled([ending, end])
      return end
    },
  })

  function removeSomeExpired(): Promise<number> {
    const { id } = selectors.selectSession(getState())
    return records.removeExpired(clock.now() - timing.retentionMs, id === null ? [] : [id])
  }

  async function cleanUp(): Promise<number> {
    let total = 0
    let removed: number
    do total += removed = await removeSomeExpired()
    while (removed > 0 && !disposed.aborted)
    return total
  }

  // Once a page, and only when it is known which session is its own. Specification, "Automatic Cleanup".
  let stopWaiting = () => {}
  function cleanUpWhenIdle() {
    if (disposed.aborted) return
    stopWaiting = page.whenIdle(() => {
      removeSomeExpired().then(
        (removed) => removed > 0 && cleanUpWhenIdle(),
        () => undefined,
      )
    })
  }
  startListening({
    actionCreator: actions.restoreSettled,
    effect: (_action, api) => {
      api.unsubscribe()
      cleanUpWhenIdle()
    },
  })

  records.onLost(() => {
    if (disposed.aborted) return
    dispatch(actions.storageLost())
    // What fails to be saved waits its turn.
    if (failures === 0) void flush()
  })
  const stopListening = page.onPageHide(() => {
    goesUntil = clock.now() + goingTime
    void flush()
    records.flushSync()
  })
  disposed.addEventListener('abort', () => {
    timer.disarm()
    clock.clearTimeout(taking)
    stopListening()
    stopWaiting()
  })

  return {
    flush,
    ended: async () => void (await ending),
    cleanUp,
    pause() {
      isPaused = true
      timer.disarm()
    },
    resume() {
      isPaused = false
      if (pending || captured) arm()
    },
  }
}

/** A full disk may have room later. What can't be read, was deleted or is another tab's stays so. */
function mayPass(error: unknown): boolean {
  const { code } = toVoiceError(error, 'storage-write-failed')
  return code === 'storage-quota' || code === 'storage-write-failed'
}
