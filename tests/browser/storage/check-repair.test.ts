import { expect, it } from 'vitest'
import { createPassphraseKeyProvider } from '../../../src/lib/voice-agent/storage/index.js'
import { isWebKit } from './engine.js'
import {
  deleteRaw,
  entryName,
  flipByte,
  getRaw,
  type OpenStorage,
  openStorage,
  putRaw,
  rawRecords,
  storeSession,
  textOf,
} from './fixture.js'
import { message, messagesOf, snapshotOf } from './snapshots.js'
import { openTalkingTab } from './voice-app.js'

const checked = async (storage: OpenStorage) => (await storage.tools()).check()
const repaired = async (storage: OpenStorage) => (await storage.tools()).repair()

async function diskOf({ databaseName }: OpenStorage): Promise<string[]> {
  return [...(await rawRecords(databaseName))].map(([key, record]) => `${key} ${textOf(record)}`)
}

it('reports no problems for healthy sessions, and which key opens them', async () => {
  const storage = await openStorage()
  await storeSession(storage, { id: 'a', length: 200 })
  await storeSession(storage, { id: 'b', length: 0 })
  const report = await checked(storage)
  expect(report).toMatchObject({ formatVersion: 2, orphans: [], unknownRecords: 0 })
  expect(report.sessions).toEqual([
    {
      id: 'a',
      error: null,
      formatVersion: 2,
      messageCount: 200,
      lost: [],
      bytes: expect.any(Number),
      isOpenElsewhere: false,
    },
    expect.objectContaining({ id: 'b', error: null, messageCount: 0 }),
  ])
  expect(report.keys).toEqual([
    { owner: 'session/a', protection: 'plain', error: null, opened: 5, refused: 0 },
    { owner: 'session/b', protection: 'plain', error: null, opened: 1, refused: 0 },
  ])
})

it('changes nothing', async () => {
  const storage = await openStorage()
  await storeSession(storage, { length: 70 })
  await deleteRaw(storage.databaseName, 'key/session/s1')
  const before = await diskOf(storage)
  await checked(storage)
  expect(await diskOf(storage)).toEqual(before)
})

it('says why a session is not readable', async () => {
  const storage = await openStorage()
  for (const id of ['flipped', 'keyless', 'newer', 'swapped']) await storeSession(storage, { id, length: 70 })
  const { databaseName } = storage
  const head = (await getRaw(databaseName, 'session/flipped/head')) ?? {}
  await putRaw(databaseName, 'session/flipped/head', { ...head, data: flipByte(head.data) })
  await deleteRaw(databaseName, 'key/session/keyless')
  const newer = (await getRaw(databaseName, 'session/newer/head')) ?? {}
  await putRaw(databaseName, 'session/newer/head', { ...newer, v: 3 })
  const key = (await getRaw(databaseName, 'key/session/flipped')) ?? {}
  await putRaw(databaseName, 'key/session/swapped', { ...key, owner: 'session/swapped' })
  const { sessions, keys, orphans } = await checked(await storage.reload())
  expect(sessions.map(({ id, error }) => [id, error?.code])).toEqual([
    ['flipped', 'session-unreadable'],
    ['keyless', 'session-unreadable'],
    ['newer', 'session-newer'],
    ['swapped', 'session-unreadable'],
  ])
  expect(sessions.map(({ error }) => error?.message)).toEqual([
    expect.stringContaining('record: head'),
    expect.stringContaining('key of this conversation is gone'),
    expect.stringContaining('newer version'),
    expect.stringContaining('record: head'),
  ])
  expect(keys.map(({ owner, opened, refused }) => [owner, opened, refused])).toEqual([
    ['session/flipped', 0, 1],
    ['session/newer', 0, 0],
    ['session/swapped', 0, 1],
  ])
  // They are listed, so they are sessions.
  expect(orphans).toEqual([])
})

it('names the lost messages, even if a segment is an older copy', async () => {
  const storage = await openStorage()
  await storeSession(storage, { length: 200 })
  const place = 'session/s1/messages/00000001'
  const old = (await getRaw(storage.databaseName, place)) ?? {}
  await storage.records.getItem('s1')
  const messages = messagesOf(200).with(70, message(70, 'changed'))
  await storage.records.setItem('s1', snapshotOf({ messages, revision: 2 }))
  await storage.records.release('s1')
  await putRaw(storage.databaseName, place, old)
  const { sessions, keys } = await checked(await storage.reload())
  expect(sessions[0]).toMatchObject({ error: null, lost: [{ from: 64, count: 64 }] })
  expect(keys[0]).toMatchObject({ opened: 4, refused: 1 })
})

it('distinguishes a wrong passphrase from damage, and repairs nothing with it', async () => {
  const storage = await openStorage({
    keyProvider: createPassphraseKeyProvider('right', { iterations: 1000 }),
  })
  await storeSession(storage, { length: 70 })
  const wrong = await storage.reload({
    keyProvider: createPassphraseKeyProvider('wrong', { iterations: 1000 }),
  })
  const before = await diskOf(wrong)
  const { sessions, keys } = await checked(wrong)
  expect(sessions[0]?.error?.code).toBe('key-wrong')
  expect(keys[0]).toMatchObject({ protection: 'wrapped', error: { code: 'key-wrong' }, opened: 0 })
  expect(await repaired(wrong)).toEqual({ removed: [], left: [] })
  expect(await diskOf(wrong)).toEqual(before)
  const right = await wrong.reload({
    keyProvider: createPassphraseKeyProvider('right', { iterations: 1000 }),
  })
  expect((await checked(right)).sessions[0]?.error).toBeNull()
})

it('deletes records that no key opens and no list contains', async () => {
  const storage = await openStorage()
  await storeSession(storage, { id: 'kept', length: 3 })
  const before = await diskOf(storage)
  await storeSession(storage, { id: 'gone', length: 200 })
  await deleteRaw(storage.databaseName, 'session/gone/head')
  await deleteRaw(storage.databaseName, 'key/session/gone')
  const reloaded = await storage.reload()
  const { removed, left } = await repaired(reloaded)
  expect(removed).toEqual([
    {
      kind: 'records',
      owner: 'session/gone',
      records: 4,
      bytes: expect.any(Number),
      reason: 'no-key',
      isProven: true,
    },
  ])
  expect(left).toEqual([])
  expect(await diskOf(reloaded)).toEqual(before)
  expect(await repaired(reloaded)).toEqual({ removed: [], left: [] })
})

it('keeps everything that could be a conversation', async () => {
  const storage = await openStorage()
  const { databaseName } = storage
  for (const id of ['headless', 'keyless', 'malformed', 'newer'])
    await storeSession(storage, { id, length: 70 })
  await storage.records.create('unsaved')
  await storage.records.release('unsaved')
  await deleteRaw(databaseName, 'session/headless/head')
  await deleteRaw(databaseName, 'key/session/keyless')
  await deleteRaw(databaseName, 'key/session/malformed')
  await putRaw(databaseName, 'session/malformed/head', { kind: 'head', v: 2 })
  await deleteRaw(databaseName, 'key/session/newer')
  await deleteRaw(databaseName, 'session/newer/head')
  const segment = (await getRaw(databaseName, 'session/newer/messages/00000000')) ?? {}
  await putRaw(databaseName, 'session/newer/messages/00000000', { ...segment, v: 3 })
  await putRaw(databaseName, 'session/%/head', { kind: 'head', v: 2 })
  await putRaw(databaseName, 'app/own', { kind: 'meta' })
  const reloaded = await storage.reload()
  const before = await diskOf(reloaded)
  const { removed, left } = await repaired(reloaded)
  expect(removed).toEqual([])
  expect(left.map(({ kind, owner, reason }) => [kind, owner, reason]).toSorted()).toEqual([
    ['key', 'session/unsaved', 'unused'],
    ['records', 'session/headless', 'no-head'],
    ['records', 'session/malformed', 'no-head'],
    ['records', 'session/newer', 'no-key'],
  ])
  expect(await diskOf(reloaded)).toEqual(before)
  expect((await checked(reloaded)).unknownRecords).toBe(1)
})

it('leaves sessions alone that another tab is writing', async () => {
  const storage = await openStorage()
  await storeSession(storage, { length: 70 })
  await storage.records.getItem('s1')
  await deleteRaw(storage.databaseName, 'session/s1/head')
  await deleteRaw(storage.databaseName, 'key/session/s1')
  const other = await openStorage({ databaseName: storage.databaseName })
  const before = await diskOf(other)
  expect(await repaired(other)).toEqual({ removed: [], left: [] })
  expect(await diskOf(other)).toEqual(before)
})

it('deletes the marks of deleted sessions', async () => {
  const storage = await openStorage()
  const { databaseName } = storage
  await storeSession(storage, { length: 3 })
  const mark = (await getRaw(databaseName, 'mark/session/s1')) ?? {}
  await putRaw(databaseName, 'mark/session/gone', { ...mark, owner: 'session/gone' })
  await putRaw(databaseName, 'kept/session/gone', { v: 2, kind: 'meta', name: 'kept' })
  await putRaw(databaseName, 'mark/value/gone', { ...mark, owner: 'value/gone' })
  const { removed } = await repaired(await storage.reload())
  expect(removed.map(({ kind, owner }) => [kind, owner])).toEqual([
    ['mark', 'session/gone'],
    ['marker', 'session/gone'],
  ])
  // The value's mark shows that other code deleted the value.
  expect([...(await rawRecords(databaseName)).keys()]).toContain('mark/value/gone')
  expect([...(await rawRecords(databaseName)).keys()]).toContain('mark/session/s1')
})

it('deletes a journal that no key opens', async () => {
  const storage = await openStorage()
  await storeSession(storage, { length: 3 })
  await storage.records.getItem('s1')
  storage.records.stage(snapshotOf({ length: 4, revision: 2 }))
  await storage.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  storage.records.stage(snapshotOf({ length: 5, revision: 3 }))
  await expect
    .poll(() => {
      storage.records.flushSync()
      return sessionStorage.getItem(entryName(storage.databaseName, 'journal:s1'))
    })
    .toBeTruthy()
  const journal = sessionStorage.getItem(entryName(storage.databaseName, 'journal:s1')) ?? ''
  await storage.records.removeItem('s1')
  sessionStorage.setItem(entryName(storage.databaseName, 'journal:s1'), journal)
  const { removed } = await repaired(storage)
  expect(removed.map(({ kind, owner }) => [kind, owner])).toEqual([['journal', 'session/s1']])
  expect(sessionStorage.getItem(entryName(storage.databaseName, 'journal:s1'))).toBeNull()
})

it('cleans up after an interrupted import', async () => {
  const storage = await openStorage()
  await storeSession(storage, { length: 64 * 40 })
  const file = await (await storage.tools()).exportSession('s1', { passphrase: 'p' })
  const other = await openStorage()
  const put = IDBObjectStore.prototype.put
  let puts = 0
  // Like a crash: neither the rest nor the cleanup is written.
  IDBObjectStore.prototype.put = function (...args) {
    if (++puts > 20) throw new DOMException('', 'QuotaExceededError')
    return put.apply(this, args)
  }
  const remove = IDBObjectStore.prototype.delete
  IDBObjectStore.prototype.delete = function (key) {
    if (key instanceof IDBKeyRange) throw new DOMException('', 'UnknownError')
    return remove.call(this, key)
  }
  try {
    await expect((await other.tools()).importSession(file, { passphrase: 'p' })).rejects.toThrow()
  } finally {
    IDBObjectStore.prototype.put = put
    IDBObjectStore.prototype.delete = remove
  }
  const { removed } = await repaired(other)
  expect(removed).toMatchObject([{ kind: 'records', owner: 'session/s1', records: 16, reason: 'no-key' }])
})

it.skipIf(isWebKit)('measures sessions, and asks the browser for the rest', async () => {
  const storage = await openStorage()
  await storeSession(storage, { id: 'short', length: 1 })
  await storeSession(storage, { id: 'long', length: 500 })
  const tools = await storage.tools()
  const usage = await tools.measureUsage({})
  const [long, short] = usage.sessions
  expect([long?.id, short?.id]).toEqual(['long', 'short'])
  expect(long?.bytes).toBeGreaterThan(500 * 80)
  expect(short?.bytes).toBeLessThan(3000)
  expect(usage.totalBytes).toBe((long?.bytes ?? 0) + (short?.bytes ?? 0))
  expect(usage.quotaBytes).toBeGreaterThan(usage.usedBytes ?? Number.POSITIVE_INFINITY)
  expect(usage.isPersisted).toBeTypeOf('boolean')
  const one = await tools.measureUsage({ sessionIds: ['short', 'missing'] })
  expect(one.sessions).toEqual([short])
})

it('checks, repairs and measures with the session manager', async () => {
  const { sessionManager, id } = await openTalkingTab({ databaseName: `check-${Date.now()}` })
  expect((await sessionManager.check()).sessions).toMatchObject([{ id, error: null, isOpenElsewhere: false }])
  expect(await sessionManager.repair()).toEqual({ removed: [], left: [] })
  expect((await sessionManager.storageUsage()).sessions).toMatchObject([{ id }])
})
