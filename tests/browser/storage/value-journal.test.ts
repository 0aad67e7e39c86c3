import { expect, onTestFinished, test } from 'vitest'
import { createEncryptedStorage } from '../../../src/storage.js'
import { occupy, putRaw, rawRecords } from './fixture.js'
import { freshName } from './persisted-store.js'

/** A page about to close with an unwritten change, whose database completes no write. */
async function leaveWithUnwritten(stored: string, unwritten: string) {
  sessionStorage.clear()
  const databaseName = freshName('journal')
  const open = () => createEncryptedStorage({ databaseName })
  const storage = open()
  await storage.setItem('k', stored)
  const stop = storage.flushBeforeUnload({ flush: async () => {} })
  onTestFinished(stop)
  const before = await rawRecords(databaseName)
  const release = await occupy(databaseName)
  const writing = storage.setItem('k', unwritten)
  const names = () =>
    Object.keys(sessionStorage).filter(
      (name) => name.includes(`:${databaseName}:`) && name.includes(':value-journal'),
    )
  dispatchEvent(new Event('beforeunload'))
  await expect.poll(names).toHaveLength(1)
  const [name = ''] = names()
  const entry = sessionStorage.getItem(name) ?? ''
  return { databaseName, before, open, release, writing, name, entry, stop, names }
}

test('a value that was journalled and then written is stored once, and the journal is cleared', async () => {
  const { open, release, writing, names, entry } = await leaveWithUnwritten('before', 'teapot')
  expect(entry).not.toContain('teapot')
  release()
  await writing
  expect(names()).toEqual([])
  expect(await open().getItem('k')).toBe('teapot')
})

test('the next page replays a journalled value whose write was lost, and only once', async () => {
  const page = await leaveWithUnwritten('before', 'teapot')
  const { databaseName, before, open, release, writing, name, entry } = page
  release()
  await writing
  // The write is lost with the page: the database is unchanged, and the journal exists.
  for (const key of ['value/k/value', 'mark/value/k']) await putRaw(databaseName, key, before.get(key) ?? {})
  sessionStorage.setItem(name, entry)
  expect(await open().getItem('k')).toBe('teapot')
  expect(sessionStorage.getItem(name)).toBeNull()
  const replayed = await rawRecords(databaseName)
  expect(await open().getItem('k')).toBe('teapot')
  expect(await rawRecords(databaseName)).toStrictEqual(replayed)
})

test('the journal stays while another key is in the place of its own, and is replayed when its own is back', async () => {
  const { databaseName, before, open, release, writing, name, entry } = await leaveWithUnwritten(
    'before',
    'teapot',
  )
  release()
  await writing
  for (const key of ['value/k/value', 'mark/value/k']) await putRaw(databaseName, key, before.get(key) ?? {})
  sessionStorage.setItem(name, entry)
  const own = before.get('key/value/k') ?? {}
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  await putRaw(databaseName, 'key/value/k', { ...own, key })
  await expect(open().getItem('k')).rejects.toMatchObject({ code: 'value-unreadable' })
  await putRaw(databaseName, 'key/value/k', own)
  expect(await open().getItem('k')).toBe('teapot')
})

test("another tab's value that was stored later stays", async () => {
  const { databaseName, open, release, writing, name, entry } = await leaveWithUnwritten('before', 'teapot')
  release()
  await writing
  await open().setItem('k', 'of another tab')
  const stored = await rawRecords(databaseName)
  sessionStorage.setItem(name, entry)
  expect(await open().getItem('k')).toBe('of another tab')
  expect(await rawRecords(databaseName)).toStrictEqual(stored)
  expect(sessionStorage.getItem(name)).toBeNull()
})

test('a journal that was altered is dropped', async () => {
  const { databaseName, open, release, writing, name, entry } = await leaveWithUnwritten('before', 'teapot')
  release()
  await writing
  const stored = await rawRecords(databaseName)
  const iv = [...new Uint8Array(stored.get('value/k/value')?.iv ?? new ArrayBuffer(0))].join(',')
  const parsed = JSON.parse(entry)
  const current = `value ${iv} undefined undefined undefined`
  for (const altered of [
    { ...parsed, replaces: [current], value: { ...parsed.value, revision: 99 } },
    { ...parsed, replaces: [current], mark: { ...parsed.mark, owner: 'value/other' } },
    { ...parsed, replaces: [current], value: { ...parsed.value, name: 'other' } },
    { replaces: [current] },
  ]) {
    sessionStorage.setItem(name, JSON.stringify(altered))
    expect(await open().getItem('k')).toBe('teapot')
  }
  expect(await rawRecords(databaseName)).toStrictEqual(stored)
  // Control: an authentic journal that replaces the stored value is written.
  sessionStorage.setItem(name, JSON.stringify({ ...parsed, replaces: [current] }))
  expect(await open().getItem('k')).toBe('teapot')
  expect(await rawRecords(databaseName)).not.toStrictEqual(stored)
})
