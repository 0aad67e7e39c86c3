import { WebRTCVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createPassphraseKeyProvider, type KeyProvider, rewrapKeys } from '../../../src/storage.js'
import { openStorage, rawRecords, storedOf } from './fixture.js'
import { snapshotOf } from './snapshots.js'

const salt = Uint8Array.from({ length: 16 }, (_, index) => index)
/** Few iterations, to keep tests fast. */
const passphrase = (words: string) => createPassphraseKeyProvider(words, { salt, iterations: 10 })

test('a passphrase opens what it encrypted, and another one does not', async () => {
  const storage = await openStorage({ keyProvider: createPassphraseKeyProvider('open sesame', { salt }) })
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const right = await storage.reload({ keyProvider: createPassphraseKeyProvider('open sesame', { salt }) })
  expect(await right.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
  const wrong = await right.reload({ keyProvider: createPassphraseKeyProvider('open barley', { salt }) })
  await expect(wrong.records.getItem('s1')).rejects.toMatchObject({ code: 'key-wrong' })
})

test('an unusable key is rejected when the provider is created', () => {
  for (const make of [
    () => createPassphraseKeyProvider('', { salt }),
    () => createPassphraseKeyProvider('words', { salt: new Uint8Array(8) }),
    () => createPassphraseKeyProvider('words', { salt, iterations: 0 }),
    () => createPassphraseKeyProvider('words', { salt, iterations: 1e8 }),
  ]) {
    expect(make).toThrowError(expect.objectContaining({ code: 'invalid-option' }))
  }
})

test('a provider may return its key without a promise, and any other result is named', async () => {
  const key = await passphrase('open sesame')()
  const storage = await openStorage({ keyProvider: (() => key) as never })
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const other = await storage.reload({ keyProvider: (() => passphrase) as never })
  await expect(other.records.getItem('s1')).rejects.toMatchObject({
    code: 'key-unavailable',
    message: expect.stringMatching(/^keyProvider must return .*; got function\.$/),
  })
})

test("while the key is not available, sessions are listed but don't open, and a later load opens them", async () => {
  const keyProvider = passphrase('open sesame')
  const storage = await openStorage({ keyProvider })
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const offline = await storage.reload({ keyProvider: () => Promise.reject(new Error('offline')) })
  const before = await rawRecords(storage.databaseName)
  expect(await offline.records.list()).toMatchObject([{ id: 's1', messageCount: 3 }])
  const unavailable = { code: 'key-unavailable' }
  await expect(offline.records.getItem('s1')).rejects.toMatchObject(unavailable)
  const written = offline.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  await expect(written).rejects.toMatchObject(unavailable)
  expect(await rawRecords(storage.databaseName)).toStrictEqual(before)
  const online = await offline.reload({ keyProvider })
  expect(await online.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
})

test('keys are rewrapped without touching the encrypted data, once or twice, all or none', async () => {
  const [old, next, stranger] = [passphrase('old'), passphrase('next'), passphrase('stranger')]
  const storage = await openStorage({ keyProvider: old })
  const { databaseName } = storage
  for (const id of ['s1', 's2']) await storage.records.setItem(id, snapshotOf({ id, length: 70 }))
  const before = await rawRecords(databaseName)
  await expect(rewrapKeys(stranger, next, { databaseName })).rejects.toMatchObject({ code: 'key-wrong' })
  expect(await rawRecords(databaseName)).toStrictEqual(before)

  const nothingElse = { reencrypted: 0, plain: 0, failed: [] }
  const first = await rewrapKeys(old, next, { databaseName })
  expect(first).toEqual({ rewrapped: 2, unchanged: 0, ...nothingElse })
  const again = await rewrapKeys(old, next, { databaseName })
  expect(again).toEqual({ rewrapped: 0, unchanged: 2, ...nothingElse })
  const after = await rawRecords(databaseName)
  const dataIn = (records: typeof before) => [...records].filter(([key]) => key.startsWith('session/'))
  expect(dataIn(after)).toStrictEqual(dataIn(before))
  const right = await storage.reload({ keyProvider: next })
  expect(await right.records.getItem('s1')).toEqual(storedOf({ length: 70 }))
  const wrong = await right.reload({ keyProvider: old })
  await expect(wrong.records.getItem('s2')).rejects.toMatchObject({ code: 'key-wrong' })
})

test('a page load without the key fails and says why, and the next one with it restores the conversation', async () => {
  sessionStorage.clear()
  const databaseName = `key-${crypto.randomUUID()}`
  async function loadPage(keyProvider: KeyProvider) {
    const agent = new WebRTCVoiceAgent({
      apiEndpoint: '/api/voice-agent',
      transport: scriptedTransport(),
      refreshToken: async (request) => ({
        token: 't',
        expiresAt: Date.now() + 60_000,
        sessionId: request.sessionId ?? crypto.randomUUID(),
      }),
      persistence: { databaseName, keyProvider },
    })
    onTestFinished(() => agent.dispose())
    const outcome = await agent.sessionManager.initialize()
    return { agent, outcome, restore: () => agent.store.getState().voiceAgent?.session.restore }
  }
  const before = await loadPage(passphrase('open sesame'))
  await before.agent.connect()
  before.agent.sendText('teapot')
  await before.agent.dispose()

  const locked = await loadPage(() => Promise.reject(new Error('cancelled')))
  expect(locked.outcome.conversation).toBe('failed')
  expect(locked.restore()?.error).toMatchObject({ code: 'key-unavailable' })
  await locked.agent.dispose()

  const after = await loadPage(passphrase('open sesame'))
  expect(after.outcome.conversation).toBe('restored')
  expect(after.agent.sessionManager.getCurrentSession()?.messages).toMatchObject([{ text: 'teapot' }])
})
