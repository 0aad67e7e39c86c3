import {
  differsOnlyInStream,
  isCallWanted,
  type SessionSnapshot,
  takeSnapshot,
  toVoiceError,
  type VoiceAgentState,
} from '../../../store/index.js'
import { startTimer } from '../../waiting.js'
import type { PageLifecycle, PersistenceTiming, SessionRecords } from './ports.js'

/** Schedules the next save: a little after the last change, and not too long after the first. */
interface SaveTimer {
  /** Schedules a save after a change. @param delay Milliseconds that the save waits for more changes. */
  arm(delay: number): void
  disarm(): void
}

export function createSaveTimer({ maxWaitMs, save }: { maxWaitMs: number; save: () => void }): SaveTimer {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Time when the timer fires, time when it should, and the length of that wait. */
  let firesAt = 0
  let dueAt = 0
  let wait = 0
  /** Time when the maximum wait is over. */
  let latest = Number.POSITIVE_INFINITY

  function start(now: number, ms: number) {
    clearTimeout(timer)
    firesAt = now + ms
    timer = startTimer(fire, ms)
  }

  function fire() {
    timer = undefined
    const now = Date.now()
    const left = Math.min(dueAt, latest) - now
    // A rest longer than the whole wait means that the system clock moved backwards.
    if (left <= 0 || left > wait) save()
    else start(now, left)
  }

  return {
    arm(delay) {
      const now = Date.now()
      wait = delay
      dueAt = now + delay
      // A later time means that the system clock moved backwards.
      latest = Math.min(latest, now + Math.max(delay, maxWaitMs))
      // A stream of changes moves the due time, not the timer, because setting a timer fifty times a second costs more than the rest.
      if (timer === undefined || firesAt > dueAt) start(now, delay)
    },
    disarm() {
      clearTimeout(timer)
      timer = undefined
      latest = Number.POSITIVE_INFINITY
    },
  }
}

/** Milliseconds between two snapshots that differ only in streaming text: a crash loses at most that much of it. */
const streamInterval = 100
/** Milliseconds between two checks if DevTools show the present again. */
const heldInterval = 1_000
/** Milliseconds after `beforeunload` in which the page may close, because the agent talks until `pagehide`. */
const unloadGraceMs = 5_000

/** Saves the open session a little after it changed, and when the page closes. */
export interface Saving {
  /** Called with the present before and after each action, whatever DevTools show. */
  onChange(before: VoiceAgentState, after: VoiceAgentState): void
  /**
   * Marks the present as read from disk: only changes requested in the meantime need a save.
   *
   * @param draft The stored draft. The present one differs if the user typed while the session was read.
   */
  onRehydrated(after: VoiceAgentState, draft?: string): void
  /**
   * Writes all changes. Resolves when they are on disk, or when that has failed.
   *
   * @param options.isForced Writes also while DevTools show the past, or saving is paused, because the session or the page ends.
   */
  flush(options?: { isForced: boolean }): Promise<void>
  /** True if the last save of this session failed, or is paused. */
  isUnsaved(sessionId: string): boolean
  /** Error of the last save, if that was of this session and failed; null otherwise. */
  errorOf(sessionId: string): unknown
  /** Drops what could not be saved of a session that was released, and what fails later: from now on, another tab may write it. */
  onReleased(sessionId: string): void
  /** Drops everything that is not saved yet, because everything is erased. */
  drop(): void
  /** Handles a loss of all stored data, after which the storage receives everything under a higher revision. */
  onStorageLost(): void
  /** Stops writing until `resume`, which writes the changes made in the meantime. */
  pause(): void
  resume(): void
  /** Writes pending changes a last time. Later changes are not saved. */
  close(): Promise<void>
}

export interface SavingPorts {
  records: SessionRecords
  page: PageLifecycle
  timing: PersistenceTiming
  /** True if the store shows the present. DevTools may show the past, and nothing is written until they return. */
  isPresentShown(): boolean
  onSaved(sessionId: string, revision: number, at: number): void
  warn(error: unknown): void
}

/** Takes the snapshot at the end of the turn, encrypts it ahead, and writes it after the debounce: design §6. */
export function createSaving({ records, page, timing, isPresentShown, onSaved, warn }: SavingPorts): Saving {
  /** Newest state to write, if only streaming text has changed since the last snapshot. */
  let captured: { state: VoiceAgentState; at: number } | null = null
  /** Newest of the states that arrived while DevTools showed the past. */
  let held: { state: VoiceAgentState; at: number } | null = null
  let lastSnapshotState: VoiceAgentState | null = null
  let snapshotTimer: ReturnType<typeof setTimeout> | undefined
  let isBuildPlanned = false
  let pending: SessionSnapshot | null = null
  /** Last write in progress. */
  let writing: Promise<unknown> = Promise.resolve()
  let unloadDeadline = 0
  let isPaused = false
  let isClosed = false
  let failures = 0
  let failed: { sessionId: string; error: unknown } | null = null
  const released = new Set<string>()
  const timer = createSaveTimer({ maxWaitMs: timing.maxWaitMs, save: saveWhenDue })

  function saveWhenDue() {
    void writeInTurn()
    // While a developer inspects the past, later changes are not written. When the page closes, they are saved in any case.
    if (held) arm(Math.max(timing.debounceMs, heldInterval))
  }

  async function writeInTurn(isForced = false): Promise<void> {
    const written = write(isForced)
    // One failed write (for example a throwing store subscriber) must not reject later flushes.
    writing = Promise.allSettled([writing, written])
    await writing
  }

  async function write(isForced: boolean): Promise<void> {
    timer.disarm()
    if (held && (isForced || isPresentShown())) {
      captured = held
      held = null
    }
    buildSnapshot()
    const snapshot = pending
    if (!snapshot || (isPaused && !isForced)) return
    pending = null
    try {
      await records.setItem(snapshot.head.id, snapshot)
    } catch (error) {
      warn(error)
      failed = { sessionId: snapshot.head.id, error }
      if (released.has(snapshot.head.id)) return
      // Kept in memory until the page closes.
      if (pending === null) pending = snapshot
      if (isTransient(error)) arm(Math.min(60_000, 1_000 * 2 ** failures++))
      return
    }
    failures = 0
    failed = null
    page.setDirty(pending !== null || captured !== null || held !== null)
    onSaved(snapshot.head.id, snapshot.revision, Date.now())
  }

  function arm(delay = timing.debounceMs) {
    if (!isPaused && !isClosed) timer.arm(delay)
  }

  function capture(state: VoiceAgentState) {
    if (isClosed || state.session.id === null || state.session.mirror) return
    released.delete(state.session.id)
    page.setDirty(true)
    arm()
    if (!isPresentShown()) {
      held = { state, at: Date.now() }
      return
    }
    held = null
    if (captured && captured.state.session.id !== state.session.id) buildSnapshot()
    captured = { state, at: Date.now() }
    if (mayWait(state)) snapshotTimer ??= setTimeout(buildSnapshot, streamInterval)
    else buildAfterTurn()
  }

  /**
   * Builds the snapshot when the events of this turn are applied. One taken between them would show a text as sent before the event that queues it,
   * and a duplicated tab could find that snapshot.
   */
  function buildAfterTurn() {
    if (isBuildPlanned) return
    isBuildPlanned = true
    queueMicrotask(() => {
      isBuildPlanned = false
      buildSnapshot()
    })
  }

  /** True if the snapshot can wait, which it never can while the page may be closing: outside Chromium `pagehide` is too late to encrypt. */
  function mayWait(state: VoiceAgentState): boolean {
    return (
      Date.now() >= unloadDeadline &&
      lastSnapshotState !== null &&
      differsOnlyInStream(lastSnapshotState, state)
    )
  }

  /** Takes the snapshot of the captured state, and lets the storage encrypt it before the write. */
  function buildSnapshot() {
    clearTimeout(snapshotTimer)
    snapshotTimer = undefined
    if (!captured) return
    const { state, at } = captured
    captured = null
    lastSnapshotState = state
    pending = takeSnapshot(state, { updatedAt: at, version: timing.version }) ?? pending
    if (pending) records.stage(pending)
  }

  const stopListening = page.onPageHide(() => {
    unloadDeadline = Date.now() + unloadGraceMs
    void writeInTurn(true)
    records.flushSync()
  })

  return {
    onChange(before, after) {
      if (after.session.revision !== before.session.revision) capture(after)
    },
    onRehydrated(after, draft = '') {
      if (captured && captured.state.session.id !== after.session.id) buildSnapshot()
      captured = held = null
      if (after.session.id !== null) released.delete(after.session.id)
      if (pending?.head.id === after.session.id) pending = null
      // Exception: a call requested, or text typed, during the restore must be saved.
      if (isCallWanted(after.connection.status) || after.conversation.draft !== draft) capture(after)
    },
    flush: ({ isForced } = { isForced: false }) => writeInTurn(isForced),
    isUnsaved: (sessionId) => pending?.head.id === sessionId,
    errorOf: (sessionId) => (failed?.sessionId === sessionId ? failed.error : null),
    onReleased(sessionId) {
      released.add(sessionId)
      if (captured?.state.session.id === sessionId) captured = null
      if (pending?.head.id === sessionId) pending = null
    },
    drop() {
      captured = held = pending = null
      timer.disarm()
      page.setDirty(false)
    },
    onStorageLost() {
      // A failed write waits for its next attempt.
      if (failures === 0) void writeInTurn()
    },
    pause() {
      isPaused = true
      timer.disarm()
    },
    resume() {
      isPaused = false
      if (pending || captured || held) arm()
    },
    async close() {
      const saved = writeInTurn(true)
      records.flushSync()
      isClosed = true
      timer.disarm()
      clearTimeout(snapshotTimer)
      stopListening()
      await saved
    },
  }
}

/** True if a later write may succeed, as after a full disk. A session that is unreadable, deleted or owned by another tab stays so. */
function isTransient(error: unknown): boolean {
  const { code } = toVoiceError(error, 'storage-write-failed')
  return code === 'storage-quota' || code === 'storage-write-failed'
}
