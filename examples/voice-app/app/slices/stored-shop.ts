import { createAction } from '@reduxjs/toolkit'
import type { CartState } from './cart.js'
import type { Order } from './orders.js'

/** The part of the state that is saved. */
export interface StoredShop {
  cart: CartState
  orders: Order[]
}

/** Another tab of the shop changed the cart or placed an order. */
export const storedShopChanged = createAction<StoredShop>('shop/storedShopChanged')
