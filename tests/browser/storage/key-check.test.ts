import { expect, test } from 'vitest'
import {
  createEncryptedStorage,
  createPassphraseKeyProvider,
  type KeyProvider,
  rewrapKeys,
  verifyPassphrase,
} from '../../../src/storage.js'
import {
  deleteRaw,
  entryName,
  flipByte,
  occupy,
  openStorage,
  putRaw,
  rawRecords,
  storedOf,
} from './fixture.js'
import { freshName } from './persisted-store.js'
import { snapshotOf } from './snapshots.js'

/** Few iterations, to keep tests fast. */
const passphrase = (words: string, iterations = 10) => createPassphraseKeyProvider(words, { iterations })

const CHECK = 'meta/key'

/** A database with a value and a session encrypted with the passphrase "right". */
async function createLocked() {
  const keyProvider = passphrase('right')
  const storage = await openStorage({ keyProvider })
  const { databaseName } = storage
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  const values = (provider: KeyProvider | undefined) =>
    createEncryptedStorage({ databaseName, ...(provider ? { keyProvider: provider } : {}) })
  await values(keyProvider).setItem('k', 'teapot')
  return { storage, databaseName, values, records: () => rawRecords(databaseName) }
}

test('a passphrase alone opens what it encrypted: the salt and the iterations are stored with it', async () => {
  const { storage, values, records } = await createLocked()
  expect((await records()).get(CHECK)).toMatchObject({
    kdf: 'PBKDF2-HMAC-SHA-256',
    iterations: 10,
    salt: expect.any(ArrayBuffer),
    check: expect.any(ArrayBuffer),
  })
  const same = [passphrase('right'), passphrase('right', 9)]
  let { reload } = storage
  for (const keyProvider of same) {
    expect(await values(keyProvider).getItem('k')).toBe('teapot')
    const opened = await reload({ keyProvider })
    reload = opened.reload
    expect(await opened.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
  }
})

test('a passphrase is verified without writing anything', async () => {
  const unused = freshName('verify')
  expect(await verifyPassphrase('first', { databaseName: unused, iterations: 10 })).toBe('unset')
  expect((await rawRecords(unused)).size).toBe(0)

  const { databaseName, records } = await createLocked()
  const before = await records()
  const verify = (words: string) => verifyPassphrase(words, { databaseName, iterations: 10 })
  expect(await verify('right')).toBe('right')
  expect(await verify('rigth')).toBe('wrong')
  expect(await verifyPassphrase(passphrase('right'), { databaseName })).toBe('right')
  const offline = () => Promise.reject(new Error('offline'))
  await expect(verifyPassphrase(offline, { databaseName })).rejects.toMatchObject({ code: 'key-unavailable' })
  expect(await records()).toStrictEqual(before)
})

test('a mistyped passphrase opens nothing, creates nothing and replaces nothing', async () => {
  const { storage, values, records } = await createLocked()
  const before = await records()
  const wrong = { code: 'key-wrong' }
  const typo = await storage.reload({ keyProvider: passphrase('rigth') })
  await expect(typo.records.getItem('s1')).rejects.toMatchObject(wrong)
  await typo.records.create('s2')
  expect(typo.statuses.at(-1)).toMatchObject(['degraded', wrong])
  await expect(typo.records.setItem('s2', snapshotOf({ id: 's2' }))).rejects.toMatchObject(wrong)
  const typoValues = values(passphrase('rigth'))
  await expect(typoValues.setItem('other', 'words')).rejects.toMatchObject(wrong)
  await expect(typoValues.setItem('k', 'words')).rejects.toMatchObject(wrong)
  await expect(typoValues.getItem('k')).rejects.toMatchObject(wrong)
  expect(await records()).toStrictEqual(before)
})

test('two pages that first use a database with different passphrases agree on one', async () => {
  const databaseName = freshName('first')
  const open = (words: string) => createEncryptedStorage({ databaseName, keyProvider: passphrase(words) })
  const [one, two] = [open('one'), open('two')]
  const settled = await Promise.allSettled([one.setItem('a', '1'), two.setItem('b', '2')])
  expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(settled.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'key-wrong' } })
})

test('a database without a check gets one from a passphrase that opens a stored key, and from no other', async () => {
  const { databaseName, values, records } = await createLocked()
  await deleteRaw(databaseName, CHECK)
  expect(await verifyPassphrase('rigth', { databaseName, iterations: 10 })).toBe('wrong')
  await expect(values(passphrase('rigth')).setItem('new', 'words')).rejects.toMatchObject({
    code: 'key-wrong',
  })
  expect((await records()).has(CHECK)).toBe(false)
  expect(await values(passphrase('right')).getItem('k')).toBe('teapot')
  expect((await records()).has(CHECK)).toBe(true)
})

test('a damaged check does no harm: the stored keys prove the passphrase', async () => {
  const { databaseName, values, records } = await createLocked()
  const check = (await records()).get(CHECK) ?? {}
  const damaged = [
    { ...check, check: flipByte(check.check as ArrayBuffer) },
    { ...check, iterations: 11 },
    { ...check, iterations: 1e12 },
    { ...check, salt: 'salt' },
    { v: 1, kind: 'meta', name: 'key' },
  ]
  for (const record of damaged) {
    await putRaw(databaseName, CHECK, record)
    await expect(values(passphrase('rigth')).getItem('k')).rejects.toMatchObject({ code: 'key-wrong' })
    expect(await values(passphrase('right')).getItem('k')).toBe('teapot')
    expect(await verifyPassphrase('right', { databaseName, iterations: 10 })).toBe('right')
  }
})

test('the next page with the right passphrase applies more iterations to all keys, but never fewer', async () => {
  const { storage, databaseName, values, records } = await createLocked()
  const iterationsOf = async () =>
    [...(await records()).values()].flatMap(({ iterations }) =>
      iterations === undefined ? [] : [iterations],
    )
  expect(await iterationsOf()).toEqual([10, 10, 10])
  // A page that was already open follows.
  const open = values(passphrase('right'))
  expect(await open.getItem('k')).toBe('teapot')
  await expect(values(passphrase('rigth', 20)).getItem('k')).rejects.toMatchObject({ code: 'key-wrong' })
  expect(await iterationsOf()).toEqual([10, 10, 10])
  expect(await values(passphrase('right', 20)).getItem('k')).toBe('teapot')
  expect(await iterationsOf()).toEqual([20, 20, 20])
  await open.setItem('another', 'cup')
  expect(await iterationsOf()).toEqual([20, 20, 20, 20])
  const later = await storage.reload({ keyProvider: passphrase('right', 10) })
  expect(await later.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
  expect(await iterationsOf()).toEqual([20, 20, 20, 20])
  expect(await verifyPassphrase('right', { databaseName })).toBe('right')
})

test('rewrapping reports each key: a key with an old typo affects only itself, and plain ones are re-encrypted on request', async () => {
  const { storage, databaseName, values, records } = await createLocked()
  await storage.records.release('s1')
  const foreign = freshName('foreign')
  await createEncryptedStorage({ databaseName: foreign, keyProvider: passphrase('typo') }).setItem(
    't',
    'lost',
  )
  const stolen = await rawRecords(foreign)
  for (const key of ['key/value/t', 'value/t/value']) await putRaw(databaseName, key, stolen.get(key) ?? {})
  await values(undefined).setItem('open', 'plain words')
  const plainStorage = await openStorage({ databaseName })
  await plainStorage.records.setItem('s2', snapshotOf({ id: 's2', length: 70 }))

  const report = await rewrapKeys(passphrase('right'), passphrase('next'), { databaseName })
  expect(report).toMatchObject({ rewrapped: 2, unchanged: 0, reencrypted: 0, plain: 2 })
  expect(report.failed).toMatchObject([{ owner: 'value/t', error: { code: 'session-unreadable' } }])
  expect(JSON.stringify(report)).not.toContain('lost')

  const options = { databaseName, reencryptPlain: true }
  // A tab that has a session open still writes with its key.
  const early = await rewrapKeys(passphrase('right'), passphrase('next'), options)
  expect(early).toMatchObject({ rewrapped: 0, unchanged: 2, reencrypted: 1, plain: 1 })
  await plainStorage.records.setItem('s2', snapshotOf({ id: 's2', length: 71, revision: 2 }))
  await plainStorage.records.release('s2')
  const again = await rewrapKeys(passphrase('right'), passphrase('next'), options)
  expect(again).toMatchObject({ rewrapped: 0, unchanged: 3, reencrypted: 1, plain: 0 })
  expect([...(await records()).values()].filter((record) => 'key' in record)).toEqual([])
  const next = passphrase('next')
  expect(await values(next).getItem('open')).toBe('plain words')
  expect(await values(next).getItem('k')).toBe('teapot')
  const reopened = await plainStorage.reload({ keyProvider: next })
  expect(await reopened.records.getItem('s2')).toEqual(storedOf({ id: 's2', length: 71, revision: 2 }))
  expect(await reopened.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
  await expect(values(passphrase('right')).getItem('k')).rejects.toMatchObject({ code: 'key-wrong' })
})

test('a session with words that its page could not save keeps its key until they are replayed', async () => {
  const storage = await openStorage()
  const { databaseName, records } = storage
  await records.setItem('s1', snapshotOf({ length: 3 }))
  const before = await rawRecords(databaseName)
  const release = await occupy(databaseName)
  void records.setItem('s1', snapshotOf({ length: 4, revision: 2 })).catch(() => {})
  const name = entryName(databaseName, 'journal:s1')
  const leave = () => {
    records.flushSync()
    return sessionStorage.getItem(name)
  }
  await expect.poll(leave).not.toBeNull()
  const journal = leave() ?? ''
  release()
  const closed = await storage.reload()
  await closed.records.release('s1')
  // The write is lost with the page: the database is unchanged, and the journal exists.
  for (const [key, record] of before) await putRaw(databaseName, key, record)
  sessionStorage.setItem(name, journal)

  const options = { databaseName, reencryptPlain: true }
  const report = await rewrapKeys(passphrase('right'), passphrase('next'), options)
  expect(report).toMatchObject({ reencrypted: 0, plain: 1, failed: [] })
  const next = await closed.reload({ keyProvider: passphrase('next') })
  expect(await next.records.getItem('s1')).toEqual(storedOf({ length: 4, revision: 2 }))
})

test('a tab that is open while the passphrase changes stores nothing under the old one', async () => {
  const { databaseName, values } = await createLocked()
  const open = values(passphrase('right'))
  expect(await open.getItem('k')).toBe('teapot')
  await rewrapKeys(passphrase('right'), passphrase('next'), { databaseName })
  await expect(open.setItem('new', 'words')).rejects.toMatchObject({ code: 'key-wrong' })
  await expect(open.setItem('k', 'cup')).rejects.toMatchObject({ code: 'key-wrong' })
  expect(await values(passphrase('next')).getItem('k')).toBe('teapot')
})
