import type { RecordStore } from '../database/record-store.js'
import {
  type ExpiryRecord,
  expiryKey,
  FORMAT_VERSION,
  type IndexPosition,
  type StoredRecord,
} from '../records/record.js'

/** Minimum milliseconds between the first sighting of old sessions and their deletion. */
export const SIGHTING_GAP_MS = 24 * 60 * 60 * 1000
/** Milliseconds without a page after which a returning user looks the same as a clock that was set forward. */
const LONGEST_ABSENCE_MS = 30 * SIGHTING_GAP_MS
/** Clock corrections of up to this many milliseconds are ignored. */
export const CORRECTION_MS = 60_000

/** Computes the next record from the stored one and the clock's time, `now`. */
export function noteClock(stored: StoredRecord | null, now: number): ExpiryRecord {
  const before = isExpiry(stored) ? stored : null
  const gap = now - (before?.lastSeen ?? Number.NEGATIVE_INFINITY)
  const highest = Math.max(before?.highest ?? now, now)
  const isSetBack = gap < -CORRECTION_MS
  // The clock was behind, so sessions saved meanwhile look older than they are. The wait between sightings covers a lag of less than a day.
  const isCaughtUp =
    before !== null && before.highest - before.lastSeen > SIGHTING_GAP_MS && now >= before.highest
  if (before && !isSetBack && !isCaughtUp && gap <= LONGEST_ABSENCE_MS) {
    return {
      ...before,
      lastSeen: Math.max(before.lastSeen, now),
      highest,
      sinceJump: before.sinceJump + Math.max(0, gap),
    }
  }
  return { v: FORMAT_VERSION, kind: 'meta', name: 'expiry', lastSeen: now, highest, sinceJump: 0, mark: null }
}

/** True if the record must be written before anything is saved with this clock's time. */
export function isNotable(stored: StoredRecord | null, now: number): boolean {
  if (isForeign(stored)) return false
  const next = noteClock(stored, now)
  return !isExpiry(stored) || next.sinceJump === 0 || next.lastSeen - stored.lastSeen > SIGHTING_GAP_MS
}

/** True for a newer build's record, which must not change. Then nothing is deleted by age. */
function isForeign(stored: StoredRecord | null): boolean {
  return Number(stored?.v) > FORMAT_VERSION
}

/** Marks a first sighting: sessions not updated since `before` look old to this page. */
export function sight(record: ExpiryRecord, now: number, before: number, page: string): ExpiryRecord {
  return { ...record, mark: { at: now, before, page, from: null } }
}

/**
 * Returns where a page may start to delete old sessions, and the time that their last update must precede, or null without proof.
 * The proof is a first sighting by another page, at least a day ago, on a clock that has not jumped for the whole retention.
 */
export function findProof(
  { mark, sinceJump }: ExpiryRecord,
  { now, before, page }: { now: number; before: number; page: string },
): { before: number; from: IndexPosition | null } | null {
  if (!mark || mark.page === page || now - mark.at < SIGHTING_GAP_MS || sinceJump < now - before) return null
  return { before: Math.min(mark.before, before), from: mark.from }
}

function isExpiry(record: StoredRecord | null): record is ExpiryRecord {
  const { kind, name, lastSeen, highest, sinceJump, mark } = (record ?? {}) as Partial<ExpiryRecord>
  const numbers: unknown[] = [lastSeen, highest, sinceJump, ...(mark ? [mark.at, mark.before] : [])]
  return kind === 'meta' && name === 'expiry' && mark !== undefined && numbers.every(Number.isFinite)
}

/** Records the device's clock in the database, because sessions expire by it. */
export interface ClockWatch {
  /** Records the clock when the page starts. Never rejects. */
  begin(): Promise<void>
  /** Compares the clock with the time that the page has been running. Called before each save; writes only after a jump. */
  check(): void
  /** Changes the record in one transaction. Resolves with it, or with null if a newer build wrote it. */
  update(change: (record: ExpiryRecord, now: number) => ExpiryRecord): Promise<ExpiryRecord | null>
  /** Resolves with what `update` would write, without writing, because the disk may be full. */
  read(): Promise<ExpiryRecord | null>
}

/** Adds the reading `now` to the stored record. `seen`: the clock's time if it had not been set while this page was open. */
function note(stored: StoredRecord | null, now: number, seen: number): ExpiryRecord {
  if (Math.abs(now - seen) <= CORRECTION_MS) return noteClock(stored, now)
  // Notes the time without the jump first. Otherwise, a clock set back while this page is open would go unnoticed. If another page has
  // noted a jump forward, the record is already past that time.
  const noted = isExpiry(stored) ? Math.min(stored.lastSeen, now) : seen
  const before = noteClock(stored, Math.max(seen, noted))
  const after = noteClock(before, now)
  // A jump forward may be a sleep of the device, or a wrong clock. It does not prove that time has passed.
  return { ...after, sinceJump: Math.min(before.sinceJump, after.sinceJump) }
}

export function createClockWatch(store: RecordStore): ClockWatch {
  let wall = Date.now()
  let running = performance.now()
  let isWriting = false

  /** Time that the clock would show now if it had not been set since the last update. */
  const expected = () => wall + (performance.now() - running)

  async function update(change: (record: ExpiryRecord, now: number) => ExpiryRecord) {
    let written: ExpiryRecord | null = null
    await store.transact([expiryKey], ([stored = null]) => {
      if (isForeign(stored)) return new Map()
      const now = Date.now()
      written = change(note(stored, now, expected()), now)
      return new Map([[expiryKey, written]])
    })
    wall = Date.now()
    running = performance.now()
    return written
  }

  return {
    update,
    async read() {
      const stored = await store.get(expiryKey)
      return isForeign(stored) ? null : note(stored, Date.now(), expected())
    },
    async begin() {
      try {
        if (isNotable(await store.get(expiryKey), Date.now())) await update((record) => record)
      } catch {
        // The next page or save checks again.
      }
    },
    check() {
      if (isWriting || Math.abs(Date.now() - expected()) <= CORRECTION_MS) return
      isWriting = true
      update((record) => record)
        .catch(() => {})
        .finally(() => {
          isWriting = false
        })
    },
  }
}
