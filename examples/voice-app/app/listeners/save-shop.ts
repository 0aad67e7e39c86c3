import { createListenerMiddleware } from '@reduxjs/toolkit'
import type { RootState } from '../reducer.js'
import { storedShopChanged } from '../slices/stored-shop.js'
import { saveShop } from '../storage.js'

/** Saves cart and orders. Changes from another tab are saved already. */
export function createSaveShopMiddleware() {
  const listener = createListenerMiddleware<RootState>()
  listener.startListening({
    predicate: (action, state, before) =>
      !storedShopChanged.match(action) && (state.cart !== before.cart || state.orders !== before.orders),
    effect: (_action, { getState }) => saveShop(getState()),
  })
  return listener.middleware
}
