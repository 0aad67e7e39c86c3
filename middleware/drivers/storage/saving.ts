import {
  differsOnlyInStream,
  isCallWanted,
  type RehydratedSession,
  type SessionSnapshot,
  takeSnapshot,
  toVoiceError,
  type VoiceAgentState,
} from '../../../store/index.js'
import type { FactPayload } from '../../live/events.js'
import { startTimer } from '../../waiting.js'
import type { PageLifecycle, PersistenceTiming, SessionRecords } from './ports.js'

/** Debounces saves: a little after the last change, but not too long after the first. */
interface SaveTimer {
  /** Schedules a save after a change. @param delay Milliseconds that the save waits for more changes. */
  arm(delay: number): void
  disarm(): void
}

export function createSaveTimer({ maxWaitMs, save }: { maxWaitMs: number; save: () => void }): SaveTimer {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** When the timer fires, when the save is due, and the length of that wait. */
  let firesAt = 0
  let dueAt = 0
  let wait = 0
  /** When the maximum wait ends. */
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
    // If more time is left than the whole wait, the system clock has moved backwards.
    if (left <= 0 || left > wait) save()
    else start(now, left)
  }

  return {
    arm(delay) {
      const now = Date.now()
      wait = delay
      dueAt = now + delay
      // The minimum also corrects a system clock that has moved backwards.
      latest = Math.min(latest, now + Math.max(delay, maxWaitMs))
      // A stream of changes moves the due time, not the timer, because resetting a timer fifty times a second would dominate the cost.
      if (timer === undefined || firesAt > dueAt) start(now, delay)
    },
    disarm() {
      clearTimeout(timer)
      timer = undefined
      latest = Number.POSITIVE_INFINITY
    },
  }
}

/** Milliseconds between snapshots that differ only in streaming text. A crash loses at most this much of it. */
const STREAM_INTERVAL_MS = 100
/** Milliseconds between checks that wait for DevTools to show the present again. */
const HELD_INTERVAL_MS = 1_000
/** Milliseconds after `beforeunload` in which the page may still close. The agent keeps talking until `pagehide`. */
const UNLOAD_GRACE_MS = 5_000

/** Saves the open session shortly after it changes, and when the page closes. */
export interface Saving {
  /** Called with the present before and after each action, whatever DevTools show. */
  onChange(before: VoiceAgentState, after: VoiceAgentState): void
  /**
   * Marks the present state as read from disk, so that only changes requested meanwhile need a save.
   *
   * @param stored The session as it was stored. The current draft differs if the user typed while the session was loading.
   */
  onRehydrated(after: VoiceAgentState, stored: Pick<RehydratedSession, 'draft' | 'isCallEnded'>): void
  /**
   * Writes all changes. Resolves when they are on disk, or when writing has failed.
   *
   * @param options.isForced Writes even while DevTools show a past state or saving is paused, because the session or the page ends.
   */
  flush(options?: { isForced: boolean }): Promise<void>
  /** True if this session has a snapshot that is not written yet, for example after a failed save. */
  isUnsaved(sessionId: string): boolean
  /** Error of the session's last save if it failed; null otherwise. */
  errorOf(sessionId: string): unknown
  /** Drops unsaved changes of a released session, and changes whose write fails later, because another tab may write the session now. */
  onReleased(sessionId: string): void
  /** Drops all unsaved changes, because everything is being erased. */
  drop(): void
  /** Handles the loss of all stored data, after which everything is saved again under a higher revision. */
  onStorageLost(): void
  /** Stops writing until `resume`, which writes the changes made meanwhile. */
  pause(): void
  resume(): void
  /** Writes pending changes one last time. Later changes are not saved. */
  close(): Promise<void>
}

export interface SavingPorts {
  records: SessionRecords
  page: PageLifecycle
  timing: PersistenceTiming
  /** True if the store shows the present. While DevTools show a past state, nothing is written. */
  isPresentShown(): boolean
  onSaved(sessionId: string, saved: FactPayload<'snapshotSaved'>): void
  warn(error: unknown): void
}

/** Builds a snapshot in a microtask after a change, encrypts it ahead of the write, and writes it after the debounce. */
export function createSaving({ records, page, timing, isPresentShown, onSaved, warn }: SavingPorts): Saving {
  /** Newest state that is not in a snapshot yet. */
  let captured: { state: VoiceAgentState; at: number } | null = null
  /** Newest state captured while DevTools showed a past state. */
  let held: { state: VoiceAgentState; at: number } | null = null
  let lastSnapshotState: VoiceAgentState | null = null
  let snapshotTimer: ReturnType<typeof setTimeout> | undefined
  let isBuildPlanned = false
  /** Newest snapshot of each session that is not written yet. A session that is being released may be followed by the next one. */
  const unsaved = new Map<string, SessionSnapshot>()
  /** Last write in progress. */
  let writing: Promise<unknown> = Promise.resolve()
  let unloadDeadline = 0
  let isPaused = false
  let isClosed = false
  let failures = 0
  /** Error of each session's last save, if it failed. */
  const errors = new Map<string, unknown>()
  const released = new Set<string>()
  const timer = createSaveTimer({ maxWaitMs: timing.maxWaitMs, save: saveWhenDue })

  function saveWhenDue() {
    void writeInTurn()
    // While a developer inspects a past state, changes are not written. They are saved in any case when the page closes.
    if (held) arm(Math.max(timing.debounceMs, HELD_INTERVAL_MS))
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
    if (isPaused && !isForced) return
    const snapshots = [...unsaved.values()]
    unsaved.clear()
    await Promise.all(snapshots.map(save))
  }

  async function save(snapshot: SessionSnapshot): Promise<void> {
    const { id } = snapshot.head
    let saved: FactPayload<'snapshotSaved'>
    try {
      const keyProtection = await records.setItem(id, snapshot)
      const isKnown = keyProtection !== undefined
      saved = { revision: snapshot.revision, at: Date.now(), ...(isKnown ? { keyProtection } : {}) }
    } catch (error) {
      warn(error)
      if (released.has(id)) return
      errors.set(id, error)
      // Keeps the snapshot in memory for the next write.
      if (!unsaved.has(id)) unsaved.set(id, snapshot)
      if (isTransient(error)) arm(Math.min(60_000, 1_000 * 2 ** failures++))
      return
    }
    failures = 0
    errors.delete(id)
    page.setDirty(unsaved.size > 0 || captured !== null || held !== null)
    onSaved(id, saved)
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
    if (mayWait(state)) snapshotTimer ??= setTimeout(buildSnapshot, STREAM_INTERVAL_MS)
    else buildAfterTurn()
  }

  /**
   * Builds the snapshot once all events of this task are applied. A snapshot between them could show a text as sent before the event that
   * queues it, and a duplicated tab could find that snapshot.
   */
  function buildAfterTurn() {
    if (isBuildPlanned) return
    isBuildPlanned = true
    queueMicrotask(() => {
      isBuildPlanned = false
      buildSnapshot()
    })
  }

  /** True if the snapshot can wait. It can't while the page may be closing, because outside Chromium, `pagehide` is too late to encrypt. */
  function mayWait(state: VoiceAgentState): boolean {
    return (
      Date.now() >= unloadDeadline &&
      lastSnapshotState !== null &&
      differsOnlyInStream(lastSnapshotState, state)
    )
  }

  /** Builds a snapshot of the captured state, and lets the storage encrypt it ahead of the write. */
  function buildSnapshot() {
    clearTimeout(snapshotTimer)
    snapshotTimer = undefined
    if (!captured) return
    const { state, at } = captured
    captured = null
    lastSnapshotState = state
    const snapshot = takeSnapshot(state, { updatedAt: at, version: timing.version })
    if (!snapshot) return
    unsaved.set(snapshot.head.id, snapshot)
    records.stage(snapshot)
  }

  const stopListening = page.onPageHide(() => {
    unloadDeadline = Date.now() + UNLOAD_GRACE_MS
    void writeInTurn(true)
    records.flushSync()
  })

  return {
    onChange(before, after) {
      if (after.session.revision !== before.session.revision) capture(after)
    },
    onRehydrated(after, { draft = '', isCallEnded = false }) {
      if (captured && captured.state.session.id !== after.session.id) buildSnapshot()
      captured = held = null
      if (after.session.id !== null) {
        released.delete(after.session.id)
        unsaved.delete(after.session.id)
      }
      // Exception: a call requested or ended and text typed during the restore must be saved.
      if (isCallWanted(after.connection.status) || isCallEnded || after.conversation.draft !== draft)
        capture(after)
    },
    flush: ({ isForced } = { isForced: false }) => writeInTurn(isForced),
    isUnsaved: (sessionId) => unsaved.has(sessionId),
    errorOf: (sessionId) => errors.get(sessionId) ?? null,
    onReleased(sessionId) {
      released.add(sessionId)
      if (captured?.state.session.id === sessionId) captured = null
      unsaved.delete(sessionId)
      errors.delete(sessionId)
    },
    drop() {
      captured = held = null
      unsaved.clear()
      timer.disarm()
      page.setDirty(false)
    },
    onStorageLost() {
      // After a failed write, the next attempt is already scheduled.
      if (failures === 0) void writeInTurn()
    },
    pause() {
      isPaused = true
      timer.disarm()
    },
    resume() {
      isPaused = false
      if (unsaved.size > 0 || captured || held) arm()
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

/** True if a later write may succeed, for example after a full disk. A session that is unreadable, deleted or owned by another tab stays so. */
function isTransient(error: unknown): boolean {
  const { code } = toVoiceError(error, 'storage-write-failed')
  return code === 'storage-quota' || code === 'storage-write-failed'
}
