import { expect, test, vi } from 'vitest'
import { createEncryptedStorage, createPassphraseKeyProvider } from '../../../src/storage.js'
import { deleteRaw, openStorage, putRaw, rawRecords, storedOf } from './fixture.js'
import { freshName } from './persisted-store.js'
import { snapshotOf } from './snapshots.js'

const keyProvider = createPassphraseKeyProvider('correct horse', { iterations: 10 })

const VALUE_KEY = 'key/value/k'
const VALUE = 'value/k/value'

/** A key that the attacker can export. */
const makeKey = (extractable = true) =>
  crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, extractable, ['encrypt', 'decrypt'])

async function plantedRecord(owner: string) {
  return { v: 1, kind: 'key', owner, updatedAt: 1, key: await makeKey() }
}

async function createVictim() {
  const databaseName = freshName('attack')
  const open = () => createEncryptedStorage({ databaseName, keyProvider })
  await open().setItem('k', 'before')
  const records = () => rawRecords(databaseName)
  return { databaseName, open, records, put: putRaw.bind(null, databaseName) }
}

test('a planted plain key without a value is replaced before anything is encrypted', async () => {
  const { databaseName, open, records, put } = await createVictim()
  for (const key of [VALUE, 'mark/value/k']) await deleteRaw(databaseName, key)
  await put(VALUE_KEY, await plantedRecord('value/k'))
  const storage = open()
  expect(await storage.getItem('k')).toBeNull()
  await storage.setItem('k', 'the secret of the user')
  const key = (await records()).get(VALUE_KEY)
  expect(key).toHaveProperty('wrapped')
  expect(key).not.toHaveProperty('key')
  expect(await open().getItem('k')).toBe('the secret of the user')
})

test('a plain key planted for a future session is replaced before anything is encrypted', async () => {
  const storage = await openStorage({ keyProvider })
  await putRaw(storage.databaseName, 'key/session/s1', await plantedRecord('session/s1'))
  await storage.records.create('s1')
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const key = (await rawRecords(storage.databaseName)).get('key/session/s1')
  expect(key).toHaveProperty('wrapped')
  expect(key).not.toHaveProperty('key')
  const next = await storage.reload()
  expect(await next.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
})

test('a plain key planted over a wrapped one opens nothing, and nothing is overwritten', async () => {
  const { open, records, put } = await createVictim()
  await put(VALUE_KEY, await plantedRecord('value/k'))
  const before = await records()
  // A page that writes without reading first must not overwrite it either.
  for (const storage of [open(), open()]) {
    await expect(storage.setItem('k', 'over it')).rejects.toMatchObject({ code: 'value-unreadable' })
    await expect(storage.getItem('k')).rejects.toMatchObject({ code: 'value-unreadable' })
    await expect(storage.setItem('k', 'over it')).rejects.toMatchObject({ code: 'value-unreadable' })
  }
  expect(await records()).toStrictEqual(before)
  const storage = await openStorage({ keyProvider })
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  await putRaw(storage.databaseName, 'key/session/s1', await plantedRecord('session/s1'))
  const planted = await rawRecords(storage.databaseName)
  const next = await storage.reload()
  await expect(next.records.getItem('s1')).rejects.toMatchObject({ code: 'session-unreadable' })
  const written = next.records.setItem('s1', snapshotOf({ length: 4, revision: 9 }))
  await expect(written).rejects.toMatchObject({ code: 'session-unreadable' })
  expect(await rawRecords(storage.databaseName)).toStrictEqual(planted)
})

test('a planted plain key encrypts no messages for other pages', async () => {
  const storage = await openStorage({ keyProvider })
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  expect(await storage.channelOf('s1')).toMatchObject({ key: { extractable: false } })
  await putRaw(storage.databaseName, 'key/session/s1', await plantedRecord('session/s1'))
  const follower = await storage.reload()
  expect(await follower.channelOf('s1')).toBeNull()
})

test('a wrapped key moved to another session opens nothing, and nothing is overwritten', async () => {
  const { open, records, put } = await createVictim()
  await open().setItem('other', 'words')
  const other = (await records()).get('key/value/other') ?? {}
  for (const record of [other, { ...other, owner: 'value/k' }]) {
    await put(VALUE_KEY, record)
    const before = await records()
    const storage = open()
    await expect(storage.getItem('k')).rejects.toMatchObject({ code: 'value-unreadable' })
    await expect(storage.setItem('k', 'over it')).rejects.toMatchObject({ code: 'value-unreadable' })
    expect(await records()).toStrictEqual(before)
  }
})

test('a value stored before there was a key provider is read, and re-encrypted under a wrapped key', async () => {
  const databaseName = freshName('later')
  const plain = createEncryptedStorage({ databaseName })
  await plain.setItem('read', 'one')
  await plain.setItem('written', 'two')
  const before = await rawRecords(databaseName)
  const protectedStorage = createEncryptedStorage({ databaseName, keyProvider })
  await protectedStorage.setItem('written', 'three')
  expect(await protectedStorage.getItem('read')).toBe('one')
  const isWrapped = async (name: string) =>
    'wrapped' in ((await rawRecords(databaseName)).get(`key/value/${name}`) ?? {})
  expect(await isWrapped('written')).toBe(true)
  await vi.waitUntil(() => isWrapped('read'))
  const after = await rawRecords(databaseName)
  expect(after.get('value/read/value')).not.toStrictEqual(before.get('value/read/value'))
  const reopened = createEncryptedStorage({ databaseName, keyProvider })
  expect([await reopened.getItem('read'), await reopened.getItem('written')]).toEqual(['one', 'three'])
  // A page without the provider can no longer open anything, and overwrites nothing.
  await expect(plain.getItem('read')).rejects.toMatchObject({ code: 'value-unreadable' })
  await expect(plain.setItem('written', 'four')).rejects.toMatchObject({ code: 'value-unreadable' })
  expect(await rawRecords(databaseName)).toStrictEqual(after)
})

test('keys are extractable only while they are being wrapped', async () => {
  const unwrapKey = vi.spyOn(crypto.subtle, 'unwrapKey')
  const { open } = await createVictim()
  await open().getItem('k')
  const extractable = unwrapKey.mock.calls.map(([, , , , , isExtractable]) => isExtractable)
  unwrapKey.mockRestore()
  expect(extractable.length).toBeGreaterThan(0)
  expect(extractable).not.toContain(true)
})

test('a rolled-back value is returned, and the status says so', async () => {
  const { databaseName, open, records, put } = await createVictim()
  const old = await records()
  await open().setItem('k', 'after')
  const rolledBack = { code: 'value-rolled-back' }
  await put(VALUE, old.get(VALUE) ?? {})
  const onStatus = vi.fn()
  const options = { databaseName, keyProvider, onStatus }
  const storage = createEncryptedStorage(options)
  expect(await storage.getItem('k')).toBe('before')
  expect(onStatus).toHaveBeenLastCalledWith('persistent', expect.objectContaining(rolledBack))
  // The page continues from there.
  await storage.setItem('k', 'later')
  const next = vi.fn()
  expect(await createEncryptedStorage({ ...options, onStatus: next }).getItem('k')).toBe('later')
  expect(next.mock.calls).toEqual([['persistent', null]])
})

test('a removed mark and a removed value are reported too', async () => {
  const { databaseName, open } = await createVictim()
  await open().setItem('k', 'after')
  const readStatus = async () => {
    const onStatus = vi.fn()
    const value = await createEncryptedStorage({ databaseName, keyProvider, onStatus }).getItem('k')
    return [value, (onStatus.mock.lastCall?.[1] as { code: string } | null)?.code ?? null]
  }
  expect(await readStatus()).toEqual(['after', null])
  const mark = (await rawRecords(databaseName)).get('mark/value/k') ?? {}
  await deleteRaw(databaseName, 'mark/value/k')
  expect(await readStatus()).toEqual(['after', 'value-rolled-back'])
  await putRaw(databaseName, 'mark/value/k', mark)
  await deleteRaw(databaseName, VALUE)
  expect(await readStatus()).toEqual([null, 'value-rolled-back'])
  await open().setItem('k', 'again')
  expect(await readStatus()).toEqual(['again', null])
  // The owner's own deletion is not reported.
  await open().removeItem('k')
  expect(await readStatus()).toEqual([null, null])
})

test('a tab remembers: a value rolled back with its mark is detected where the later one was seen', async () => {
  const { databaseName, open, records, put } = await createVictim()
  const old = await records()
  await open().setItem('k', 'after')
  for (const key of [VALUE, 'mark/value/k']) await put(key, old.get(key) ?? {})
  const readStatus = async () => {
    const onStatus = vi.fn()
    const value = await createEncryptedStorage({ databaseName, keyProvider, onStatus }).getItem('k')
    return [value, (onStatus.mock.lastCall?.[1] as { code: string } | null)?.code ?? null]
  }
  expect(await readStatus()).toEqual(['before', 'value-rolled-back'])
  // A tab that has not seen it can't know.
  sessionStorage.clear()
  expect(await readStatus()).toEqual(['before', null])
})

test('a session from before the provider is re-encrypted when it is opened, and written only under the wrapped key', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 200 }))
  const before = await rawRecords(storage.databaseName)
  expect(before.get('key/session/s1')).toHaveProperty('key')
  const next = await storage.reload({ keyProvider, restore: 'newest' })
  const opened = await next.records.getItem('s1')
  expect(opened).toMatchObject({ firstLoadedIndex: 128, keyProtection: 'wrapped', messages: { length: 72 } })
  const after = await rawRecords(storage.databaseName)
  expect(after.get('key/session/s1')).not.toHaveProperty('key')
  // Records keep their versions, so the head still names them, and none is readable with the old key.
  const key = before.get('key/session/s1')?.key as CryptoKey
  for (const [place, { iv, data }] of before) {
    if (!data) continue
    expect(after.get(place)?.iv, place).toEqual(iv)
    await expect(decryptRaw(key, after.get(place)), place).rejects.toThrow()
  }
  await next.records.setItem('s1', { ...snapshotOf({ length: 201 }), revision: 2 })
  const { records } = await next.reload({ restore: 'all' })
  expect(await records.getItem('s1')).toEqual({
    ...snapshotOf({ length: 201, revision: 2 }),
    keyProtection: 'wrapped',
  })
})

test('a session that could not be re-encrypted is shown, and not written under its plain key', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const before = await rawRecords(storage.databaseName)
  const next = await storage.reload({ keyProvider })
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError')
  })
  expect((await next.records.getItem('s1'))?.messages).toHaveLength(3)
  await expect(next.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))).rejects.toMatchObject({
    code: 'storage-quota',
  })
  expect(next.statuses.at(-1)).toMatchObject(['degraded', { code: 'storage-quota' }])
  expect((await rawRecords(storage.databaseName)).get('session/s1/head')).toEqual(
    before.get('session/s1/head'),
  )
  put.mockRestore()
  expect((await (await next.reload()).records.getItem('s1'))?.keyProtection).toBe('wrapped')
})

function decryptRaw(
  key: CryptoKey,
  record: Awaited<ReturnType<typeof rawRecords>> extends Map<string, infer R> ? R | undefined : never,
) {
  const { iv = new ArrayBuffer(), data = new ArrayBuffer(), ...header } = record ?? {}
  const fields = Object.keys(header)
    .sort()
    .map((name) => [name, header[name]])
  const additionalData = new TextEncoder().encode(JSON.stringify(fields))
  return crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, data)
}
