import { combineReducers, configureStore, type Store } from '@reduxjs/toolkit'
import localforage from 'localforage'
import { getStoredState, type PersistConfig, persistReducer, persistStore } from 'redux-persist'
import { encryptTransform } from 'redux-persist-transform-encrypt'
import { type conversation, messageAdded, messagesLoaded, reducers } from './conversation-slice.js'
import type { Engine } from './engine.js'
import { pause } from './pause.js'

type State = { conversation: ReturnType<typeof conversation.reducer> }

/** The usual stack: redux-persist, localforage and redux-persist-transform-encrypt, each set up as documented. */
export function reduxPersist(): Engine {
  const files = localforage.createInstance({ name: 'bench-redux-persist' })
  let onWritten = () => {}
  const storage = {
    getItem: (key: string) => files.getItem<string>(key),
    removeItem: (key: string) => files.removeItem(key),
    async setItem(key: string, value: string) {
      await files.setItem(key, value)
      onWritten()
    },
  }
  const config: PersistConfig<State> = {
    key: 'root',
    storage,
    transforms: [encryptTransform({ secretKey: 'a passphrase that the server gave' })],
    // The default of 5 s would overwrite data that takes longer to read.
    timeout: 0,
  }
  let store: Store
  let plain: Store

  const nextWrite = () => new Promise<void>((resolve) => (onWritten = resolve))

  async function run(): Promise<void> {
    const reducer = persistReducer(config, combineReducers(reducers))
    // Without the check, which production disables, like every other store here.
    const made = configureStore({ reducer, middleware: (defaults) => defaults({ serializableCheck: false }) })
    store = made
    // redux-persist writes back what it has read.
    const rewritten = nextWrite()
    await new Promise<void>((resolve) => void persistStore(made, null, resolve))
    await rewritten
    await pause(100)
  }
  async function read(): Promise<number> {
    const stored = (await getStoredState(config)) as State | undefined
    return stored?.conversation.messages.length ?? 0
  }
  return {
    async seed(all) {
      await run()
      const seeded = nextWrite()
      store.dispatch(messagesLoaded(all))
      await seeded
    },
    open: () => files.ready(),
    read,
    async start() {
      await run()
      const { messages } = store.getState().conversation
      plain = configureStore({ reducer: reducers, preloadedState: { conversation: { messages } } })
      return messages.length
    },
    save(message) {
      const saved = nextWrite()
      store.dispatch(messageAdded(message))
      return saved
    },
    reduce: (message) => void plain.dispatch(messageAdded(message)),
  }
}
