import { deleteDB, openDB } from 'idb'
import { VoiceAgentError } from 'redux-voice-agent'
import { expect, onTestFinished, test, vi } from 'vitest'
import { entryName, flipByte, openStorage, putRaw, rawRecords, storedOf } from './fixture.js'
import { freshName } from './persisted-store.js'
import { messagesOf, snapshotOf } from './snapshots.js'
import { openTalkingTab } from './voice-app.js'

test('a session that cannot be read is never overwritten, and opens again once it is repaired', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 70 }))
  const key = 'session/s1/head'
  const original = (await rawRecords(storage.databaseName)).get(key)
  await putRaw(storage.databaseName, key, { ...original, data: flipByte(original?.data) })
  const damaged = await rawRecords(storage.databaseName)

  const { records, statuses, databaseName } = await storage.reload()
  await expect(records.getItem('s1')).rejects.toMatchObject({
    code: 'session-unreadable',
    record: 'head',
  })
  for (let revision = 2; revision < 22; revision++) {
    records.stage(snapshotOf({ length: 1, revision }))
    records.flushSync()
    const written = records.setItem('s1', snapshotOf({ length: 1, revision }))
    await expect(written).rejects.toMatchObject({ code: 'session-unreadable' })
  }
  expect(await rawRecords(databaseName)).toStrictEqual(damaged)
  expect(statuses.at(-1)).toMatchObject(['degraded', { code: 'session-unreadable' }])

  // A new session is stored next to it.
  await records.setItem('s2', snapshotOf({ id: 's2' }))
  expect(statuses.at(-1)).toEqual(['persistent', null])
  await putRaw(databaseName, key, { ...original })
  expect(await records.getItem('s1')).toEqual(storedOf({ length: 70 }))
})

test("another session's head, an altered one, and another session's key open nothing", async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 140 }))
  await storage.records.setItem('s2', snapshotOf({ id: 's2', length: 140 }))
  const raw = await rawRecords(storage.databaseName)
  const swaps = [
    ['session/s1/head', { ...raw.get('session/s1/head'), updatedAt: 5 }],
    ['session/s1/head', raw.get('session/s2/head')],
    ['key/session/s1', raw.get('key/session/s2')],
  ] as const
  let reloaded = storage
  for (const [key, record] of swaps) {
    await putRaw(storage.databaseName, key, { ...record })
    reloaded = await reloaded.reload()
    await expect(reloaded.records.getItem('s1')).rejects.toMatchObject({ code: 'session-unreadable' })
    await putRaw(storage.databaseName, key, { ...raw.get(key) })
  }
  expect(await (await reloaded.reload()).records.getItem('s1')).toEqual(storedOf({ length: 140 }))
})

test('a full disk is reported, and the next successful save writes everything again', async () => {
  const { records, statuses, databaseName, reload } = await openStorage()
  const messages = messagesOf(70)
  await records.setItem('s1', snapshotOf({ messages: messages.slice(0, 10) }))
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError')
  })
  const failed = records.setItem('s1', snapshotOf({ messages, revision: 2 }))
  await expect(failed).rejects.toMatchObject({ code: 'storage-quota' })
  put.mockRestore()
  await records.setItem('s1', snapshotOf({ messages, revision: 3 }))
  expect(statuses.map(([status, error]) => [status, error?.code])).toEqual([
    ['persistent', undefined],
    ['degraded', 'storage-quota'],
    ['persistent', undefined],
  ])
  expect([...(await rawRecords(databaseName)).keys()]).toEqual([
    'key/session/s1',
    'mark/session/s1',
    'session/s1/head',
    'session/s1/messages/00000000',
    'session/s1/messages/00000001',
  ])
  expect((await (await reload()).records.getItem('s1'))?.messages).toEqual(messages)
})

test('if the database is deleted while the page is open, it is recreated, with the whole session and its key', async () => {
  const { records, databaseName, reload, statuses } = await openStorage()
  const messages = messagesOf(70)
  await records.setItem('s1', snapshotOf({ messages: messages.slice(0, 69) }))
  await deleteDB(databaseName)
  await records.setItem('s1', snapshotOf({ messages, revision: 2 }))
  expect(await (await reload()).records.getItem('s1')).toEqual(storedOf({ messages, revision: 2 }))
  expect(statuses).toEqual([['persistent', null]])
})

test('without IndexedDB, and without WebCrypto, everything works in memory and says so', async () => {
  for (const without of [
    () => vi.stubGlobal('indexedDB', undefined),
    () => vi.spyOn(crypto, 'subtle', 'get').mockReturnValue(undefined as unknown as SubtleCrypto),
  ]) {
    without()
    try {
      const { records, tokens, statuses, databaseName } = await openStorage()
      expect(statuses).toMatchObject([['memory', { code: 'storage-unavailable' }]])
      await records.create('s1')
      await records.setItem('s1', snapshotOf({ length: 3 }))
      expect(await records.getItem('s1')).toEqual(snapshotOf({ length: 3 }))
      await tokens.save('s1', { token: 'secret', expiresAt: 9, sessionId: 'agent' })
      expect(await tokens.read()?.open()).toMatchObject({ token: 'secret' })
      expect(sessionStorage.getItem(entryName(databaseName, 'token'))).toBeNull()
    } finally {
      vi.unstubAllGlobals()
      vi.restoreAllMocks()
    }
  }
})

test('a localforage driver that stores only JSON works with a key provider, but not without one', async () => {
  const driver = 'localStorageWrapper'
  const without = await openStorage({ driver })
  expect(without.statuses).toMatchObject([['memory', { code: 'storage-unavailable' }]])

  const usages: KeyUsage[] = ['wrapKey', 'unwrapKey']
  const wrappingKey = await crypto.subtle.generateKey({ name: 'AES-KW', length: 256 }, false, usages)
  const storage = await openStorage({ driver, keyProvider: async () => wrappingKey })
  await storage.records.setItem('s1', snapshotOf({ length: 70 }))
  const { records } = await storage.reload()
  expect(await records.getItem('s1')).toEqual(storedOf({ length: 70 }))
  expect(JSON.stringify({ ...localStorage })).not.toContain('words')
  await records.release('s1')
  // The first sighting is this page's own, and a day has not passed.
  expect(await records.removeExpired(2000, [])).toBe(0)
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 25 * 3_600_000)
  const later = await storage.reload()
  // With a clock that is new to the database, a session expires after it has been there for the whole retention.
  expect(await later.records.removeExpired(Date.now() - 3_600_000, [])).toBe(1)
  // The key provider's check record stays, and so does the clock's record.
  const left = Object.keys(localStorage).filter((key) => key.startsWith(storage.databaseName))
  expect(left.sort()).toEqual([expect.stringMatching(/meta\/expiry$/), expect.stringMatching(/meta\/key$/)])
})

test('if a database does not open in time, everything stays in memory, no stored session can be deleted, and the database is closed if it opens later', async () => {
  const stored = await openStorage()
  await stored.records.setItem('s1', snapshotOf({ length: 3 }))
  await stored.records.close()
  const before = await rawRecords(stored.databaseName)
  const open = indexedDB.open.bind(indexedDB)
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  let ask = () => {}
  const asked = new Promise<void>((resolve) => {
    ask = resolve
  })
  vi.spyOn(indexedDB, 'open').mockImplementation((...args) => {
    ask()
    const request = open(...args)
    const listen = request.addEventListener.bind(request)
    request.addEventListener = (type: string, listener: (event: Event) => void) =>
      listen(type, (event) => {
        if (type === 'success') void answered.then(() => listener(event))
        else listener(event)
      })
    return request
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const opened = openStorage({ databaseName: stored.databaseName })
    await asked
    await vi.advanceTimersByTimeAsync(10_000)
    const { records, statuses } = await opened
    expect(statuses).toMatchObject([['memory', { code: 'storage-unavailable' }]])
    await records.setItem('s2', snapshotOf({ id: 's2' }))
    expect(await records.getItem('s2')).toEqual(snapshotOf({ id: 's2' }))
    // Only what is in memory can be deleted: the stored session is still there.
    await records.removeItem('s2')
    expect(await records.getItem('s2')).toBeNull()
    await records.create('s3')
    await records.removeItem('s3')
    await expect(records.removeItem('s1')).rejects.toMatchObject({ code: 'storage-unavailable' })
    vi.restoreAllMocks()
    const close = vi.spyOn(IDBDatabase.prototype, 'close')
    answer()
    await vi.waitUntil(() => close.mock.calls.length > 0)
  } finally {
    vi.useRealTimers()
    vi.restoreAllMocks()
  }
  expect(await rawRecords(stored.databaseName)).toStrictEqual(before)
})

/** Acts like a newer build in another tab: this page's connection must close, and can't be reopened. */
async function takeOver(databaseName: string) {
  const newer = await openDB(databaseName, 2)
  onTestFinished(() => newer.close())
}

test.for([
  ['newer build', takeOver, 'storage-newer'],
  ['browser that denies it', async () => void deny(), 'storage-unreachable'],
] as const)('listing, deleting and cleaning up reject with the reason: a %s', async ([, fail, code]) => {
  const { sessionManager, databaseName } = await openTalkingTab({ databaseName: freshName('denied') })
  await fail(databaseName)
  for (const ask of [
    () => sessionManager.listSessions(),
    () => sessionManager.deleteSession('another'),
    () => sessionManager.cleanup(),
  ]) {
    const error = await ask().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(VoiceAgentError)
    expect(error).toMatchObject({ code })
  }
})

/** Transactions fail, as on a profile whose disk is gone. */
function deny() {
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
    throw new DOMException('', 'UnknownError')
  })
  onTestFinished(() => void vi.restoreAllMocks())
}
