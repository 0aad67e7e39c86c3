import { combineReducers, configureStore, type Reducer, type UnknownAction } from '@reduxjs/toolkit'
import {
  createMigrate,
  FLUSH,
  PAUSE,
  PERSIST,
  PURGE,
  persistReducer,
  persistStore,
  REGISTER,
  REHYDRATE,
} from 'redux-persist'
import { PersistGate } from 'redux-persist/integration/react'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createEncryptedStorage } from '../../../src/storage.js'
import { find, render } from '../react/support.js'
import { rawRecords, textOf } from './fixture.js'
import { type Cart, cart, freshName, whenBootstrapped } from './persisted-store.js'

beforeEach(() => sessionStorage.clear())

function createAgent(databaseName: string) {
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: async (request) => ({
      token: 't',
      expiresAt: Date.now() + 60_000,
      sessionId: request.sessionId ?? crypto.randomUUID(),
    }),
    persistence: { databaseName },
  })
  onTestFinished(() => voiceAgent.dispose())
  return voiceAgent
}

type VoiceAgent = ReturnType<typeof createAgent>
type AppState = { cart: Cart; voiceAgent: ReturnType<VoiceAgent['reducer']> }
interface Config {
  key: string
  storage: ReturnType<typeof createEncryptedStorage>
  version: number
  migrate: ReturnType<typeof createMigrate>
}

/** An app's use of `persistReducer`, if any. */
const arrangements: Record<string, (agent: VoiceAgent, config: Config) => Reducer<AppState>> = {
  root: ({ reducer }, config) =>
    persistReducer(
      { ...config, blacklist: ['voiceAgent'] },
      combineReducers({ cart: cart.reducer, voiceAgent: reducer }),
    ) as unknown as Reducer<AppState>,
  nested: ({ reducer }, config) =>
    combineReducers({
      cart: persistReducer(config, cart.reducer),
      voiceAgent: reducer,
    }) as unknown as Reducer<AppState>,
  'without a persistReducer': ({ reducer }) =>
    combineReducers({ cart: cart.reducer, voiceAgent: reducer }) as Reducer<AppState>,
}

/** A page of an app, with a version of its state. */
async function loadApp(arrangement: string, databaseName: string, version: number) {
  const agent = createAgent(databaseName)
  const migrated: unknown[] = []
  const noteMigration: Parameters<typeof createMigrate>[0][string] = (state) => {
    migrated.push(state)
    return state
  }
  const config: Config = {
    key: arrangement,
    storage: createEncryptedStorage({ databaseName }),
    version,
    migrate: createMigrate({ 2: noteMigration }, { debug: false }),
  }
  const reducer = arrangements[arrangement]?.(agent, config)
  if (!reducer) throw new Error(`There is no arrangement ${arrangement}.`)
  /** Actions of one that changed the other's state. */
  const meddling: string[] = []
  const watched: Reducer<AppState> = (before, action: UnknownAction) => {
    const after = reducer(before, action)
    if (action.type.startsWith('persist/') && before && after.voiceAgent !== before.voiceAgent)
      meddling.push(action.type)
    if (action.type.startsWith('voiceAgent/') && after.cart !== before?.cart) meddling.push(action.type)
    return after
  }
  const store = configureStore({
    reducer: watched,
    middleware: (getDefault) =>
      getDefault({
        serializableCheck: { ignoredActions: [FLUSH, REHYDRATE, PAUSE, PERSIST, PURGE, REGISTER] },
      }).concat(agent.middleware),
  })
  const persistor = arrangement === 'without a persistReducer' ? agent.persistor : persistStore(store)
  await Promise.all([whenBootstrapped(persistor), agent.sessionManager.initialize()])
  return {
    ...{ agent, store, persistor, meddling, migrated },
    items: () => store.getState().cart.items,
    texts: () => agent.selectors.selectMessages(store.getState()).map(({ text }) => text),
  }
}

test.for(Object.keys(arrangements))(
  'both keep their own data in an app with redux-persist: %s',
  async (arrangement) => {
    const databaseName = freshName('beside')
    const before = await loadApp(arrangement, databaseName, 1)
    await before.agent.agent.connect()
    before.agent.agent.sendText('teapot')
    before.store.dispatch(cart.actions.itemAdded('camera'))
    await Promise.all([before.persistor.flush(), before.agent.persistor.flush()])
    await before.agent.dispose()
    const stored = [...(await rawRecords(databaseName)).values()].map(textOf).join()
    for (const secret of ['teapot', 'camera']) expect(stored).not.toContain(secret)

    const after = await loadApp(arrangement, databaseName, 2)
    const isPersisted = arrangement !== 'without a persistReducer'
    expect(after.texts()).toEqual(['teapot'])
    expect(after.items()).toEqual(isPersisted ? ['camera'] : [])
    // Its migration ran once, only on its own state.
    expect(after.migrated).toHaveLength(isPersisted ? 1 : 0)
    expect(JSON.stringify(after.migrated)).not.toContain('voiceAgent')
    expect([...before.meddling, ...after.meddling]).toEqual([])

    await after.agent.persistor.purge()
    expect(after.texts()).toEqual([])
    expect(after.items()).toEqual(isPersisted ? ['camera'] : [])
    const left = [...(await rawRecords(databaseName)).keys()]
    expect(left.filter((key) => key.includes('session'))).toEqual([])
    expect(left.filter((key) => key.includes('value'))).toHaveLength(isPersisted ? 3 : 0)
  },
)

test("purging the app's data keeps the conversation", async () => {
  const app = await loadApp('root', freshName('purge'), 1)
  await app.agent.agent.connect()
  app.agent.agent.sendText('teapot')
  await app.agent.persistor.flush()
  app.persistor.pause()
  await app.persistor.purge()
  app.agent.agent.sendText('kettle')
  await app.agent.persistor.flush()
  expect(app.texts()).toEqual(['teapot', 'kettle'])
  expect(await app.agent.sessionManager.listSessions()).toMatchObject([{ messageCount: 2 }])
})

test('what is said after a purge belongs to a new session, and nothing of the purged one returns', async () => {
  const databaseName = freshName('purge-own')
  const app = await loadApp('root', databaseName, 1)
  await app.agent.agent.connect()
  app.agent.agent.sendText('teapot')
  await app.agent.persistor.flush()
  await app.agent.persistor.purge()
  expect(await app.agent.sessionManager.listSessions()).toEqual([])
  await app.agent.agent.connect()
  app.agent.agent.sendText('kettle')
  await app.agent.persistor.flush()
  expect(app.store.getState().voiceAgent.session).toMatchObject({ storage: 'persistent', error: null })
  await app.agent.dispose()
  expect((await loadApp('root', databaseName, 1)).texts()).toEqual(['kettle'])
})

test('PersistGate waits for both, and shows the conversation in its first frame', async () => {
  const databaseName = freshName('gate')
  const before = await loadApp('root', databaseName, 1)
  await before.agent.agent.connect()
  before.agent.agent.sendText('teapot')
  before.store.dispatch(cart.actions.itemAdded('camera'))
  await Promise.all([before.persistor.flush(), before.agent.persistor.flush()])
  await before.agent.dispose()

  const agent = createAgent(databaseName)
  const config = {
    key: 'root',
    storage: createEncryptedStorage({ databaseName }),
    version: 1,
    blacklist: ['voiceAgent'],
  }
  const store = configureStore({
    reducer: persistReducer(config, combineReducers({ cart: cart.reducer, voiceAgent: agent.reducer })),
    middleware: (getDefault) => getDefault({ serializableCheck: false }).concat(agent.middleware),
  })
  const shown: string[] = []
  const Conversation = () => {
    const { items } = store.getState().cart
    const texts = agent.selectors.selectMessages(store.getState()).map(({ text }) => text)
    shown.push([...items, ...texts].join())
    return <main />
  }
  const { container } = render(
    <PersistGate persistor={persistStore(store)} loading={<i />}>
      <PersistGate persistor={agent.persistor} loading={<b />}>
        <Conversation />
      </PersistGate>
    </PersistGate>,
  )
  await find(container, 'main')
  expect(shown[0]).toBe('camera,teapot')
})
