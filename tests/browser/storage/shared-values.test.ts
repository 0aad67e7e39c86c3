import { expect, test, vi } from 'vitest'
import { createEncryptedStorage } from '../../../src/storage.js'
import { rawRecords } from './fixture.js'
import { freshName } from './persisted-store.js'

/** The same app in two tabs. */
function openTwoTabs() {
  const databaseName = freshName('shared')
  const open = () => createEncryptedStorage({ databaseName })
  return { databaseName, first: open(), second: open(), open }
}

test('two tabs that write a value for the first time concurrently leave one that can be decrypted', async () => {
  const { first, second, open } = openTwoTabs()
  await Promise.all([first.setItem('k', 'one'), second.setItem('k', 'two')])
  // Whichever of them made the key that stayed: both have to write with it.
  for (const tab of [first, second]) {
    await tab.setItem('k', 'later')
    expect(await open().getItem('k')).toBe('later')
  }
})

test('what a tab writes after another one purged the value opens, under a key of its own', async () => {
  const { databaseName, first, second, open } = openTwoTabs()
  await first.setItem('k', 'before')
  const purged = (await rawRecords(databaseName)).get('value/k/value')
  expect(await second.getItem('k')).toBe('before')
  await first.removeItem('k')
  await second.setItem('k', 'after')
  expect(await open().getItem('k')).toBe('after')
  // The first tab must not continue with the key that it knew, nor with the one it deleted.
  await second.removeItem('k')
  await first.setItem('k', 'again')
  await second.setItem('k', 'and again')
  expect(await first.getItem('k')).toBe('and again')
  expect(purged).toBeDefined()
})

test('a read that is not answered in time fails, and nothing that comes late is written over', async () => {
  const { databaseName, first } = openTwoTabs()
  await first.setItem('k', 'stored')
  const before = await rawRecords(databaseName)
  const storage = createEncryptedStorage({ databaseName, readLimitMs: 50 })
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const decrypt = crypto.subtle.decrypt.bind(crypto.subtle)
  const spy = vi.spyOn(crypto.subtle, 'decrypt').mockImplementation(async (...args) => {
    await answered
    return decrypt(...args)
  })
  await expect(storage.getItem('k')).rejects.toMatchObject({ code: 'storage-unavailable' })
  answer()
  await spy.mock.results[0]?.value
  spy.mockRestore()
  // redux-persist gave up meanwhile, and this is its initial state.
  await expect(storage.setItem('k', 'initial')).rejects.toMatchObject({ code: 'storage-unavailable' })
  expect(await rawRecords(databaseName)).toStrictEqual(before)
})
