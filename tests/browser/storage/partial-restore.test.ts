import { expect, test } from 'vitest'
import { deleteRaw, flipByte, type OpenStorage, openStorage, putRaw, rawRecords } from './fixture.js'
import { message, messagesOf, snapshotOf } from './snapshots.js'

const key = (seq: number, id = 's1') => `session/${id}/messages/${String(seq).padStart(8, '0')}`
const messages = messagesOf(202)

/** A session with three full segments and one of ten messages, some of which no longer open. */
async function openDamaged(damaged: readonly number[], restore: 'newest' | 'all' = 'all') {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ messages }))
  const raw = await rawRecords(storage.databaseName)
  for (const seq of damaged) {
    const record = raw.get(key(seq))
    await putRaw(storage.databaseName, key(seq), { ...record, data: flipByte(record?.data) })
  }
  const reloaded = await storage.reload({ restore })
  const bytesOf = async (seq: number) => (await rawRecords(storage.databaseName)).get(key(seq))
  return { ...reloaded, original: raw, bytesOf, session: await reloaded.records.getItem('s1') }
}

/** Saves `loaded` as the session, and reads it in the next page. */
async function saveAndReload(storage: OpenStorage, loaded: typeof messages, firstLoadedIndex: number) {
  await storage.records.setItem('s1', snapshotOf({ messages: loaded, firstLoadedIndex, revision: 2 }))
  const next = await storage.reload()
  return { next, session: await next.records.getItem('s1') }
}

test('only the segment that is altered, truncated, swapped, replaced by an older copy or missing is lost', async () => {
  const storage = await openStorage()
  const { databaseName } = storage
  await storage.records.setItem('s2', snapshotOf({ id: 's2', messages }))
  await storage.records.setItem('s1', snapshotOf({ messages: messages.slice(0, 70) }))
  const older = (await rawRecords(databaseName)).get(key(1))
  await storage.records.setItem('s1', snapshotOf({ messages, revision: 2 }))
  const raw = await rawRecords(databaseName)
  const record = raw.get(key(1))
  let { reload } = storage
  for (const damage of [
    { ...record, data: flipByte(record?.data) },
    { ...record, data: record?.data?.slice(0, 100) ?? new ArrayBuffer() },
    { ...record, data: 'not bytes' as never },
    { ...raw.get(key(0)) },
    { ...raw.get(key(1, 's2')) },
    { ...older },
    null,
  ]) {
    if (damage) await putRaw(databaseName, key(1), damage)
    else await deleteRaw(databaseName, key(1))
    const next = await reload()
    reload = next.reload
    const session = await next.records.getItem('s1')
    expect(session?.messages).toEqual(messages.toSpliced(64, 64))
    expect(session).toMatchObject({ firstLoadedIndex: 64, lost: [{ from: 64, count: 64 }] })
  }
})

test('a lost segment is neither overwritten nor deleted, is counted, and returns once it is repaired', async () => {
  const storage = await openDamaged([1])
  const before = await storage.bytesOf(1)
  const loaded = [...(storage.session?.messages ?? []), message(202), message(203)]
  const edited = loaded.with(3, message(3, 'edited'))
  const { next, session } = await saveAndReload(storage, edited, 64)
  expect(session?.messages).toEqual(edited)
  expect(session?.head.messageCount).toBe(204)
  expect(await storage.bytesOf(1)).toStrictEqual(before)

  await putRaw(storage.databaseName, key(1), { ...storage.original.get(key(1)) })
  const mended = await (await next.reload()).records.getItem('s1')
  expect(mended?.messages).toEqual([...messages.with(3, message(3, 'edited')), message(202), message(203)])
  expect(mended).not.toHaveProperty('lost')
})

test('after the newest segment is lost, the conversation continues in a new one', async () => {
  const storage = await openDamaged([3])
  expect(storage.session?.messages).toEqual(messages.slice(0, 192))
  expect(storage.session).toMatchObject({ firstLoadedIndex: 10, lost: [{ from: 192, count: 10 }] })
  const before = await storage.bytesOf(3)
  const loaded = [...messages.slice(0, 192), message(202), message(203)]
  const { next, session } = await saveAndReload(storage, loaded, 10)
  expect(session?.messages).toEqual(loaded)
  expect(session).toMatchObject({ head: { messageCount: 204 }, lost: [{ from: 192, count: 10 }] })
  expect(await storage.bytesOf(3)).toStrictEqual(before)

  await putRaw(storage.databaseName, key(3), { ...storage.original.get(key(3)) })
  const mended = await (await next.reload()).records.getItem('s1')
  expect(mended?.messages).toEqual([...messages, message(202), message(203)])
})

test('a conversation that shrinks before a lost segment leaves that segment in place', async () => {
  const storage = await openDamaged([2])
  const loaded = messages.slice(0, 100)
  const { session } = await saveAndReload(storage, loaded, 64)
  expect(session?.messages).toEqual(loaded)
  expect(session?.head.messageCount).toBe(164)
  expect(await storage.bytesOf(2)).toBeDefined()
  expect(await storage.bytesOf(3)).toBeUndefined()
})

test('reading from newest to oldest skips lost segments, and loading earlier messages ends', async () => {
  const { session, records } = await openDamaged([3, 1], 'newest')
  expect(session?.messages).toEqual(messages.slice(128, 192))
  expect(session).toMatchObject({ firstLoadedIndex: 138, lost: [{ from: 192, count: 10 }] })
  const earlier = await records.readEarlier('s1', 138, 'newest')
  expect(earlier).toEqual({
    messages: messages.slice(0, 64),
    firstLoadedIndex: 74,
    lost: [{ from: 64, count: 64 }],
  })
  expect(await records.readEarlier('s1', 74, 'newest')).toEqual({ messages: [], firstLoadedIndex: 74 })
})

test('a session that lost every segment continues empty, and the lost segments stay untouched', async () => {
  const storage = await openDamaged([0, 1, 2, 3])
  expect(storage.session).toMatchObject({ messages: [], firstLoadedIndex: 202 })
  expect(storage.session?.lost).toHaveLength(4)
  const { session } = await saveAndReload(storage, [message(202)], 202)
  expect(session).toMatchObject({ messages: [message(202)], head: { messageCount: 203 } })
  expect(await storage.bytesOf(0)).toBeDefined()
})

test('an older copy of the whole session is distinguished from what this tab had saved, and restored', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const older = await rawRecords(storage.databaseName)
  await storage.records.setItem('s1', snapshotOf({ length: 5, revision: 2 }))
  const next = await storage.reload()
  expect(await next.records.getItem('s1')).not.toHaveProperty('warning')
  for (const [name, record] of older) await putRaw(storage.databaseName, name, record)
  const last = await next.reload()
  const session = await last.records.getItem('s1')
  expect(session?.messages).toHaveLength(3)
  expect(session?.warning).toMatchObject({ code: 'session-rolled-back' })
  await last.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  expect(await (await last.reload()).records.getItem('s1')).not.toHaveProperty('warning')
})

test.each([
  [undefined, 128],
  [130, 128],
  [70, 64],
  [0, 0],
])(
  'a restore of the newest messages includes the tool call that the agent may be waiting for: %s',
  async (openToolIndex, first) => {
    const storage = await openStorage()
    const snapshot = snapshotOf({ messages })
    const head = openToolIndex === undefined ? snapshot.head : { ...snapshot.head, openToolIndex }
    await storage.records.setItem('s1', { ...snapshot, head })
    const next = await storage.reload({ restore: 'newest' })
    const session = await next.records.getItem('s1')
    expect(session?.firstLoadedIndex).toBe(first)
    expect(session?.messages).toEqual(messages.slice(first))
  },
)
