import { deleteDB, openDB } from 'idb'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { openStorage, rawRecords } from './fixture.js'
import { freshName } from './persisted-store.js'
import { snapshotOf } from './snapshots.js'
import { openPage, openTalkingTab } from './voice-app.js'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const lost = () =>
  new DOMException(
    'Connection to Indexed Database server lost. Refresh the page to try again',
    'UnknownError',
  )

/** Breaks the connections that are open now, but none that is opened later. Returns the number of broken requests. */
function breakConnections(
  how: 'throws' | 'aborts',
  name: 'UnknownError' | 'AbortError' | 'InvalidStateError',
) {
  const opened = new WeakSet<IDBDatabase>()
  const { open } = IDBFactory.prototype
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...args) {
    const request = open.apply(this, args)
    request.addEventListener('success', () => opened.add(request.result))
    request.addEventListener('upgradeneeded', () => opened.add(request.result))
    return request
  })
  const { transaction } = IDBDatabase.prototype
  const broken = { requests: 0 }
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    if (opened.has(this)) return transaction.apply(this, args)
    broken.requests++
    if (how === 'throws') throw name === 'UnknownError' ? lost() : new DOMException('', name)
    const begun = transaction.apply(this, args)
    // Explicitly committed ones can't be aborted.
    begun.commit = () => begun.abort()
    if (args[1] !== 'readwrite') queueMicrotask(() => begun.abort())
    return begun
  })
  return broken
}

const faults = [
  ['throws', 'UnknownError'],
  ['throws', 'InvalidStateError'],
  ['aborts', 'AbortError'],
] as const

test.each(faults)('a connection that %s %s is replaced: reads are retried', async (how, name) => {
  const { records, reload } = await openStorage()
  await records.setItem('s1', snapshotOf({ length: 140 }))
  const next = await reload()
  const broken = breakConnections(how, name)
  expect(await next.records.getItem('s1')).toMatchObject(snapshotOf({ length: 140 }))
  expect(broken.requests).toBeGreaterThan(0)
  expect(await next.records.list()).toMatchObject([{ id: 's1' }])
})

test.each(faults)('a connection that %s %s is replaced: everything is saved again', async (how, name) => {
  const databaseName = freshName('replaced')
  const page = await openTalkingTab({ databaseName }, 'one')
  const broken = breakConnections(how, name)
  page.agent.sendText('two')
  // The save that is cut off fails, and later ones succeed.
  await page.persistor.flush().catch(() => undefined)
  const isSaved = () =>
    expect(page.state().session).toMatchObject({
      storage: 'persistent',
      error: null,
      lastSavedAt: expect.any(Number),
    })
  await vi.waitFor(isSaved)
  expect(broken.requests).toBeGreaterThan(0)
  await page.persistor.flush()
  vi.restoreAllMocks()
  await page.voiceAgent.dispose()
  const after = openPage({ databaseName })
  await after.sessionManager.initialize()
  expect(after.texts()).toEqual(['one', 'two'])
})

test.each(faults)('a connection that %s %s is replaced: a deletion is retried', async (how, name) => {
  const { records, databaseName } = await openStorage()
  await records.setItem('s1', snapshotOf({ length: 3 }))
  breakConnections(how, name)
  await records.removeItem('s1')
  vi.restoreAllMocks()
  expect((await rawRecords(databaseName)).size).toBe(0)
})

test('reads of a store that another page blocks forever time out with a reason', async () => {
  const stored = await openStorage()
  await stored.records.setItem('s1', snapshotOf({ length: 3 }))
  const { records, databaseName } = await stored.reload()
  const holder = await openDB(databaseName)
  let isHeld = true
  onTestFinished(() => {
    isHeld = false
  })
  const store = holder.transaction('records', 'readwrite').objectStore('records')
  const hold = async () => {
    while (isHeld) await store.get('nothing')
    holder.close()
  }
  void hold()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const refused = expect(records.getItem('s1')).rejects.toMatchObject({ code: 'storage-unreachable' })
  const listed = expect(records.list()).rejects.toMatchObject({ code: 'storage-unreachable' })
  await vi.waitUntil(() => vi.getTimerCount() >= 2, { interval: 0 })
  await vi.advanceTimersByTimeAsync(10_000)
  await listed
  await vi.advanceTimersByTimeAsync(10_000)
  await refused
  vi.useRealTimers()
  isHeld = false
  // The store responds again, and nothing was written meanwhile.
  await vi.waitFor(async () => expect(await records.getItem('s1')).toMatchObject(snapshotOf({ length: 3 })))
})

test('a storage that closes while it creates a session leaves no key behind', async () => {
  const { records, databaseName } = await openStorage()
  const creating = records.create('s1')
  await records.close()
  expect(await creating).toBeNull()
  expect([...(await rawRecords(databaseName)).keys()]).toEqual([])
})

test('a connection that is being replaced while the storage closes does not stay open', async () => {
  const connected = vi.spyOn(IDBFactory.prototype, 'open')
  const closed = vi.spyOn(IDBDatabase.prototype, 'close')
  const { records, databaseName } = await openStorage()
  await deleteDB(databaseName)
  const listing = records.list()
  await records.close()
  await expect(listing).rejects.toMatchObject({ code: 'storage-unavailable' })
  expect(connected).toHaveBeenCalledTimes(2)
  expect(closed).toHaveBeenCalledTimes(connected.mock.calls.length)
})
