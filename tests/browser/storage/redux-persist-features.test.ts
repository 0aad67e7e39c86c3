import { combineReducers } from '@reduxjs/toolkit'
import { createMigrate, createTransform, type PersistConfig, persistReducer } from 'redux-persist'
import autoMergeLevel1 from 'redux-persist/es/stateReconciler/autoMergeLevel1'
import autoMergeLevel2 from 'redux-persist/es/stateReconciler/autoMergeLevel2'
import { expect, test, vi } from 'vitest'
import { createEncryptedStorage } from '../../../src/storage.js'
import { rawRecords, textOf } from './fixture.js'
import { type Cart, cart, freshName, openPersistedStore } from './persisted-store.js'

const { itemAdded, couponEntered } = cart.actions
type CartConfig = Partial<PersistConfig<Cart>>

/** A page with a persisted cart. Calling it again with the same name simulates a reload. */
function loadCart(databaseName: string, config: CartConfig = {}) {
  const storage = createEncryptedStorage({ databaseName })
  return openPersistedStore(persistReducer({ key: 'cart', storage, ...config }, cart.reducer))
}

async function everythingStored(databaseName: string): Promise<string> {
  const records = [...(await rawRecords(databaseName)).values()].map(textOf)
  return [...records, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })].join()
}

test('transforms work both ways, and neither side is stored in plain text', async () => {
  const databaseName = freshName('transforms')
  const shout = createTransform<string[], string>(
    (items) => items.join('|').toUpperCase(),
    (stored) => stored.toLowerCase().split('|'),
    { whitelist: ['items'] },
  )
  const first = await loadCart(databaseName, { transforms: [shout] })
  first.store.dispatch(itemAdded('camera'))
  first.store.dispatch(itemAdded('lamp'))
  first.store.dispatch(couponEntered('MAY10'))
  await first.persistor.flush()
  const stored = await everythingStored(databaseName)
  for (const secret of ['camera', 'CAMERA', 'MAY10', 'rehydrated']) expect(stored).not.toContain(secret)
  const second = await loadCart(databaseName, { transforms: [shout] })
  expect(second.state()).toMatchObject({ items: ['camera', 'lamp'], coupon: 'MAY10' })
  // The transform's output is stored.
  expect((await loadCart(databaseName)).state().items).toBe('CAMERA|LAMP')
})

test('a whitelist and a blacklist decide what is restored', async () => {
  for (const config of [{ whitelist: ['items'] }, { blacklist: ['coupon'] }]) {
    const databaseName = freshName('lists')
    const first = await loadCart(databaseName, config)
    first.store.dispatch(itemAdded('camera'))
    first.store.dispatch(couponEntered('MAY10'))
    await first.persistor.flush()
    expect((await loadCart(databaseName)).state()).toMatchObject({ items: ['camera'], coupon: null })
  }
})

test('createMigrate updates an older version, one step after the other', async () => {
  const databaseName = freshName('migrations')
  const first = await loadCart(databaseName, { version: 0 })
  first.store.dispatch(itemAdded('camera'))
  await first.persistor.flush()
  const append = (item: string) => (state: unknown) => {
    const { items, ...rest } = state as Cart
    return { ...rest, items: [...items, item] } as never
  }
  const migrate = createMigrate({ 1: append('one'), 2: append('two') }, { debug: false })
  const second = await loadCart(databaseName, { version: 2, migrate })
  expect(second.state().items).toEqual(['camera', 'one', 'two'])
  second.store.dispatch(itemAdded('lamp'))
  await second.persistor.flush()
  const third = await loadCart(databaseName, { version: 2, migrate })
  expect(third.state().items).toEqual(['camera', 'one', 'two', 'lamp'])
})

test('a migration that fails leaves the stored value unchanged, if the app makes the storage reject it', async () => {
  const databaseName = freshName('failed-migration')
  const first = await loadCart(databaseName, { version: 0 })
  first.store.dispatch(itemAdded('camera'))
  await first.persistor.flush()
  const before = await rawRecords(databaseName)

  const storage = createEncryptedStorage({ databaseName })
  const failing = createMigrate({ 1: () => JSON.parse('{') }, { debug: false })
  const migrate: typeof failing = (state, version) =>
    failing(state, version).catch((error: unknown) => {
      storage.quarantine('persist:cart')
      throw error
    })
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const second = await loadCart(databaseName, { version: 1, migrate, storage })
  second.store.dispatch(itemAdded('lamp'))
  await second.persistor.flush()
  log.mockRestore()
  expect(await rawRecords(databaseName)).toStrictEqual(before)
  expect((await loadCart(databaseName, { version: 0 })).state().items).toEqual(['camera'])
})

test.for(['a transform', 'a migration', 'a migration that rejects', 'deserialize'])(
  'with the guard, %s that throws leaves the stored value unchanged',
  async (failing) => {
    const databaseName = freshName('guard')
    const first = await loadCart(databaseName)
    first.store.dispatch(itemAdded('years of work'))
    await first.persistor.flush()
    const before = await rawRecords(databaseName)

    const fail = (): never => {
      throw new Error('the key of the transform is gone')
    }
    const configs: Record<string, CartConfig & { deserialize?: () => never }> = {
      'a transform': { transforms: [createTransform<unknown, unknown>((state) => state, fail)] },
      'a migration': { version: 1, migrate: fail },
      'a migration that rejects': { version: 1, migrate: async () => fail() },
      deserialize: { deserialize: fail },
    }
    const storage = createEncryptedStorage({ databaseName })
    const guarded = storage.guard<Cart>({ key: 'cart', ...configs[failing] })
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const second = await openPersistedStore(persistReducer(guarded, cart.reducer))
    second.store.dispatch(itemAdded('apple'))
    await second.persistor.flush()
    log.mockRestore()
    expect(await rawRecords(databaseName)).toStrictEqual(before)
    expect((await loadCart(databaseName)).state().items).toEqual(['years of work'])
    await expect(storage.setItem('persist:cart', 'x')).rejects.toMatchObject({ code: 'value-unreadable' })
  },
)

test("the guard doesn't change how a valid configuration works", async () => {
  const databaseName = freshName('guard')
  const storage = createEncryptedStorage({ databaseName })
  const shout = createTransform<string[], string[]>(
    (items) => items.map((item) => item.toUpperCase()),
    (items) => items.map((item) => item.toLowerCase()),
    { whitelist: ['items'] },
  )
  const migrate = createMigrate({ 1: (state) => state }, { debug: false })
  const load = () => {
    const config = storage.guard<Cart>({ key: 'cart', transforms: [shout], version: 1, migrate })
    return openPersistedStore(persistReducer(config, cart.reducer))
  }
  const first = await load()
  first.store.dispatch(itemAdded('camera'))
  await first.persistor.flush()
  expect(await storage.getItem('persist:cart')).toContain('CAMERA')
  expect((await load()).state().items).toEqual(['camera'])
})

test('changes made while paused are written on resume, and purge leaves nothing', async () => {
  const databaseName = freshName('pause')
  const reader = createEncryptedStorage({ databaseName })
  const { store, persistor } = await loadCart(databaseName)
  await persistor.flush()
  const initial = await reader.getItem('persist:cart')
  persistor.pause()
  store.dispatch(itemAdded('camera'))
  await persistor.flush()
  expect(await reader.getItem('persist:cart')).toBe(initial)
  persistor.persist()
  store.dispatch(itemAdded('lamp'))
  await persistor.flush()
  expect(await reader.getItem('persist:cart')).toContain(String.raw`[\"camera\",\"lamp\"]`)

  persistor.pause()
  await persistor.flush()
  await persistor.purge()
  expect((await rawRecords(databaseName)).size).toBe(0)
})

test('both reconcilers merge the stored state: one level deep, and two', async () => {
  type Level = typeof autoMergeLevel1
  for (const [reconciler, theme] of [
    [autoMergeLevel1 as Level, undefined],
    [autoMergeLevel2 as Level, 'dark'],
  ] as const) {
    const databaseName = freshName('merge')
    const load = (initial: Record<string, string>) => {
      const storage = createEncryptedStorage({ databaseName })
      const settings = (state = initial, { type }: { type: string }) =>
        type === 'renamed' ? { ...state, name: 'Ada' } : state
      const config = { key: 'root', storage, stateReconciler: reconciler as never }
      return openPersistedStore(persistReducer(config, combineReducers({ settings })))
    }
    const first = await load({ name: '' })
    first.store.dispatch({ type: 'renamed' })
    await first.persistor.flush()
    // The next release has an additional setting, which the stored state lacks.
    const second = await load({ name: '', theme: 'dark' })
    expect(second.state().settings).toEqual({ name: 'Ada', ...(theme ? { theme } : {}) })
  }
})

test('nested persists with different keys are restored independently', async () => {
  const databaseName = freshName('nested')
  const load = () => {
    const storage = createEncryptedStorage({ databaseName })
    const root = combineReducers({
      cart: persistReducer({ key: 'cart', storage, whitelist: ['items'] }, cart.reducer),
      wishes: cart.reducer,
    })
    return openPersistedStore(persistReducer({ key: 'root', storage, blacklist: ['cart'] }, root))
  }
  const first = await load()
  first.store.dispatch(itemAdded('camera'))
  first.store.dispatch(couponEntered('MAY10'))
  await first.persistor.flush()
  const keys = [...(await rawRecords(databaseName)).keys()]
  expect(keys.filter((key) => key.startsWith('key/'))).toEqual([
    'key/value/persist%3Acart',
    'key/value/persist%3Aroot',
  ])
  expect((await load()).state()).toMatchObject({
    cart: { items: ['camera'], coupon: null },
    wishes: { items: ['camera'], coupon: 'MAY10' },
  })
})
