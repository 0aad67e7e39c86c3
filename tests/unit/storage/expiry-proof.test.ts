import { afterEach, expect, test, vi } from 'vitest'
import type { Decide, RecordStore } from '../../../src/lib/voice-agent/storage/database/record-store.js'
import { expiryKey, type StoredRecord } from '../../../src/lib/voice-agent/storage/records/record.js'
import {
  createClockWatch,
  findProof,
  isNotable,
  noteClock,
  sight,
} from '../../../src/lib/voice-agent/storage/sessions/expiry-proof.js'

afterEach(() => vi.useRealTimers())

const day = 86_400_000
const start = 1_700_000_000_000
const retention = 7 * day

/** The record of a database that has been in use for a long time, last at `start`. */
const seasoned = () => ({ ...noteClock(null, start), sinceJump: 100 * day })
const proofAt = (record: ReturnType<typeof seasoned>, now: number, page = 'second') =>
  findProof(noteClock(record, now), { now, before: now - retention, page })

test('a mark proves nothing in its own page, or within a day', () => {
  const marked = sight(seasoned(), start, start - retention, 'first')
  expect(proofAt(marked, start + 0.9 * day)).toBeNull()
  expect(proofAt(marked, start + 2 * day, 'first')).toBeNull()
  expect(proofAt(marked, start + day)).toEqual({ before: start - retention, from: null })
})

test("a longer retention than the mark's counts", () => {
  const marked = sight(seasoned(), start, start, 'first')
  expect(proofAt(marked, start + day)?.before).toBe(start + day - retention)
})

test.for([
  ['back by two minutes', [-2 / 1440]],
  ['forward by a year', [365]],
  ['back and forward', [-300, 0.1]],
])('a clock that went %s drops the mark and starts the long wait', ([, days]) => {
  let record = sight(seasoned(), start, start - retention, 'first')
  for (const shift of days as number[]) record = noteClock(record, start + shift * day)
  expect(record).toMatchObject({ mark: null, sinceJump: 0 })
  const marked = sight(record, record.lastSeen, record.lastSeen - retention, 'first')
  expect(proofAt(marked, record.lastSeen + 6 * day)).toBeNull()
  expect(proofAt(marked, record.lastSeen + 7 * day)).not.toBeNull()
})

test('a correction of seconds and an absence of four weeks are not jumps', () => {
  const marked = sight(seasoned(), start, start - retention, 'first')
  const corrected = noteClock(marked, start - 30_000)
  expect(corrected).toMatchObject({ mark: marked.mark, lastSeen: start })
  expect(noteClock(corrected, start + 28 * day).mark).toEqual(marked.mark)
})

test('the clock is recorded before the first save after a jump, and once a day', () => {
  const record = seasoned()
  expect(isNotable(null, start)).toBe(true)
  expect(isNotable(record, start + 3_600_000)).toBe(false)
  expect(isNotable(record, start + 1.1 * day)).toBe(true)
  expect(isNotable(record, start - day)).toBe(true)
  expect(isNotable(record, start + 365 * day)).toBe(true)
})

test('an invalid record is replaced, and one from a newer build is left alone', () => {
  const broken = { v: 1, kind: 'meta', name: 'expiry', lastSeen: 'x' } as never
  expect(noteClock(broken, start)).toMatchObject({ mark: null, sinceJump: 0, lastSeen: start })
  expect(isNotable({ ...seasoned(), v: 99 }, start + 365 * day)).toBe(false)
})

test('a jump of the clock that several open pages notice is noted once', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: start })
  const marked = sight(seasoned(), start, start - retention, 'first')
  let stored: StoredRecord = marked
  const store = {
    get: async () => stored,
    transact: async (_keys: readonly string[], decide: Decide) => {
      stored = decide([stored]).get(expiryKey) ?? stored
    },
  } as unknown as RecordStore
  const pages = [createClockWatch(store), createClockWatch(store)]
  // The device slept.
  vi.setSystemTime(start + day)
  for (const page of pages) await page.update((record) => record)
  expect(stored).toEqual({ ...marked, lastSeen: start + day, highest: start + day })
  // The clock is set back while the pages are open.
  vi.setSystemTime(start)
  for (const page of pages) await page.update((record) => record)
  expect(stored).toMatchObject({ mark: null, sinceJump: 0, lastSeen: start })
})
