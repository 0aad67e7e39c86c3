import {
  differsOnlyInStream,
  isCallWanted,
  type SessionSnapshot,
  takeSnapshot,
  toVoiceError,
  type VoiceAgentState,
} from '../../../store/index.js'
import type { Clock } from '../../clock.js'
import type { PageLifecycle, PersistenceTiming, SessionRecords } from './ports.js'
import { createSaveTimer } from './save-timer.js'

/** Milliseconds between two snapshots that differ only in text which is still streaming: as much of it as a crash may cost. */
const streamInterval = 100
/** Milliseconds between two looks at whether DevTools show the present again. */
const heldInterval = 1_000
/** Milliseconds after the page said that it goes in which it may: between `beforeunload` and `pagehide` the agent talks on. */
const unloadGraceMs = 5_000

/** Saves the open session a little after it changed, and when the page goes. */
export interface Saving {
  /** Called with the present before and after each action, whatever DevTools show. */
  onChange(before: VoiceAgentState, after: VoiceAgentState): void
  /** The present was read from disk: only what was asked for meanwhile needs a save. */
  onRehydrated(after: VoiceAgentState): void
  /**
   * Writes what has changed. Resolves when it is on disk, or is known not to get there.
   *
   * @param options.isForced Also while DevTools show the past, or saving is paused: the session or the page ends.
   */
  flush(options?: { isForced: boolean }): Promise<void>
  /** The storage lost what it had, and was told of it by a change of revision. */
  onStorageLost(): void
  /** Stops writing until `resume`, which writes what changed meanwhile. */
  pause(): void
  resume(): void
  /** Writes what is unsaved a last time. Changes that follow are not saved. */
  close(): Promise<void>
}

export interface SavingPorts {
  records: SessionRecords
  page: PageLifecycle
  timing: PersistenceTiming
  clock: Clock
  /** Whether the state on display is the present one. DevTools may show another, and nothing is written meanwhile. */
  isPresentShown(): boolean
  onSaved(sessionId: string, revision: number, at: number): void
  warn(error: unknown): void
}

/** Design §6: the snapshot is taken in the dispatch path, encrypted ahead, and written after the debounce. */
export function createSaving({
  records,
  page,
  timing,
  clock,
  isPresentShown,
  onSaved,
  warn,
}: SavingPorts): Saving {
  /** The newest state worth writing, while only streaming text has come since the last snapshot. */
  let captured: { state: VoiceAgentState; at: number } | null = null
  /** The newest state of those that came while DevTools showed another one. */
  let held: { state: VoiceAgentState; at: number } | null = null
  let lastSnapshotState: VoiceAgentState | null = null
  let snapshotTimer: ReturnType<typeof setTimeout> | undefined
  let pending: SessionSnapshot | null = null
  /** The last write under way. */
  let writing: Promise<unknown> = Promise.resolve()
  let unloadDeadline = 0
  let isPaused = false
  let isClosed = false
  let failures = 0
  const timer = createSaveTimer(clock, { maxWaitMs: timing.maxWaitMs, save: saveWhenDue })

  function saveWhenDue() {
    void writeInTurn()
    // While a developer looks at the past, nothing that came meanwhile is written. On its way out the page saves it in any case.
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
      // Kept for when the page goes.
      if (pending === null) pending = snapshot
      if (isTransient(error)) arm(Math.min(60_000, 1_000 * 2 ** failures++))
      return
    }
    failures = 0
    page.setDirty(pending !== null || captured !== null || held !== null)
    onSaved(snapshot.head.id, snapshot.revision, clock.now())
  }

  function arm(delay = timing.debounceMs) {
    if (!isPaused && !isClosed) timer.arm(delay)
  }

  function capture(state: VoiceAgentState) {
    if (isClosed || state.session.id === null) return
    page.setDirty(true)
    arm()
    if (!isPresentShown()) {
      held = { state, at: clock.now() }
      return
    }
    held = null
    captured = { state, at: clock.now() }
    if (mayWait(state)) snapshotTimer ??= clock.setTimeout(buildSnapshot, streamInterval)
    else buildSnapshot()
  }

  /** While the page goes nothing may: outside Chromium `pagehide` is too late to encrypt. */
  function mayWait(state: VoiceAgentState): boolean {
    return (
      clock.now() >= unloadDeadline &&
      lastSnapshotState !== null &&
      differsOnlyInStream(lastSnapshotState, state)
    )
  }

  /** Makes the snapshot of the captured state, and has it encrypted ahead of the write. */
  function buildSnapshot() {
    clock.clearTimeout(snapshotTimer)
    snapshotTimer = undefined
    if (!captured) return
    const { state, at } = captured
    captured = null
    lastSnapshotState = state
    pending = takeSnapshot(state, { updatedAt: at, version: timing.version }) ?? pending
    if (pending) records.stage(pending)
  }

  const stopListening = page.onPageHide(() => {
    unloadDeadline = clock.now() + unloadGraceMs
    void writeInTurn(true)
    records.flushSync()
  })

  return {
    onChange(before, after) {
      if (after.session.revision !== before.session.revision) capture(after)
    },
    onRehydrated(after) {
      captured = held = null
      if (pending?.head.id === after.session.id) pending = null
      // Exception: a call requested during the restore must be saved.
      if (isCallWanted(after.connection.status)) capture(after)
    },
    flush: ({ isForced } = { isForced: false }) => writeInTurn(isForced),
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
      clock.clearTimeout(snapshotTimer)
      stopListening()
      await saved
    },
  }
}

/** A full disk may have room later. A session that can't be read, was deleted or is another tab's stays so. */
function isTransient(error: unknown): boolean {
  const { code } = toVoiceError(error, 'storage-write-failed')
  return code === 'storage-quota' || code === 'storage-write-failed'
}
