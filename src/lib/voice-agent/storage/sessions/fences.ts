import { nanoid } from '@reduxjs/toolkit'
import { VoiceAgentError } from '../../../../../store/index.js'
import {
  type Changes,
  isWriteConflict,
  type RecordStore,
  type WriteOptions,
} from '../database/record-store.js'
import { type FenceRecord, FORMAT_VERSION, fenceKey, headKey, versionOf } from '../records/record.js'
import type { Ownership } from '../tabs/ownership.js'

/** A session is taken only from a page that was silent for at least a second. A page without such a gap still owns its sessions. */
const LONGEST_GAP_MS = 900
/** Milliseconds between signs of life, and how long they continue after a change: the usual delay of a save. */
const SIGN_MS = 400
const WATCH_MS = 3_000

/**
 * Stops a page that was silent for a while, for example behind a dialog, from overwriting a session that another page has taken. The
 * new owner puts a fence behind the stored head. A write fails if there is a fence behind the head that it replaces.
 *
 * The check costs a third of a small save. A page that may have been silent does it until the lock manager has responded.
 */
export interface Fences {
  /** Starts watching for silent periods of this page, because a save is due. */
  watch(): void
  /**
   * Puts a fence behind the stored head of a session that was taken from a silent page. If that fails, the next write puts it, because a
   * disk that is full or fails must not keep the user from the session.
   */
  put(sessionId: string): Promise<void>
  /**
   * Writes like `RecordStore.write`, in the same task.
   *
   * @param bases Versions of the stored heads that the changes may replace; null stands for no head.
   * @throws VoiceAgentError `session-open-elsewhere` if another page has taken the session
   */
  write(
    sessionId: string,
    bases: readonly (string | null)[],
    changes: Changes,
    options?: WriteOptions,
  ): Promise<void>
  /** Stops watching. */
  close(): void
}

const newFence = (): FenceRecord => ({ v: FORMAT_VERSION, kind: 'meta', name: 'fence', check: nanoid() })

/** Adds a fence behind each head that the changes may replace. */
function withFences(sessionId: string, bases: readonly (string | null)[], changes: Changes): Changes {
  const fences = bases.flatMap((base) =>
    base === null ? [] : [[fenceKey(sessionId, base), newFence()] as const],
  )
  return new Map([...changes, ...fences])
}

export function createFences(store: RecordStore, ownership: Ownership): Fences {
  /** Writes that found a fence, in order. */
  let tail: Promise<unknown> = Promise.resolve()
  /** Taken sessions whose fence could not be put yet. */
  const unfenced = new Set<string>()
  /** Number of pending writes that check fences. A later write checks them too, so that it can't overtake one of these. */
  let checking = 0

  /** True if no other page can have taken a session since the lock manager responded. */
  let isCertain = false
  /** True if the page was silent since the lock manager was asked. */
  let wasSilent = false
  let isAsking = false
  let seenAt = Number.NEGATIVE_INFINITY
  let watchedUntil = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function noteLife(): void {
    const now = performance.now()
    if (now - seenAt > LONGEST_GAP_MS) {
      isCertain = false
      wasSilent = true
    }
    seenAt = now
    if (!isCertain && !isAsking) void ask()
  }

  /** Once the lock manager responds, this page has been notified of all earlier takeovers. */
  async function ask(): Promise<void> {
    isAsking = true
    wasSilent = false
    await ownership.listOwned().catch(() => null)
    isAsking = false
    isCertain = !wasSilent
    noteLife()
  }

  function watchOn(): void {
    noteLife()
    timer = seenAt < watchedUntil ? setTimeout(watchOn, SIGN_MS) : undefined
  }

  /** The fence may be this page's own or a previous owner's. Each takeover replaces it with a new one. */
  async function pass(
    sessionId: string,
    fences: readonly string[],
    changes: Changes,
    options: WriteOptions,
  ): Promise<void> {
    const found = await store.readMany(fences)
    // Once the lock manager responds, this page has been notified of every takeover that preceded the fence.
    await ownership.listOwned()
    if (!ownership.isOwned(sessionId)) throw new VoiceAgentError('session-open-elsewhere')
    const expected = new Map(fences.map((key, index) => [key, found[index] ?? null]))
    await store.write(changes, { ...options, expected: new Map([...(options.expected ?? []), ...expected]) })
  }

  /** Issues the write in this task. Checks fences, unless it is certain that no other page can have taken the session. */
  function issue(
    sessionId: string,
    bases: readonly (string | null)[],
    changes: Changes,
    options: WriteOptions,
  ): Promise<void> {
    noteLife()
    if (isCertain && checking === 0) return store.write(changes, options)
    checking++
    const absent = bases.flatMap((base) => (base === null ? [] : [fenceKey(sessionId, base)]))
    const written = store.write(changes, { ...options, absent }).catch((error: unknown) => {
      if (!isWriteConflict(error)) throw error
      const passed = tail.then(() => pass(sessionId, absent, changes, options))
      tail = passed.catch(() => {})
      return passed
    })
    return written.finally(() => checking--)
  }

  return {
    watch() {
      watchedUntil = performance.now() + WATCH_MS
      if (timer === undefined) watchOn()
      else noteLife()
    },
    close() {
      watchedUntil = 0
      clearTimeout(timer)
    },
    async put(sessionId) {
      unfenced.add(sessionId)
      try {
        await store.transact(
          [headKey(sessionId)],
          ([head]) =>
            new Map(head?.kind === 'head' ? [[fenceKey(sessionId, versionOf(head)), newFence()]] : []),
        )
        unfenced.delete(sessionId)
      } catch {
        // The next write puts it.
      }
    },
    write(sessionId, bases, changes, options = {}) {
      if (!unfenced.delete(sessionId)) return issue(sessionId, bases, changes, options)
      return issue(sessionId, bases, withFences(sessionId, bases, changes), options).catch(
        (error: unknown) => {
          unfenced.add(sessionId)
          throw error
        },
      )
    },
  }
}
