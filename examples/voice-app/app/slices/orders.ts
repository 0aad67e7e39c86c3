import { createAction, createSlice } from '@reduxjs/toolkit'
import { storedShopChanged } from './stored-shop.js'

export type Payment = 'invoice' | 'card'

/** A line of an order with the price at the time of the order. All prices are in euro cents. */
export interface OrderLine {
  id: string
  name: string
  price: number
  quantity: number
}

export interface Order {
  id: string
  /** Milliseconds since the epoch. */
  placedAt: number
  lines: OrderLine[]
  shipping: number
  total: number
  payment: Payment
}

export const orderPlaced = createAction('orders/orderPlaced', (order: Omit<Order, 'id' | 'placedAt'>) => ({
  payload: { ...order, id: `KC-${crypto.randomUUID().slice(0, 6).toUpperCase()}`, placedAt: Date.now() },
}))

/** Orders, newest first. */
export const ordersSlice = createSlice({
  name: 'orders',
  initialState: [] as Order[],
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(orderPlaced, (state, { payload }) => {
        state.unshift(payload)
      })
      .addCase(storedShopChanged, (_state, { payload }) => payload.orders)
  },
})
