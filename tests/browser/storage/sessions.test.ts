import { expect, test } from 'vitest'
import { openStorage, proveAge, rawRecords, storedOf, textOf } from './fixture.js'
import { message, messagesOf, snapshotOf } from './snapshots.js'

const segment = (seq: number, id = 's1') => `session/${id}/messages/${String(seq).padStart(8, '0')}`

test('a session is read as it was saved', async () => {
  const storage = await openStorage()
  const snapshot = snapshotOf({ length: 200, revision: 7 })
  await storage.records.create('s1')
  await storage.records.setItem('s1', snapshot)
  const reloaded = await storage.reload()
  expect(await reloaded.records.getItem('s1')).toEqual({ ...snapshot, keyProtection: 'plain' })
  expect(await reloaded.records.getItem('another')).toBeNull()
  expect(reloaded.statuses).toEqual([['persistent', null]])
})

test('a save rewrites only the segments that changed', async () => {
  const { records, databaseName } = await openStorage()
  const messages = messagesOf(200)
  await records.setItem('s1', snapshotOf({ messages }))
  const before = await rawRecords(databaseName)
  await records.setItem('s1', snapshotOf({ messages: messages.with(70, message(70, 'edited')), revision: 2 }))
  const after = await rawRecords(databaseName)
  const rewritten = [...after.keys()].filter((key) => textOf(after.get(key)) !== textOf(before.get(key)))
  expect(rewritten).toEqual(['session/s1/head', segment(1)])
})

test('the newest messages load first, earlier ones on request, and saving the tail keeps them', async () => {
  const storage = await openStorage()
  const messages = messagesOf(300)
  await storage.records.setItem('s1', snapshotOf({ messages }))
  const { records, databaseName } = await storage.reload({ restore: 'newest' })
  const tail = await records.getItem('s1')
  expect(tail).toMatchObject({ firstLoadedIndex: 256, messages: messages.slice(256), revision: 1 })
  const before = await rawRecords(databaseName)

  const longer = [...(tail?.messages ?? []), message(300)]
  await records.setItem('s1', snapshotOf({ messages: longer, firstLoadedIndex: 256, revision: 2 }))
  const after = await rawRecords(databaseName)
  for (const seq of [0, 1, 2, 3])
    expect(textOf(after.get(segment(seq)))).toBe(textOf(before.get(segment(seq))))

  expect(await records.readEarlier('s1', 256, 'newest')).toEqual({
    messages: messages.slice(192, 256),
    firstLoadedIndex: 192,
  })
  expect(await records.readEarlier('s1', 192, 'all')).toEqual({
    messages: messages.slice(0, 192),
    firstLoadedIndex: 0,
  })
})

test('if the newest segment has few messages, the previous one is read too', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 130 }))
  const { records } = await storage.reload({ restore: 'newest' })
  expect(await records.getItem('s1')).toMatchObject({ firstLoadedIndex: 64 })
})

test('a conversation that shrank leaves no segment behind, and none returns', async () => {
  const storage = await openStorage()
  const messages = messagesOf(130)
  await storage.records.setItem('s1', snapshotOf({ messages }))
  // Grows and shrinks between two saves: the disk must follow the saved snapshots, not the encrypted ones.
  storage.records.stage(snapshotOf({ messages: messagesOf(200), revision: 2 }))
  await storage.records.setItem('s1', snapshotOf({ messages: messages.slice(0, 64), revision: 3 }))
  expect([...(await rawRecords(storage.databaseName)).keys()]).toEqual([
    'key/session/s1',
    'mark/session/s1',
    'session/s1/head',
    segment(0),
  ])
  expect((await (await storage.reload()).records.getItem('s1'))?.messages).toHaveLength(64)
})

test('of many concurrent saves, the newest is on disk, and an older one never follows it', async () => {
  const storage = await openStorage()
  const revisions = Array.from({ length: 30 }, (_, index) => index + 1)
  const saves = revisions.map((revision) =>
    storage.records.setItem('s1', snapshotOf({ length: revision, revision })),
  )
  await Promise.all(saves)
  await storage.records.setItem('s1', snapshotOf({ length: 5, revision: 5 }))
  const { records } = await storage.reload()
  expect(await records.getItem('s1')).toEqual(storedOf({ length: 30, revision: 30 }))
})

test('sessions are listed newest first without opening them, and expired ones are deleted with their keys', async () => {
  const storage = await openStorage()
  for (const [index, id] of ['old', 'older', 'kept', 'recent'].entries()) {
    await storage.records.setItem(
      id,
      snapshotOf({ id, updatedAt: [20, 10, 15, 100][index] ?? 0, length: 70 }),
    )
  }
  const { records, databaseName } = await storage.reload()
  expect((await records.list()).map(({ id }) => id)).toEqual(['recent', 'old', 'kept', 'older'])
  expect((await records.list())[0]).toEqual({
    id: 'recent',
    tabId: 't1',
    createdAt: 1,
    updatedAt: 100,
    messageCount: 70,
    isOpenElsewhere: false,
  })
  await proveAge(databaseName, 50)
  expect(await records.removeExpired(50, ['kept'])).toBe(2)
  expect((await records.list()).map(({ id }) => id)).toEqual(['recent', 'kept'])
  expect([...(await rawRecords(databaseName)).keys()].filter((key) => key.includes('old'))).toEqual([])
})

test('the indexes by tab and by last update contain only heads', async () => {
  const { records, databaseName } = await openStorage()
  await records.setItem('s1', snapshotOf({ length: 200 }))
  const all = [...(await rawRecords(databaseName)).values()]
  expect(all.filter((record) => 'tabId' in record).map(({ kind }) => kind)).toEqual(['head'])
  expect(all.filter((record) => record.kind === 'messages').every((record) => !('updatedAt' in record))).toBe(
    true,
  )
})

test("a session is deleted with its key in one transaction, and a pending save doesn't bring it back", async () => {
  const { records, databaseName } = await openStorage()
  await records.setItem('s1', snapshotOf({ length: 70 }))
  const deletions: string[] = []
  const transactions = new Set<IDBTransaction>()
  const original = IDBObjectStore.prototype.delete
  IDBObjectStore.prototype.delete = function (query) {
    transactions.add(this.transaction)
    deletions.push(query instanceof IDBKeyRange ? String(query.lower) : String(query))
    return original.call(this, query)
  }
  try {
    const deleted = records.removeItem('s1')
    records.stage(snapshotOf({ length: 71, revision: 2 }))
    await expect(records.setItem('s1', snapshotOf({ length: 71, revision: 2 }))).rejects.toMatchObject({
      code: 'session-missing',
    })
    await deleted
  } finally {
    IDBObjectStore.prototype.delete = original
  }
  expect(deletions).toEqual([
    'session/s1/',
    'meta/fence/session/s1/',
    'key/session/s1',
    'mark/session/s1',
    'kept/session/s1',
  ])
  expect(transactions.size).toBe(1)
  expect((await rawRecords(databaseName)).size).toBe(0)
  expect(await records.getItem('s1')).toBeNull()
})
