import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { createPassphraseKeyProvider, rewrapKeys } from '../../../src/storage.js'
import { entryName, openStorage, rawRecords } from './fixture.js'
import { freshName } from './persisted-store.js'
import { snapshotOf } from './snapshots.js'
import { openPage, openTalkingTab } from './voice-app.js'

afterEach(() => {
  vi.useRealTimers()
})

/** Few iterations, to keep tests fast. */
const passphrase = (words: string) =>
  createPassphraseKeyProvider(words, { salt: new Uint8Array(16), iterations: 10 })
const never = vi.fn(() => new Promise<CryptoKey>(() => {}))

/** Rejects all writes, as a full disk does, until it is restored or the test ends. */
function fillDisk() {
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  onTestFinished(() => put.mockRestore())
  return put
}

test('a key provider that never responds times out: sessions are listed, and nothing is written', async () => {
  const storage = await openStorage({ keyProvider: passphrase('right') })
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const { records, statuses, databaseName } = await storage.reload({ keyProvider: never })
  const before = await rawRecords(databaseName)
  expect(await records.list()).toMatchObject([{ id: 's1' }])
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const asked = { read: records.getItem('s1'), made: records.create('s2') }
  const unavailable = { code: 'key-unavailable' }
  const refused = expect(asked.read).rejects.toMatchObject(unavailable)
  // The record reads have separate timeouts. The third timer coalesces list changes.
  await vi.waitUntil(() => never.mock.calls.length >= 2 && vi.getTimerCount() === 3, { interval: 0 })
  await vi.advanceTimersByTimeAsync(20_000)
  await refused
  await asked.made
  expect(statuses.at(-1)).toMatchObject(['degraded', unavailable])
  expect(await rawRecords(databaseName)).toStrictEqual(before)
})

test("a provider's result that cannot wrap keys is named, and nothing is stored", async () => {
  const usages: KeyUsage[] = ['encrypt', 'decrypt']
  const unfit = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, usages)
  for (const given of [undefined, 'secret', unfit]) {
    const { records, statuses, databaseName } = await openStorage({
      keyProvider: async () => given as CryptoKey,
    })
    await records.create('s1')
    expect(statuses.at(-1)).toMatchObject([
      'degraded',
      { code: 'key-unavailable', message: expect.stringContaining('keyProvider') },
    ])
    expect((await rawRecords(databaseName)).size).toBe(0)
  }
})

test('a token stays in memory while a full disk keeps the plain key of its session from being replaced', async () => {
  const plain = await openStorage()
  await plain.records.setItem('s1', snapshotOf({ length: 3 }))
  const storage = await plain.reload({ keyProvider: passphrase('right') })
  fillDisk()
  expect(await storage.records.getItem('s1')).toMatchObject({ keyProtection: 'plain' })
  const token = { token: 'secret', expiresAt: Date.now() + 60_000, sessionId: 's1' }
  await storage.tokens.save('s1', token)
  // Other code may have planted the plain key.
  expect(sessionStorage.getItem(entryName(storage.databaseName, 'token'))).toBeNull()
  expect(await storage.tokens.read()?.open()).toEqual(token)
})

test('a session whose plain key a full disk kept is saved under a wrapped one once there is space', async () => {
  const plain = await openStorage()
  await plain.records.setItem('s1', snapshotOf({ length: 3 }))
  const keyProvider = passphrase('right')
  const storage = await plain.reload({ keyProvider })
  const disk = fillDisk()
  await storage.records.getItem('s1')
  const next = snapshotOf({ length: 4, revision: 2 })
  await expect(storage.records.setItem('s1', next)).rejects.toMatchObject({ code: 'storage-quota' })
  disk.mockRestore()
  await storage.records.setItem('s1', next)
  expect(storage.statuses.at(-1)).toEqual(['persistent', null])
  const read = await (await storage.reload({ keyProvider })).records.getItem('s1')
  expect(read).toMatchObject({ keyProtection: 'wrapped', revision: 2 })
  expect(read?.messages).toEqual(next.messages)
})

test('the state says that a key is wrapped as soon as there is space to replace the plain one', async () => {
  const plain = await openTalkingTab({ databaseName: freshName('key') })
  await plain.voiceAgent.dispose()
  const page = openPage({ databaseName: plain.databaseName, keyProvider: passphrase('right') })
  const disk = fillDisk()
  await page.sessionManager.initialize()
  expect(page.state().session).toMatchObject({ id: plain.id, keyProtection: 'plain' })
  disk.mockRestore()
  page.agent.setVolume(0.5)
  await page.persistor.flush()
  expect(page.state().session).toMatchObject({ id: plain.id, keyProtection: 'wrapped', error: null })
})

test('the state says how a key is protected that could only be created with the first save', async () => {
  const page = openPage({ databaseName: freshName('key') })
  await page.sessionManager.initialize()
  const disk = fillDisk()
  await page.agent.connect()
  expect(page.state().session).toMatchObject({ id: expect.any(String), keyProtection: null })
  disk.mockRestore()
  page.agent.sendText('first')
  await page.persistor.flush()
  expect(page.state().session).toMatchObject({ keyProtection: 'plain', error: null })
})

test('a session that is released during the save that replaces its plain key is saved', async () => {
  const plain = await openStorage()
  await plain.records.setItem('s1', snapshotOf({ length: 3 }))
  const keyProvider = passphrase('right')
  const storage = await plain.reload({ keyProvider })
  const disk = fillDisk()
  await storage.records.getItem('s1')
  disk.mockRestore()
  const next = snapshotOf({ length: 4, revision: 2 })
  const saved = storage.records.setItem('s1', next)
  await storage.records.release('s1')
  await saved
  const read = await (await storage.reload({ keyProvider })).records.getItem('s1')
  expect(read).toMatchObject({ keyProtection: 'wrapped', revision: 2 })
})

test('keys are not rewrapped if one of the two keys is not available', async () => {
  const storage = await openStorage({ keyProvider: passphrase('right') })
  const { databaseName } = storage
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const before = await rawRecords(databaseName)
  const offline = () => Promise.reject(new Error('offline'))
  for (const [from, to] of [
    [offline, passphrase('next')],
    [passphrase('right'), offline],
  ] as const) {
    await expect(rewrapKeys(from, to, { databaseName })).rejects.toMatchObject({ code: 'key-unavailable' })
  }
  expect(await rawRecords(databaseName)).toStrictEqual(before)
})

test('a mistyped passphrase starts a new session beside the earlier one, which opens with the right one', async () => {
  const databaseName = freshName('mistyped')
  const before = await openTalkingTab({ databaseName, keyProvider: passphrase('right') }, 'teapot')
  await before.voiceAgent.dispose()
  const wrong = openPage({ databaseName, keyProvider: passphrase('wrong') })
  expect(await wrong.sessionManager.initialize()).toMatchObject({ conversation: 'failed' })
  expect(wrong.texts()).toEqual([])
  expect((await wrong.sessionManager.listSessions()).map(({ id }) => id)).toContain(before.id)
  await wrong.voiceAgent.dispose()
  const right = openPage({ databaseName, keyProvider: passphrase('right') })
  expect(await right.sessionManager.restoreSession(before.id)).toMatchObject({ conversation: 'restored' })
  expect(right.texts()).toEqual(['teapot'])
})
