import { configureStore, createSlice, type Reducer } from '@reduxjs/toolkit'
import {
  FLUSH,
  PAUSE,
  PERSIST,
  type Persistor,
  PURGE,
  persistStore,
  REGISTER,
  REHYDRATE,
} from 'redux-persist'

let count = 0
export const freshName = (prefix: string) => `${prefix}-${Date.now()}-${count++}`

/** A slice of an app, unrelated to voice. */
export const cart = createSlice({
  name: 'cart',
  initialState: { items: [] as string[], coupon: null as string | null },
  reducers: {
    itemAdded: (state, { payload }: { payload: string }) => {
      state.items.push(payload)
    },
    couponEntered: (state, { payload }: { payload: string }) => {
      state.coupon = payload
    },
  },
})
export type Cart = ReturnType<typeof cart.reducer>

export function whenBootstrapped(persistor: Persistor): Promise<void> {
  return new Promise((resolve) => {
    const check = () => persistor.getState().bootstrapped && resolve()
    persistor.subscribe(check)
    check()
  })
}

/** A store with redux-persist, before rehydration. */
export function createPersistedStore<S>(reducer: Reducer<S>) {
  const store = configureStore({
    reducer,
    middleware: (getDefault) =>
      getDefault({
        serializableCheck: { ignoredActions: [FLUSH, REHYDRATE, PAUSE, PERSIST, PURGE, REGISTER] },
      }),
  })
  return { store, persistor: persistStore(store), state: () => store.getState() }
}

/** The same, after rehydration. */
export async function openPersistedStore<S>(reducer: Reducer<S>) {
  const opened = createPersistedStore(reducer)
  await whenBootstrapped(opened.persistor)
  return opened
}
