import { expect, test } from 'vitest'
import { decrypt } from '../../../src/lib/voice-agent/storage/records/cipher.js'
import type { EncryptedRecord } from '../../../src/lib/voice-agent/storage/records/record.js'
import { entryName, openStorage, rawRecords, storedOf, textOf } from './fixture.js'
import { message, snapshotOf } from './snapshots.js'

const said = 'the quick brown secret'
const token = { token: 'eyJ-secret-token', expiresAt: 5000, sessionId: 'agent-session' }

test('neither messages nor the token are stored in plain text anywhere', async () => {
  const storage = await openStorage()
  const { records, tokens, databaseName } = storage
  await records.create('s1')
  await tokens.save('s1', token)
  await records.setItem('s1', snapshotOf({ messages: [message(0, said)] }))
  records.stage(snapshotOf({ messages: [message(0, said), message(1, said)], revision: 2 }))
  records.flushSync()

  const stored = [...(await rawRecords(databaseName)).values()].map(textOf)
  const everything = [
    ...stored,
    JSON.stringify({ ...sessionStorage }),
    JSON.stringify({ ...localStorage }),
  ].join()
  for (const secret of [said, token.token, token.sessionId, 'connectionStatus']) {
    expect(everything).not.toContain(secret)
  }
  const reloaded = await storage.reload()
  expect(reloaded.tokens.read()).toMatchObject({ persistedSessionId: 's1', expiresAt: 5000 })
  expect(await reloaded.tokens.read()?.open()).toEqual(token)
})

test('a token can only be read as what it was saved as, and only while its session exists', async () => {
  const { records, tokens, databaseName } = await openStorage()
  const name = entryName(databaseName, 'token')
  await records.create('s1')
  await records.create('s2')
  await tokens.save('s1', token)
  const storedToken = sessionStorage.getItem(name) ?? ''
  for (const changed of [
    storedToken.replace('"expiresAt":5000', '"expiresAt":9999'),
    storedToken.replace('"s1"', '"s2"'),
  ]) {
    sessionStorage.setItem(name, changed)
    await expect(tokens.read()?.open()).rejects.toMatchObject({ code: 'session-unreadable' })
  }
  sessionStorage.setItem(name, storedToken)
  await records.removeItem('s1')
  await expect(tokens.read()?.open()).rejects.toMatchObject({ code: 'session-unreadable' })
})

test("anything else in the token's place reads as no token", async () => {
  const { tokens, databaseName } = await openStorage()
  for (const text of ['', '{', 'null', '[1]', '{"kind":"token"}', '"text"', '{"iv":{"base64":"%"}}']) {
    sessionStorage.setItem(entryName(databaseName, 'token'), text)
    expect(tokens.read()).toBeNull()
  }
})

test('a token that is cleared while it is being encrypted stays cleared', async () => {
  const { records, tokens } = await openStorage()
  await records.create('s1')
  const saved = tokens.save('s1', token)
  tokens.clear()
  await saved
  expect(tokens.read()).toBeNull()
})

test('each session has its own 256-bit key, which opens no other session', async () => {
  const { records, databaseName } = await openStorage()
  for (const id of ['s1', 's2']) {
    await records.create(id)
    await records.setItem(id, snapshotOf({ id, length: 1 }))
  }
  const stored = await rawRecords(databaseName)
  const keyOf = (id: string) => stored.get(`key/session/${id}`)?.key as CryptoKey
  const headOf = (id: string) => stored.get(`session/${id}/head`) as unknown as EncryptedRecord
  expect(keyOf('s1').algorithm).toEqual({ name: 'AES-GCM', length: 256 })
  for (const [id, other] of [
    ['s1', 's2'],
    ['s2', 's1'],
  ] as const) {
    await expect(decrypt(keyOf(id), headOf(id))).resolves.toBeTypeOf('object')
    await expect(decrypt(keyOf(id), headOf(other))).rejects.toMatchObject({ code: 'session-unreadable' })
  }
})

test('session keys cannot be exported, and with a key provider they are stored only wrapped', async () => {
  const plain = await openStorage()
  await plain.records.create('s1')
  const key = (await rawRecords(plain.databaseName)).get('key/session/s1')?.key as CryptoKey
  expect(key.extractable).toBe(false)

  for (const name of ['AES-GCM', 'AES-KW']) {
    const usages: KeyUsage[] = ['wrapKey', 'unwrapKey']
    const newKey = () => crypto.subtle.generateKey({ name, length: 256 }, false, usages)
    const wrappingKey = await newKey()
    const storage = await openStorage({ keyProvider: async () => wrappingKey })
    await storage.records.setItem('s1', snapshotOf({ length: 3 }))
    const record = (await rawRecords(storage.databaseName)).get('key/session/s1')
    expect(record?.wrapped).toBeInstanceOf(ArrayBuffer)
    expect(record).not.toHaveProperty('key')
    const right = await storage.reload()
    expect(await right.records.getItem('s1')).toEqual(storedOf({ length: 3 }))

    const wrongKey = await newKey()
    const wrong = await right.reload({ keyProvider: async () => wrongKey })
    expect(await wrong.records.list()).toHaveLength(1)
    await expect(wrong.records.getItem('s1')).rejects.toMatchObject({ code: 'key-wrong' })
  }
})

test('if a key provider fails, the call stays in memory and says so', async () => {
  const keyProvider = () => Promise.reject(new Error('offline'))
  const { records, tokens, statuses, databaseName } = await openStorage({ keyProvider })
  await records.create('s1')
  await tokens.save('s1', token)
  expect(statuses.at(-1)).toMatchObject(['degraded', { code: 'key-unavailable' }])
  expect(await tokens.read()?.open()).toEqual(token)
  expect((await rawRecords(databaseName)).size).toBe(0)
})
