import { createAction } from '@reduxjs/toolkit'
import type { CartState } from './cart.js'
import type { Order } from './orders.js'

/** What of the shop outlives the page. */
export interface StoredShop {
  cart: CartState
  orders: Order[]
}

/** Another tab of the shop changed the cart or placed an order. */
export const storedShopChanged = createAction<StoredShop>('shop/storedShopChanged')
