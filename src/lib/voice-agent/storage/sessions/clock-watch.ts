import type { RecordStore } from '../database/record-store.js'
import { type ExpiryRecord, expiryKey, type StoredRecord } from '../records/record.js'
import { CORRECTION_MS, isForeign, isNotable, noteClock } from './expiry-proof.js'

/** Records the device's clock in the database, because sessions are deleted by it. */
export interface ClockWatch {
  /** Records the clock of a page that begins. Never rejects. */
  begin(): Promise<void>
  /** Compares the clock with the time that this page has run. Called before each save; writes only after a jump. */
  check(): void
  /** Changes the record, in one transaction. Resolves with it; null while a newer build owns it. */
  update(change: (record: ExpiryRecord, now: number) => ExpiryRecord): Promise<ExpiryRecord | null>
  /** Resolves with what `update` would write, without writing, because the disk may be full. */
  read(): Promise<ExpiryRecord | null>
}

/** Adds the reading `now` to the stored record. `seen`: the clock's time now, had it not been set in this page. */
function note(stored: StoredRecord | null, now: number, seen: number): ExpiryRecord {
  // First the time without the jump, or a clock that was set back within this page would not be noticed.
  return noteClock(Math.abs(now - seen) > CORRECTION_MS ? noteClock(stored, seen) : stored, now)
}

export function createClockWatch(store: RecordStore): ClockWatch {
  let wall = Date.now()
  let running = performance.now()
  let isWriting = false

  /** Time that the clock would show now if it had not been set since the last look. */
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
        // The next page, or the next save, looks again.
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
