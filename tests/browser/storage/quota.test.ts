import { afterEach, expect, test, vi } from 'vitest'
import type { StorageOptions } from '../../../src/lib/voice-agent/storage/index.js'
import type { OnQuotaExceeded } from '../../../src/lib/voice-agent/storage/sessions/make-room.js'
import { isWebKit } from './engine.js'
import { deleteRaw, openStorage, proveAge, storedOf } from './fixture.js'
import { snapshotOf } from './snapshots.js'

afterEach(() => {
  vi.restoreAllMocks()
})

/** A tab with a saved session, and two closed conversations that are larger than its next save. */
async function openBesideClosed(options: StorageOptions = {}) {
  const tab = await openStorage(options)
  const { databaseName } = tab
  await tab.records.setItem('s1', snapshotOf({}))
  const closed = await openStorage({ databaseName })
  for (const [id, updatedAt] of [
    ['older', 10],
    ['newer', 20],
  ] as const) {
    await closed.records.setItem(id, snapshotOf({ id, updatedAt, tabId: 'closed', length: 60 }))
  }
  closed.tab.release()
  await closed.records.close()
  const deleted: unknown[] = []
  tab.records.onDeleted((...args) => deleted.push(args))
  return { ...tab, deleted }
}

type Tab = Awaited<ReturnType<typeof openBesideClosed>>

/** Makes writes fail for lack of space until something is deleted. */
function fillDisk(): () => void {
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError')
  })
  const original = IDBObjectStore.prototype.delete
  vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(function (this: IDBObjectStore, query) {
    // A save adds and deletes a tombstone, which frees nothing.
    if (!String(query).startsWith('meta/erased/')) put.mockRestore()
    return original.call(this, query)
  })
  return () => vi.restoreAllMocks()
}

const save = ({ records }: Tab) => records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
const idsOf = async ({ records }: Tab) => (await records.list()).map(({ id }) => id).sort()

test('a full disk deletes no conversation unless the app chooses one', async () => {
  const tab = await openBesideClosed()
  const empty = fillDisk()
  await expect(save(tab)).rejects.toMatchObject({ code: 'storage-quota' })
  empty()
  expect(await idsOf(tab)).toEqual(['newer', 'older', 's1'])
  expect(tab.deleted).toEqual([])
  expect(tab.statuses.at(-1)).toMatchObject(['degraded', { code: 'storage-quota' }])
})

test('the app chooses among closed conversations, oldest first, and is notified of what was deleted', async () => {
  const onQuotaExceeded = vi.fn<OnQuotaExceeded>(async ({ candidates }) => [
    candidates[0]?.id ?? '',
    's1',
    'invented',
  ])
  const tab = await openBesideClosed({ onQuotaExceeded })
  fillDisk()
  await save(tab)
  const [{ neededBytes, candidates } = { neededBytes: 0, candidates: [] }] =
    onQuotaExceeded.mock.lastCall ?? []
  expect(neededBytes).toBeGreaterThan(500)
  expect(candidates).toMatchObject([
    { id: 'older', updatedAt: 10, messageCount: 60 },
    { id: 'newer', updatedAt: 20, messageCount: 60 },
  ])
  expect(candidates.every(({ bytes }) => bytes > 5000)).toBe(true)
  expect(await idsOf(tab)).toEqual(['newer', 's1'])
  expect(tab.deleted).toEqual([[['older'], 'quota']])
  expect(tab.statuses).toEqual([['persistent', null]])
})

test('expired sessions make room without asking, and no more than needed', async () => {
  const onQuotaExceeded = vi.fn<OnQuotaExceeded>(() => [])
  const tab = await openBesideClosed({ onQuotaExceeded })
  // A page learns the retention from its first cleanup.
  await tab.records.removeExpired(50, [])
  await proveAge(tab.databaseName, 50)
  fillDisk()
  await save(tab)
  expect(tab.deleted).toEqual([[['older'], 'quota']])
  expect(onQuotaExceeded).not.toHaveBeenCalled()
})

test('a conversation whose key is missing makes room without asking', async () => {
  const tab = await openBesideClosed()
  await deleteRaw(tab.databaseName, 'key/session/newer')
  fillDisk()
  await save(tab)
  expect(tab.deleted).toEqual([[['newer'], 'quota']])
})

test.skipIf(isWebKit)(
  'the app is not asked and nothing is deleted if deleting everything would not be enough',
  async () => {
    const onQuotaExceeded = vi.fn<OnQuotaExceeded>(({ candidates }) => candidates.map(({ id }) => id))
    const tab = await openBesideClosed({ onQuotaExceeded })
    vi.spyOn(navigator.storage, 'estimate').mockResolvedValue({ usage: 5_000_000, quota: 3_000_000 })
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('', 'QuotaExceededError')
    })
    await expect(save(tab)).rejects.toMatchObject({ code: 'storage-quota' })
    put.mockRestore()
    expect(onQuotaExceeded).not.toHaveBeenCalled()
    expect(await idsOf(tab)).toEqual(['newer', 'older', 's1'])
  },
)

test.for<[string, OnQuotaExceeded]>([
  ['throws', () => Promise.reject(new Error('No.'))],
  ['returns no list', () => 'older' as unknown as string[]],
  ['chooses nothing', () => []],
])('a choice that %s deletes nothing, and is not requested with every save', async ([, answer]) => {
  const onQuotaExceeded = vi.fn(answer)
  const tab = await openBesideClosed({ onQuotaExceeded })
  fillDisk()
  await expect(save(tab)).rejects.toMatchObject({ code: 'storage-quota' })
  const again = tab.records.setItem('s1', snapshotOf({ length: 5, revision: 3 }))
  await expect(again).rejects.toMatchObject({ code: 'storage-quota' })
  expect(onQuotaExceeded).toHaveBeenCalledTimes(1)
  vi.restoreAllMocks()
  expect(await idsOf(tab)).toEqual(['newer', 'older', 's1'])
})

test('a conversation that is opened while the app chooses is not deleted', async () => {
  const databaseName = `quota-${crypto.randomUUID()}`
  const other = await openStorage({ databaseName })
  const tab = await openBesideClosed({
    databaseName,
    async onQuotaExceeded() {
      await other.records.getItem('older')
      return ['older']
    },
  })
  fillDisk()
  await expect(save(tab)).rejects.toMatchObject({ code: 'storage-quota' })
  vi.restoreAllMocks()
  expect(await idsOf(tab)).toEqual(['newer', 'older', 's1'])
})

test('the last words of a conversation that ended while the disk was full are stored once there is space', async () => {
  const tab = await openBesideClosed()
  const empty = fillDisk()
  await expect(save(tab)).rejects.toMatchObject({ code: 'storage-quota' })
  await tab.records.release('s1')
  empty()
  expect(await tab.records.getItem('s1')).toEqual(storedOf({ length: 4, revision: 2 }))
})

test('the tab keeps the last words of a conversation that ended on a full disk until there is space', async () => {
  const tab = await openBesideClosed()
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError')
  })
  await expect(save(tab)).rejects.toMatchObject({ code: 'storage-quota' })
  await tab.records.release('s1')
  const still = await tab.reload()
  expect(await still.records.getItem('s1')).toEqual(storedOf({}))
  await still.records.release('s1')
  put.mockRestore()
  expect(await (await still.reload()).records.getItem('s1')).toEqual(storedOf({ length: 4, revision: 2 }))
})

test('nothing is left of a conversation that ended while the disk was full and was deleted afterwards', async () => {
  const tab = await openBesideClosed()
  const empty = fillDisk()
  await expect(save(tab)).rejects.toMatchObject({ code: 'storage-quota' })
  await tab.records.release('s1')
  empty()
  await tab.records.removeItem('s1')
  const left = Object.entries({ ...sessionStorage }).filter(([name]) => name.includes(tab.databaseName))
  expect(left.filter((entry) => entry.join().includes('s1'))).toEqual([])
  expect(await (await tab.reload()).records.getItem('s1')).toBeNull()
})
