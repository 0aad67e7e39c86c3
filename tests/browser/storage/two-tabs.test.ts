import { expect, test, vi } from 'vitest'
import { deleteRaw, occupy, openStorage, proveAge, rawRecords, storedOf } from './fixture.js'
import { snapshotOf } from './snapshots.js'

const lockOf = (databaseName: string, id: string) => `redux-voice-agent:${databaseName}:session:${id}`

/** Two tabs on one database. The first one has a saved session. */
async function openTwoTabs() {
  const first = await openStorage()
  await first.records.setItem('s1', snapshotOf({ length: 3 }))
  const second = await openStorage({ databaseName: first.databaseName })
  return { first, second, databaseName: first.databaseName }
}

const refusal = { code: 'session-open-elsewhere' }

test('a session that is open in another tab is neither opened nor written until that tab releases it', async () => {
  const { first, second, databaseName } = await openTwoTabs()
  await expect(second.records.getItem('s1')).rejects.toMatchObject(refusal)
  const before = await rawRecords(databaseName)
  const written = second.records.setItem('s1', snapshotOf({ length: 9, revision: 9 }))
  await expect(written).rejects.toMatchObject(refusal)
  expect(await rawRecords(databaseName)).toStrictEqual(before)
  expect(await second.records.list()).toHaveLength(1)

  await first.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  await first.records.release('s1')
  expect(await second.records.getItem('s1')).toEqual(storedOf({ length: 4, revision: 2 }))
  await expect(first.records.getItem('s1')).rejects.toMatchObject(refusal)
})

test('what another tab saved last before releasing a session is read, however soon it is requested', async () => {
  const { first, second } = await openTwoTabs()
  let left = () => {}
  const leaving = new Promise<void>((resolve) => {
    left = resolve
  })
  const request = navigator.locks.request.bind(navigator.locks) as (...args: unknown[]) => Promise<unknown>
  const asked = vi.spyOn(navigator.locks, 'request').mockImplementationOnce((async (...args: unknown[]) => {
    await leaving
    return request(...args)
  }) as typeof navigator.locks.request)
  const getAll = vi.spyOn(IDBObjectStore.prototype, 'getAll')
  const read = second.records.getItem('s1')
  await vi.waitUntil(() => getAll.mock.results[0]?.value.readyState === 'done')
  await first.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  await first.records.release('s1')
  left()
  expect(await read).toEqual(storedOf({ length: 4, revision: 2 }))
  asked.mockRestore()
  getAll.mockRestore()
})

test('a tab that deletes a session and closes immediately still tells the tab that has it open', async () => {
  const { first, second } = await openTwoTabs()
  const removed = second.records.removeItem('s1')
  await second.records.close()
  await removed
  await expect.poll(() => first.statuses.at(-1)?.[1]?.code).toBe('session-missing')
  const written = first.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  await expect(written).rejects.toMatchObject({ code: 'session-missing' })
})

test('the list shows which session another tab has open, and not the one that is open here', async () => {
  const { first, second } = await openTwoTabs()
  expect(await first.records.list()).toMatchObject([{ id: 's1', isOpenElsewhere: false }])
  expect(await second.records.list()).toMatchObject([{ id: 's1', isOpenElsewhere: true }])
  await first.records.release('s1')
  expect(await second.records.list()).toMatchObject([{ id: 's1', isOpenElsewhere: false }])
})

test('of two concurrent requests for a session, the later one gets it', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const { records, statuses } = await storage.reload()
  const first = records.getItem('s1')
  const second = records.getItem('s1')
  await expect(first).rejects.toMatchObject({ code: 'superseded' })
  expect(await second).toEqual(storedOf({ length: 3 }))
  await records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  expect(statuses).toEqual([['persistent', null]])
})

test('a session that this tab never read is not written while another tab has it', async () => {
  const { second } = await openTwoTabs()
  const written = second.records.setItem('s1', snapshotOf({ length: 9, revision: 9 }))
  await expect(written).rejects.toMatchObject(refusal)
})

test('without Web Locks, the other tab is still detected by asking', async () => {
  const descriptor = Object.getOwnPropertyDescriptor(Navigator.prototype, 'locks')
  Object.defineProperty(Navigator.prototype, 'locks', { value: undefined, configurable: true })
  try {
    const { first, second } = await openTwoTabs()
    // A busy machine may need longer for the answer than a page waits for it.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await expect(second.records.getItem('s1')).rejects.toMatchObject(refusal)
    vi.useRealTimers()
    await first.records.release('s1')
    expect(await second.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
  } finally {
    if (descriptor) Object.defineProperty(Navigator.prototype, 'locks', descriptor)
  }
})

test('a tab whose session another one took over stops writing it, and says so', async () => {
  const { first, databaseName } = await openTwoTabs()
  const before = await rawRecords(databaseName)
  await new Promise<void>((granted) => {
    void navigator.locks.request(lockOf(databaseName, 's1'), { steal: true }, () => granted())
  })
  await vi.waitFor(() => expect(first.statuses.at(-1)).toMatchObject(['degraded', refusal]))
  const written = first.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  await expect(written).rejects.toMatchObject(refusal)
  expect(await rawRecords(databaseName)).toStrictEqual(before)
})

test('a page that was blocked while another one took over its session does not overwrite what that page saved', async () => {
  let wake = () => {}
  const awake = new Promise<void>((resolve) => {
    wake = resolve
  })
  // The blocked page responds to nothing, and learns about its locks once it wakes up.
  const request = navigator.locks.request.bind(navigator.locks) as (...args: unknown[]) => Promise<unknown>
  const late = vi.spyOn(navigator.locks, 'request').mockImplementation((async (...args: unknown[]) =>
    request(...args).catch(async (error: unknown) => {
      await awake
      throw error
    })) as typeof navigator.locks.request)
  const { first, second, databaseName } = await openTwoTabs()
  late.mockRestore()
  const post = BroadcastChannel.prototype.postMessage
  const silent = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(function (
    this: BroadcastChannel,
    data: { kind?: string },
  ) {
    if (data.kind !== 'pong') post.call(this, data)
  })
  expect(await second.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
  silent.mockRestore()
  await second.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  const before = await rawRecords(databaseName)

  const query = navigator.locks.query.bind(navigator.locks)
  const asked = vi.spyOn(navigator.locks, 'query').mockImplementation(() => awake.then(query))
  const written = first.records.setItem('s1', snapshotOf({ length: 9, revision: 9 }))
  const refused = expect(written).rejects.toMatchObject(refusal)
  await vi.waitUntil(() => asked.mock.calls.length > 0)
  wake()
  await refused
  asked.mockRestore()
  expect(first.statuses.at(-1)).toMatchObject(['degraded', refusal])
  expect(await rawRecords(databaseName)).toStrictEqual(before)
}, 30_000)

test('a session that another tab deletes is no longer written, and the tab that had it says so', async () => {
  const { first, second, databaseName } = await openTwoTabs()
  first.records.stage(snapshotOf({ length: 4, revision: 2 }))
  await second.records.removeItem('s1')
  const deleted = { code: 'session-missing', message: expect.stringContaining('another tab') }
  await vi.waitFor(() => expect(first.statuses.at(-1)).toMatchObject(['degraded', deleted]))
  first.records.flushSync()
  const written = first.records.setItem('s1', snapshotOf({ length: 5, revision: 3 }))
  await expect(written).rejects.toMatchObject({ code: 'session-missing' })
  expect((await rawRecords(databaseName)).size).toBe(0)
})

test('a save in flight while another tab deleted the session is taken back', async () => {
  let tell = () => {}
  const post = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(function (
    this: BroadcastChannel,
    id: unknown,
  ) {
    if (!this.name.endsWith(':deleted')) return
    tell = () => {
      post.mockRestore()
      this.postMessage(id)
    }
  })
  const { first, second, databaseName } = await openTwoTabs()
  await second.records.removeItem('s1')
  const release = await occupy(databaseName)
  const put = vi.spyOn(IDBObjectStore.prototype, 'put')
  const saved = first.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  const refused = expect(saved).rejects.toMatchObject({ code: 'session-missing' })
  await vi.waitUntil(() => put.mock.calls.length > 0)
  tell()
  await vi.waitUntil(() => first.statuses.at(-1)?.[1]?.code === 'session-missing')
  release()
  await refused
  await vi.waitFor(async () => expect((await rawRecords(databaseName)).size).toBe(0))
  put.mockRestore()
})

test('what any tab is writing is neither cleaned up nor deleted to make room, however old', async () => {
  const { second, databaseName } = await openTwoTabs()
  await proveAge(databaseName, 1e9)
  expect(await second.records.removeExpired(1e9, [])).toBe(0)
  expect(await second.records.list()).toHaveLength(1)
})

test('a deletion in another tab that arrives after the session was released leaves nothing of it', async () => {
  const { first, databaseName } = await openTwoTabs()
  await first.records.release('s1')
  // This tab's last write arrived after the other one had deleted the records.
  await deleteRaw(databaseName, 'key/session/s1')
  const channel = new BroadcastChannel(`redux-voice-agent:${databaseName}:deleted`)
  channel.postMessage('s1')
  await vi.waitFor(async () => expect([...(await rawRecords(databaseName)).keys()]).toEqual([]))
  channel.close()
})

test('unsaved words of a session that another tab deletes are not left in the journal', async () => {
  const { first, databaseName } = await openTwoTabs()
  const journalled = vi.spyOn(Storage.prototype, 'setItem')
  const encrypt = vi.spyOn(crypto.subtle, 'encrypt')
  first.records.stage(snapshotOf({ length: 5, revision: 9 }))
  await vi.waitUntil(() => encrypt.mock.results.length > 0)
  await Promise.all(encrypt.mock.results.map(({ value }) => value as Promise<ArrayBuffer>))
  const channel = new BroadcastChannel(`redux-voice-agent:${databaseName}:deleted`)
  channel.postMessage('s1')
  await vi.waitFor(() => expect(first.statuses.at(-1)?.[1]?.code).toBe('session-missing'))
  channel.close()
  expect(journalled.mock.calls.filter(([name]) => name.includes(':journal:'))).toEqual([])
  vi.restoreAllMocks()
})
