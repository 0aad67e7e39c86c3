import { combineReducers } from '@reduxjs/toolkit'
import { persistReducer } from 'redux-persist'
import { expect, test, vi } from 'vitest'
import { createEncryptedStorage } from '../../../src/storage.js'
import { flipByte, putRaw, rawRecords, textOf } from './fixture.js'
import { cart, freshName, openPersistedStore } from './persisted-store.js'

async function openStore(databaseName: string) {
  const storage = createEncryptedStorage({ databaseName })
  const { store, persistor } = await openPersistedStore(
    combineReducers({ cart: persistReducer({ key: 'cart', storage }, cart.reducer) }),
  )
  return { store, persistor, add: (item: string) => void store.dispatch(cart.actions.itemAdded(item)) }
}

test('restores a plain persistReducer, and stores nothing in plain text', async () => {
  const databaseName = freshName('encrypted')
  const first = await openStore(databaseName)
  first.add('camera')
  await first.persistor.flush()
  const second = await openStore(databaseName)
  expect(second.store.getState().cart.items).toEqual(['camera'])
  expect([...(await rawRecords(databaseName)).values()].map(textOf).join()).not.toContain('camera')
})

test('the initial state does not overwrite a value that cannot be read', async () => {
  const databaseName = freshName('encrypted')
  const first = await openStore(databaseName)
  first.add('camera')
  await first.persistor.flush()
  const key = 'value/persist%3Acart/value'
  const original = (await rawRecords(databaseName)).get(key)
  await putRaw(databaseName, key, { ...original, data: flipByte(original?.data) })
  const damaged = await rawRecords(databaseName)

  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const second = await openStore(databaseName)
  second.add('lamp')
  await second.persistor.flush()
  expect(log).toHaveBeenCalledWith(
    'Error storing data',
    expect.objectContaining({ code: 'value-unreadable' }),
  )
  log.mockRestore()
  expect(await rawRecords(databaseName)).toStrictEqual(damaged)
})

test('a write is rejected before a slow read has finished', async () => {
  const storage = createEncryptedStorage({ databaseName: freshName('encrypted') })
  const read = storage.getItem('persist:cart')
  await expect(storage.setItem('persist:cart', 'initial')).rejects.toMatchObject({
    code: 'value-unreadable',
  })
  expect(await read).toBeNull()
})

test('writes to one key land in order, objects are restored unchanged, and removing a key removes its encryption key', async () => {
  const databaseName = freshName('encrypted')
  const storage = createEncryptedStorage({ databaseName })
  await Promise.all([1, 2, 3].map((n) => storage.setItem('k', { n })))
  expect(await createEncryptedStorage({ databaseName }).getItem('k')).toEqual({ n: 3 })
  await storage.removeItem('k')
  expect((await rawRecords(databaseName)).size).toBe(0)
  expect(await storage.getItem('k')).toBeNull()
})

test('without IndexedDB, it keeps values in memory and says so', async () => {
  vi.stubGlobal('indexedDB', undefined)
  const onStatus = vi.fn()
  const storage = createEncryptedStorage({ databaseName: freshName('encrypted'), onStatus })
  await storage.setItem('k', 'value')
  const items = ['one']
  await storage.setItem('list', items)
  vi.unstubAllGlobals()
  expect(await storage.getItem('k')).toBe('value')
  // As on disk, a later change of the app's own object changes nothing.
  items.push('two')
  expect(await storage.getItem('list')).toEqual(['one'])
  expect(await storage.getItem('none')).toBeNull()
  expect(onStatus).toHaveBeenCalledWith('memory', expect.objectContaining({ code: 'storage-unavailable' }))
})
