import { openDB } from 'idb'
import { WebRTCVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { createOwnership } from '../../../src/lib/voice-agent/storage/tabs/ownership.js'
import { isWebKit } from './engine.js'
import { getRaw, openStorage, proveAge, putRaw, rawRecords } from './fixture.js'
import { snapshotOf } from './snapshots.js'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Stores sessions of closed tabs as heads and keys only, because they are never opened. */
async function seed(databaseName: string, length: number, updatedAt = 10) {
  const usages: KeyUsage[] = ['encrypt', 'decrypt']
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, usages)
  const db = await openDB(databaseName)
  const { store, done } = db.transaction('records', 'readwrite')
  const data = new ArrayBuffer(200)
  for (let index = 0; index < length; index++) {
    const sessionId = `old-${String(index).padStart(5, '0')}`
    const fields = { sessionId, tabId: 'closed', createdAt: 1, updatedAt, messageCount: 1 }
    const head = { v: 1, kind: 'head', schema: 1, revision: 1, segmentCount: 0, ...fields, iv: data, data }
    void store.put(
      { v: 1, kind: 'key', owner: `session/${sessionId}`, updatedAt, key },
      `key/session/${sessionId}`,
    )
    void store.put(head, `session/${sessionId}/head`)
  }
  await done
  db.close()
  // A page writes it once, in parallel with the measured work, so it might or might not be counted.
  await vi.waitFor(async () => expect(await getRaw(databaseName, 'meta/expiry')).toBeDefined())
}

/** Counts all IndexedDB requests from now on, by method. */
function countRequests() {
  const requests = [
    ...(['get', 'getAll', 'getAllKeys', 'put', 'delete', 'openCursor'] as const).map((method) => ({
      name: method,
      spy: vi.spyOn(IDBObjectStore.prototype, method),
    })),
    ...(['get', 'getAll', 'getAllKeys', 'openCursor', 'openKeyCursor'] as const).map((method) => ({
      name: `index.${method}`,
      spy: vi.spyOn(IDBIndex.prototype, method),
    })),
  ]
  return () =>
    Object.fromEntries(
      requests
        .map(({ name, spy }) => [name, spy.mock.calls.length] as const)
        .filter(([, calls]) => calls > 0),
    )
}

test('a run deletes a hundred of ten thousand old sessions in one transaction and loads no others', async () => {
  const { records, databaseName } = await openStorage()
  await seed(databaseName, 10_000)
  await proveAge(databaseName, 50)
  const requests = countRequests()
  const deleted = vi.spyOn(IDBObjectStore.prototype, 'delete')
  expect(await records.removeExpired(50, [])).toBe(100)
  // One page of the index, keys only. For each session, its head and its mark, and both again before it is deleted.
  // Each write that puts something also adds and deletes a tombstone, which fails if everything was erased meanwhile.
  expect(requests()).toEqual({ get: 402, put: 2, delete: 502, 'index.openKeyCursor': 1 })
  const transactions = deleted.mock.contexts
    .filter((_store, call) => !String(deleted.mock.calls[call]?.[0]).startsWith('meta/erased/'))
    .map((store) => (store as IDBObjectStore).transaction)
  expect(new Set(transactions).size).toBe(1)
  vi.restoreAllMocks()
  expect((await rawRecords(databaseName)).size).toBe(19_800)
  expect(await records.removeExpired(50, [])).toBe(100)
})

test('ten thousand sessions are listed with one index read, without loading records or using keys', async () => {
  const { records, databaseName } = await openStorage()
  await seed(databaseName, 10_000)
  const requests = countRequests()
  const decrypt = vi.spyOn(crypto.subtle, 'decrypt')
  const sessions = await records.list()
  expect(sessions).toHaveLength(10_000)
  expect(sessions[0]).toEqual({
    id: 'old-09999',
    tabId: 'closed',
    createdAt: 1,
    updatedAt: 10,
    messageCount: 1,
    isOpenElsewhere: false,
  })
  expect(requests()).toEqual({ 'index.getAll': 1, 'index.getAllKeys': 1 })
  const { results } = vi.mocked(IDBIndex.prototype.getAll).mock
  const loaded = results.flatMap(({ value }) => (value as IDBRequest<{ kind: string }[]>).result)
  expect(new Set(loaded.map(({ kind }) => kind))).toEqual(new Set(['head']))
  expect(decrypt).not.toHaveBeenCalled()
})

test('while one tab cleans up, another one leaves it alone', async () => {
  const { records, databaseName } = await openStorage()
  await seed(databaseName, 3)
  await proveAge(databaseName, 50)
  const release = await new Promise<() => void>((held) => {
    void navigator.locks.request(`redux-voice-agent:${databaseName}:cleanup`, () => new Promise<void>(held))
  })
  expect(await records.removeExpired(50, [])).toBe(0)
  release()
  // The lock is free once the next request for it is granted.
  await navigator.locks.request(`redux-voice-agent:${databaseName}:cleanup`, () => {})
  const [one, other] = await Promise.all([records.removeExpired(50, []), records.removeExpired(50, [])])
  expect([one, other]).toEqual([3, 0])
})

test('a session that another tab restores while old ones are collected is kept', async () => {
  const { records, databaseName } = await openStorage()
  await seed(databaseName, 3)
  await proveAge(databaseName, 50)
  const query = navigator.locks.query.bind(navigator.locks)
  const other = createOwnership(databaseName, 'session')
  onTestFinished(() => other.close())
  const taken = vi.spyOn(navigator.locks, 'query').mockImplementation(async () => {
    // The page has asked which sessions are live. Right afterwards, the other tab opens one.
    const answer = await query()
    taken.mockRestore()
    await other.acquire('old-00001')
    return answer
  })
  expect(await records.removeExpired(50, [])).toBe(2)
  expect([...(await rawRecords(databaseName)).keys()]).toEqual([
    'key/session/old-00001',
    'session/old-00001/head',
  ])
})

test('a session that was restored and left meanwhile is no longer old', async () => {
  const { records, databaseName } = await openStorage()
  await seed(databaseName, 2)
  await proveAge(databaseName, 50)
  const key = 'session/old-00001/head'
  const head = (await rawRecords(databaseName)).get(key)
  const openKeyCursor = IDBIndex.prototype.openKeyCursor
  const looked = vi.spyOn(IDBIndex.prototype, 'openKeyCursor').mockImplementation(function (
    this: IDBIndex,
    ...args
  ) {
    const request = openKeyCursor.apply(this, args)
    void putRaw(databaseName, key, { ...head, updatedAt: 100 })
    return request
  })
  expect(await records.removeExpired(50, [])).toBe(1)
  looked.mockRestore()
  expect((await records.list()).map(({ id }) => id)).toEqual(['old-00001'])
})

test('unused keys are deleted too, but not those of live sessions', async () => {
  const { records, databaseName } = await openStorage()
  await records.setItem('living', snapshotOf({ id: 'living', updatedAt: Date.now() }))
  await records.release('living')
  const key = (await rawRecords(databaseName)).get('key/session/living')
  const old = { ...key, updatedAt: 10 }
  await putRaw(databaseName, 'key/session/living', old)
  await putRaw(databaseName, 'key/session/unused', { ...old, owner: 'session/unused' })
  await putRaw(databaseName, 'key/value/cart', { ...old, owner: 'value/cart' })
  await proveAge(databaseName, 50)
  expect(await records.removeExpired(50, [])).toBe(0)
  const left = [...(await rawRecords(databaseName)).keys()].filter((name) => name.startsWith('key/'))
  expect(left).toEqual(['key/session/living', 'key/value/cart'])
})

test.skipIf(isWebKit)('a page deletes everything old, one run per idle period', async () => {
  const databaseName = `idle-${crypto.randomUUID()}`
  await (await openStorage({ databaseName })).records.list()
  await seed(databaseName, 250)
  await proveAge(databaseName, 50)
  // A busy browser may be idle only after a minute.
  const idle = vi.spyOn(window, 'requestIdleCallback').mockImplementation((run) => {
    setTimeout(() => run({ didTimeout: false, timeRemaining: () => 50 }))
    return 0
  })
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    persistence: { databaseName },
  })
  onTestFinished(() => agent.dispose())
  await agent.sessionManager.initialize()
  await vi.waitFor(async () => expect((await rawRecords(databaseName)).size).toBe(0))
  // 100, 100, 50, and one that finds nothing, plus the code of a call, once.
  await vi.waitFor(() => expect(idle).toHaveBeenCalledTimes(5))
})

/** Number of requests and entries that a page touches with this number of stored sessions. */
async function touchedBeside(length: number) {
  const { databaseName, records, reload } = await openStorage()
  await records.setItem('mine', snapshotOf({ id: 'mine', updatedAt: Date.now() }))
  await seed(databaseName, length)
  await proveAge(databaseName, 5)
  const requests = countRequests()
  const cursors = vi.spyOn(IDBCursor.prototype, 'continue')
  const page = await reload()
  await page.records.getItem('mine')
  // Not part of the restore, and finished before the counts are compared.
  await page.records.removeExpired(5, [])
  const first = await page.records.list({ limit: 50 })
  const counts = { ...requests(), 'cursor.continue': cursors.mock.calls.length }
  vi.restoreAllMocks()
  expect(first).toHaveLength(50)
  return counts
}

test('a page load, a cleanup and a page of the list touch as many records with ten thousand sessions as with a hundred', async () => {
  const few = await touchedBeside(100)
  expect(await touchedBeside(10_000)).toEqual(few)
})

test('sessions are listed in pages, each continuing after the last session of the previous one', async () => {
  const { records, databaseName } = await openStorage()
  await seed(databaseName, 120)
  await seed(databaseName, 7, 20)
  const all = await records.list()
  const paged = []
  for (let page = await records.list({ limit: 50 }); page.length > 0; ) {
    paged.push(...page)
    const last = page.at(-1)
    page = last ? await records.list({ limit: 50, before: last }) : []
  }
  expect(paged).toEqual(all)
  expect(all).toHaveLength(120)
  const [, second] = all
  expect(await records.list(second ? { before: second } : {})).toEqual(all.slice(2))
})
