import { configureStore, type Store } from '@reduxjs/toolkit'
import { REMEMBER_REHYDRATED, rememberEnhancer, rememberReducer } from 'redux-remember'
import { messageAdded, messagesLoaded, reducers } from './conversation-slice.js'
import { encryptedBlobs } from './encrypted-blobs.js'
import type { Engine } from './engine.js'
import { pause } from './pause.js'

/** redux-remember with a driver that encrypts with WebCrypto and writes with idb. */
export function reduxRemember(): Engine {
  const blobs = encryptedBlobs('bench-redux-remember')
  let onWritten = () => {}
  const driver = {
    getItem: (key: string) => blobs.get(key),
    async setItem(key: string, value: string) {
      await blobs.put(key, value)
      onWritten()
    },
  }
  let store: Store
  let plain: Store

  const nextWrite = () => new Promise<void>((resolve) => (onWritten = resolve))

  async function run(): Promise<number> {
    let onRehydrated = () => {}
    const rehydrated = new Promise<void>((resolve) => (onRehydrated = resolve))
    const remembered = rememberReducer(reducers)
    // Its own dispatch bypasses middleware.
    const reducer: typeof remembered = (state, action) => {
      if (action.type === REMEMBER_REHYDRATED) onRehydrated()
      return remembered(state, action)
    }
    const made = configureStore({
      reducer,
      enhancers: (defaults) => defaults().concat(rememberEnhancer(driver, ['conversation'])),
    })
    store = made
    await rehydrated
    return made.getState().conversation.messages.length
  }
  return {
    async seed(all) {
      await blobs.open()
      await run()
      // It starts watching the store in the next task.
      await pause(50)
      const seeded = nextWrite()
      store.dispatch(messagesLoaded(all))
      await seeded
    },
    open: () => blobs.open(),
    read: run,
    async start() {
      await blobs.open()
      const count = await run()
      await pause(50)
      plain = configureStore({
        reducer: reducers,
        preloadedState: { conversation: store.getState().conversation },
      })
      return count
    },
    save(message) {
      const saved = nextWrite()
      store.dispatch(messageAdded(message))
      return saved
    },
    reduce: (message) => void plain.dispatch(messageAdded(message)),
  }
}
