import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ByteBatch, ByteStore } from '../../../../src/lib/voice-agent/storage/stores/byte-store.js'
import { checkStore } from '../../../../src/lib/voice-agent/storage/stores/checked-store.js'
import { memoryStores } from '../../../../src/lib/voice-agent/storage/stores/memory-store.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const limits = { readMs: 1_000, writeMs: 3_000 }
const batch = (value: number): ByteBatch => ({
  expect: [],
  remove: [],
  put: [{ key: 'a', value: Uint8Array.of(value), updatedAt: null }],
  durability: 'relaxed',
})
const broken = (parts: Record<string, unknown>) =>
  checkStore({ ...(memoryStores()('x') as ByteStore), ...parts } as ByteStore, limits)

/** Writes that a test settles. */
function heldWrites() {
  const answers: ((answer: 'written' | 'conflict') => void)[] = []
  const begun: number[] = []
  const write = (one: ByteBatch) => {
    begun.push(one.put[0]?.value[0] ?? 0)
    return new Promise<'written' | 'conflict'>((resolve) => {
      answers.push(resolve)
    })
  }
  return { answers, begun, write }
}

it("passes a write on in the caller's task, and the next one after its response", async () => {
  const { answers, begun, write } = heldWrites()
  const store = broken({ write })
  const [first, second] = [store.write(batch(1)), store.write(batch(2))]
  expect(begun).toEqual([1])
  answers[0]?.('written')
  await expect(first).resolves.toBe('written')
  await vi.advanceTimersByTimeAsync(0)
  expect(begun).toEqual([1, 2])
  answers[1]?.('conflict')
  await expect(second).resolves.toBe('conflict')
})

it('starts no write behind one that has not settled, because it could overtake it', async () => {
  const { answers, begun, write } = heldWrites()
  const store = broken({ write })
  const late = expect(store.write(batch(1))).rejects.toMatchObject({ code: 'storage-write-failed' })
  const behind = expect(store.write(batch(2))).rejects.toMatchObject({ code: 'storage-write-failed' })
  await vi.advanceTimersByTimeAsync(limits.writeMs)
  await late
  await behind
  await expect(store.write(batch(3))).rejects.toMatchObject({ code: 'storage-write-failed' })
  expect(begun).toEqual([1])
  // Its late response lets the next one through.
  answers[0]?.('written')
  await vi.advanceTimersByTimeAsync(0)
  const next = store.write(batch(4))
  expect(begun).toEqual([1, 4])
  answers[1]?.('written')
  await expect(next).resolves.toBe('written')
})

it('times out a read that is not answered', async () => {
  const store = broken({ read: () => new Promise(() => {}) })
  const read = expect(store.read(['a'])).rejects.toMatchObject({
    code: 'storage-unreachable',
    recoverable: true,
  })
  await vi.advanceTimersByTimeAsync(limits.readMs)
  await read
})

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['too few values', { values: [], ranges: [[]] }],
  ['text for a value', { values: ['a'], ranges: [[]] }],
  ['undefined for a value', { values: [undefined], ranges: [[]] }],
  ['no ranges', { values: [null], ranges: [] }],
  ['an entry without a value', { values: [null], ranges: [[{ key: 'b' }]] }],
  ['an entry of another range', { values: [null], ranges: [[{ key: 'z', value: new Uint8Array() }]] }],
  [
    'entries in another order',
    { values: [null], ranges: [['c', 'b'].map((key) => ({ key, value: new Uint8Array() }))] },
  ],
  [
    'more entries than asked for',
    { values: [null], ranges: [['b', 'c', 'd'].map((key) => ({ key, value: new Uint8Array() }))] },
  ],
])('treats %s as an error, not as a missing value', async (_what, answer) => {
  const store = broken({ read: async () => answer })
  await expect(store.read(['a'], [{ lower: 'b', upper: 'e', limit: 2 }])).rejects.toMatchObject({
    code: 'storage-unreachable',
    message: expect.stringContaining('storeConformance'),
  })
})

it.each<[string, unknown]>([
  ['no list', {}],
  ['a time that is text', [{ key: 'a', updatedAt: '1' }]],
  ['a place in front of the one to continue behind', [{ key: 'a', updatedAt: 1 }]],
  ['a time that is too late', [{ key: 'a', updatedAt: 9 }]],
  [
    'an unordered page',
    [
      { key: 'a', updatedAt: 5 },
      { key: 'a', updatedAt: 4 },
    ],
  ],
])('treats an index with %s as an error', async (_what, answer) => {
  const store = broken({ readIndex: async () => answer })
  const query = { limit: 2, below: 9, after: { updatedAt: 3, key: 'x' } }
  await expect(store.readIndex(query)).rejects.toMatchObject({ code: 'storage-unreachable' })
})

it.each([undefined, true, 'ok', { written: true }])('rejects %s as the result of a write', async (answer) => {
  const store = broken({ write: async () => answer })
  await expect(store.write(batch(1))).rejects.toMatchObject({ code: 'storage-write-failed' })
})

it('names the method that a store lacks', () => {
  expect(() => broken({ readIndex: undefined })).toThrow('readIndex()')
  expect(() => checkStore(undefined as unknown as ByteStore)).toThrow('read()')
})

it("recognises a full disk by the error's name, and passes other errors on as a cause", async () => {
  const full = Object.assign(new Error(''), { name: 'QuotaExceededError' })
  const store = broken({ write: () => Promise.reject(full) })
  await expect(store.write(batch(1))).rejects.toMatchObject({ code: 'storage-quota' })
  const cause = new Error('connection refused')
  const failing = broken({
    read: () => {
      throw cause
    },
  })
  await expect(failing.read(['a'])).rejects.toMatchObject({ code: 'storage-unreachable', cause })
})
