import { configureStore, createSlice, type PayloadAction } from '@reduxjs/toolkit'
import { PERSIST, persistReducer, persistStore, REHYDRATE } from 'redux-persist'
import { createEncryptedStorage } from 'redux-voice-agent/storage'

const cart = createSlice({
  name: 'cart',
  initialState: { items: [] as string[] },
  reducers: {
    itemAdded: (state, { payload }: PayloadAction<string>) => {
      state.items.push(payload)
    },
  },
})

type Cart = ReturnType<typeof cart.reducer>

/** An app with a persisted cart, configured by the query: `throttle` in milliseconds, `flush`. */
function startApp(query: URLSearchParams) {
  const storage = createEncryptedStorage()
  const throttle = Number(query.get('throttle') ?? 0)
  const store = configureStore({
    reducer: persistReducer({ ...storage.guard<Cart>({ key: 'cart' }), throttle }, cart.reducer),
    middleware: (getDefault) => getDefault({ serializableCheck: { ignoredActions: [PERSIST, REHYDRATE] } }),
  })
  const persistor = persistStore(store)
  if (query.has('flush')) storage.flushBeforeUnload(persistor)
  return {
    isRestored: () => persistor.getState().bootstrapped,
    items: () => store.getState().items,
    add: (item: string) => void store.dispatch(cart.actions.itemAdded(item)),
    /** Resolves when nothing is pending. */
    flush: () => persistor.flush(),
    stored: () => storage.getItem('persist:cart'),
  }
}

export type CartApp = ReturnType<typeof startApp>

declare global {
  interface Window {
    cart: CartApp
  }
}

window.cart = startApp(new URLSearchParams(location.search))
