import { afterEach, expect, test, vi } from 'vitest'
import { renameStored } from '../../../middleware/drivers/storage/stored-session.js'
import { deleteRaw, entryName, openStorage, putRaw, rawRecords, storedOf } from './fixture.js'
import { message, messagesOf, snapshotOf } from './snapshots.js'

afterEach(() => {
  vi.restoreAllMocks()
})

const headKey = 'session/s1/head'
const segmentKey = (seq: number) => `session/s1/messages/${String(seq).padStart(8, '0')}`
const textsOf = (session: { messages: readonly { text: string }[] } | null) =>
  session?.messages.map(({ text }) => text)
const textsUpTo = (length: number) => messagesOf(length).map(({ text }) => text)

/** Forgets that this tab has seen a newer revision, like another tab of the profile. */
function forgetRevisions(): void {
  for (const name of Object.keys(sessionStorage))
    if (name.includes(':anchor:')) sessionStorage.removeItem(name)
}

test('an older copy of a segment with as many messages is detected', async () => {
  const storage = await openStorage()
  const before = messagesOf(70).with(3, message(3, 'Transfer 10 to Bob'))
  await storage.records.setItem('s1', snapshotOf({ messages: before }))
  const raw = await rawRecords(storage.databaseName)
  const after = before.with(3, message(3, 'Transfer nothing')).with(69, message(69, 'as it was finally said'))
  await storage.records.setItem('s1', snapshotOf({ messages: after, revision: 2 }))
  let { reload } = storage
  for (const [seq, from, count] of [
    [0, 0, 64],
    [1, 64, 6],
  ] as const) {
    const current = (await rawRecords(storage.databaseName)).get(segmentKey(seq)) ?? {}
    await putRaw(storage.databaseName, segmentKey(seq), { ...raw.get(segmentKey(seq)) })
    const next = await reload()
    reload = next.reload
    const session = await next.records.getItem('s1')
    expect(session?.lost).toEqual([{ from, count }])
    expect(session?.warning).toMatchObject({ code: 'session-rolled-back' })
    await putRaw(storage.databaseName, segmentKey(seq), current)
  }
  const healed = await (await reload()).records.getItem('s1')
  expect(healed).toEqual(storedOf({ messages: after, revision: 2 }))
})

test('a rolled-back head alone is detected, and hides no newer message', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const head = (await rawRecords(storage.databaseName)).get(headKey) ?? {}
  await storage.records.setItem('s1', snapshotOf({ length: 5, revision: 2 }))
  await putRaw(storage.databaseName, headKey, head)
  forgetRevisions()
  const session = await (await storage.reload()).records.getItem('s1')
  expect(session?.warning).toMatchObject({ code: 'session-rolled-back' })
  expect(textsOf(session)).toEqual(textsUpTo(3))
})

test('a rolled-back session is detected in another tab, once the profile has marked a later revision', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const raw = await rawRecords(storage.databaseName)
  // Each new segment and every sixteenth revision is marked.
  await storage.records.setItem('s1', snapshotOf({ length: 70, revision: 2 }))
  for (const [key, record] of raw)
    if (key.startsWith('session/')) await putRaw(storage.databaseName, key, record)
  const other = await storage.reload()
  forgetRevisions()
  const session = await other.records.getItem('s1')
  expect(textsOf(session)).toEqual(textsUpTo(3))
  expect(session?.warning).toMatchObject({ code: 'session-rolled-back' })
})

test('the versions of thousands of segments are checked by blocks, and a missing block hides nothing', async () => {
  const storage = await openStorage()
  const messages = messagesOf(64 * 66)
  await storage.records.setItem('s1', snapshotOf({ messages }))
  const keys = [...(await rawRecords(storage.databaseName)).keys()]
  expect(keys.filter((key) => key.includes('/versions/'))).toEqual(['session/s1/versions/000000'])
  const changed = messages.with(5, message(5, 'changed long ago'))
  const old = (await rawRecords(storage.databaseName)).get(segmentKey(0)) ?? {}
  await storage.records.setItem('s1', snapshotOf({ messages: changed, revision: 2 }))
  const next = await storage.reload()
  expect(await next.records.getItem('s1')).toEqual(storedOf({ messages: changed, revision: 2 }))
  await putRaw(storage.databaseName, segmentKey(0), old)
  const rolledBack = await next.reload()
  expect((await rolledBack.records.getItem('s1'))?.lost).toEqual([{ from: 0, count: 64 }])
  await deleteRaw(storage.databaseName, 'session/s1/versions/000000')
  const unchecked = await (await rolledBack.reload()).records.getItem('s1')
  expect(unchecked?.messages).toHaveLength(messages.length)
  expect(unchecked?.warning).toMatchObject({ code: 'session-rolled-back' })
})

test('the newest messages of a long conversation open, and earlier ones are checked as they are read', async () => {
  const storage = await openStorage({ restore: 'newest' })
  const messages = messagesOf(64 * 66)
  await storage.records.setItem('s1', snapshotOf({ messages }))
  const next = await storage.reload()
  const session = await next.records.getItem('s1')
  expect(session?.firstLoadedIndex).toBe(64 * 65)
  let index = session?.firstLoadedIndex ?? 0
  const texts: string[] = textsOf(session) ?? []
  while (index > 0) {
    const range = await next.records.readEarlier('s1', index, 'newest')
    expect(range.lost).toBeUndefined()
    texts.unshift(...range.messages.map(({ text }) => text))
    index = range.firstLoadedIndex
  }
  expect(texts).toEqual(textsUpTo(messages.length))
  // A change in the earlier block rewrites its record.
  const edited = messages.with(70, message(70, 'edited'))
  await next.records.setItem('s1', snapshotOf({ messages: edited, revision: 2 }))
  const again = await (await next.reload({ restore: 'all' })).records.getItem('s1')
  expect(again).toEqual(storedOf({ messages: edited, revision: 2 }))
})

const journalName = (databaseName: string) => entryName(databaseName, 'journal:s1')
const words = (...texts: string[]) => texts.map((text) => message(100 + text.length, text))

/** A page that left with revision 3, and the state of another tab, whose newest revision is 1. */
async function leaveWithJournal(said: readonly string[]) {
  const { databaseName, records, reload } = await openStorage()
  await records.setItem('s1', snapshotOf({ length: 3 }))
  const atBase = await rawRecords(databaseName)
  const written = vi.spyOn(Storage.prototype, 'setItem')
  const snapshot = snapshotOf({ messages: [...messagesOf(3), ...words(...said)], revision: 3 })
  records.stage(snapshot)
  records.flushSync()
  await records.setItem('s1', snapshot)
  const name = journalName(databaseName)
  const [, journal = ''] = written.mock.calls.findLast(([key]) => key === name) ?? []
  written.mockRestore()
  expect(journal).toContain('"revision":3')
  const next = await reload()
  return { page: next, databaseName, name, journal, atBase }
}

test('a journal never overwrites what another tab said in the meantime: both are kept', async () => {
  const left = await leaveWithJournal(['said in tab A', 'and more'])
  const { databaseName, name, journal, atBase } = left
  let { page } = left
  // Its write did not reach the disk, and another tab continues from the previous state.
  for (const [key, record] of atBase) await putRaw(databaseName, key, record)
  forgetRevisions()
  page = await page.reload()
  await page.records.getItem('s1')
  const other = snapshotOf({ messages: [...messagesOf(3), message(20, 'said in tab B')], revision: 2 })
  await page.records.setItem('s1', other)
  await page.records.release('s1')
  // The first tab is opened again, with its sessionStorage.
  sessionStorage.setItem(name, journal)
  page = await page.reload()
  const session = await page.records.getItem('s1')
  expect(textsOf(session)).toEqual([...textsUpTo(3), 'said in tab B'])
  expect(session?.warning).toMatchObject({ code: 'session-recovered' })
  const listed = await page.records.list()
  const copy = listed.find(({ recoveredFrom }) => recoveredFrom === 's1')
  expect(listed).toHaveLength(2)
  expect(textsOf(await page.records.getItem(copy?.id ?? ''))).toEqual([
    ...textsUpTo(3),
    'said in tab A',
    'and more',
  ])
  expect(sessionStorage.getItem(name)).toBeNull()
  // Found again, it creates no second copy.
  sessionStorage.setItem(name, journal)
  page = await page.reload()
  expect(await page.records.list()).toHaveLength(2)
})

test('a journal is written if the state that it builds on is stored, and dropped if it is already stored itself', async () => {
  const { page, databaseName, name, journal, atBase } = await leaveWithJournal(['one', 'three'])
  for (const [key, record] of atBase) await putRaw(databaseName, key, record)
  let next = page
  for (const what of ['builds on it', 'has it']) {
    sessionStorage.setItem(name, journal)
    next = await next.reload()
    const session = await next.records.getItem('s1')
    expect(textsOf(session), what).toEqual([...textsUpTo(3), 'one', 'three'])
    expect(session?.warning, what).toBeUndefined()
    expect(await next.records.list(), what).toHaveLength(1)
    expect(sessionStorage.getItem(name), what).toBeNull()
  }
})

test('a journal keeps its words and gets the new title if another tab has only renamed the session meanwhile', async () => {
  const left = await leaveWithJournal(['one', 'three'])
  const { databaseName, name, journal, atBase } = left
  for (const [key, record] of atBase) await putRaw(databaseName, key, record)
  forgetRevisions()
  const other = await left.page.reload()
  await renameStored('s1', 'First name', other.records)
  await renameStored('s1', 'Kettles', other.records)
  let page = other
  for (const what of ['builds on it', 'has it']) {
    sessionStorage.setItem(name, journal)
    page = await page.reload()
    const session = await page.records.getItem('s1')
    expect(textsOf(session), what).toEqual([...textsUpTo(3), 'one', 'three'])
    expect(session?.head.title, what).toBe('Kettles')
    expect(session?.warning, what).toBeUndefined()
    expect(await page.records.list(), what).toHaveLength(1)
    expect(sessionStorage.getItem(name), what).toBeNull()
  }
})

test('a journal is kept apart from what another tab said, even after that tab renamed it', async () => {
  const left = await leaveWithJournal(['one', 'three'])
  const { databaseName, name, journal, atBase } = left
  for (const [key, record] of atBase) await putRaw(databaseName, key, record)
  forgetRevisions()
  const other = await left.page.reload()
  await other.records.getItem('s1')
  const messages = [...messagesOf(3), message(20, 'said in tab B')]
  await other.records.setItem('s1', snapshotOf({ messages, revision: 2 }))
  await other.records.release('s1')
  await renameStored('s1', 'Kettles', other.records)
  sessionStorage.setItem(name, journal)
  const page = await other.reload()
  const session = await page.records.getItem('s1')
  expect(textsOf(session)).toEqual([...textsUpTo(3), 'said in tab B'])
  expect(session?.warning).toMatchObject({ code: 'session-recovered' })
  expect(await page.records.list()).toHaveLength(2)
})

test('a journal makes no copy if another tab continued from its words', async () => {
  const left = await leaveWithJournal(['one', 'three'])
  const { name, journal } = left
  const session = await left.page.records.getItem('s1')
  const messages = [...(session?.messages ?? []), message(50, 'continued')]
  await left.page.records.setItem('s1', snapshotOf({ messages, revision: 4 }))
  sessionStorage.setItem(name, journal)
  const next = await left.page.reload()
  expect(textsOf(await next.records.getItem('s1'))).toEqual([...textsUpTo(3), 'one', 'three', 'continued'])
  expect(await next.records.list()).toHaveLength(1)
  expect(sessionStorage.getItem(name)).toBeNull()
})

test('a stored session is not created again under its id', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 30, revision: 30 }))
  await expect(storage.records.create('s1')).rejects.toMatchObject({ code: 'session-exists' })
  const next = await storage.reload()
  await expect(next.records.create('s1')).rejects.toMatchObject({ code: 'session-exists' })
  // A save of it, unaware of what is stored, does not count as saved either.
  await expect(next.records.setItem('s1', snapshotOf({ length: 3, revision: 3 }))).rejects.toMatchObject({
    code: 'session-exists',
  })
  await expect(next.records.setItem('s1', snapshotOf({ length: 45, revision: 45 }))).rejects.toMatchObject({
    code: 'session-exists',
  })
  expect(await next.records.getItem('s1')).toEqual(storedOf({ length: 30, revision: 30 }))
})
