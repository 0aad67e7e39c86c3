import { createListenerMiddleware } from '@reduxjs/toolkit'
import type { RootState } from '../reducer.js'
import { storedShopChanged } from '../slices/stored-shop.js'
import { keepShop } from '../storage.js'

/** Keeps cart and orders over a reload. What comes from another tab is kept already. */
export function createKeepShopMiddleware() {
  const listener = createListenerMiddleware<RootState>()
  listener.startListening({
    predicate: (action, state, before) =>
      !storedShopChanged.match(action) && (state.cart !== before.cart || state.orders !== before.orders),
    effect: (_action, { getState }) => keepShop(getState()),
  })
  return listener.middleware
}
