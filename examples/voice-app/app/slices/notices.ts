import { createSlice } from '@reduxjs/toolkit'
import { productAdded, productRemoved } from './cart.js'
import { orderPlaced } from './orders.js'

/** The last notification; `count` changes with each one, so that equal ones are shown again. */
export interface NoticesState {
  count: number
  news: { what: 'added' | 'removed'; productId: string } | { what: 'ordered'; orderId: string } | null
}

const initialState: NoticesState = { count: 0, news: null }

export const noticesSlice = createSlice({
  name: 'notices',
  initialState,
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(productAdded, (state, { payload }) => ({
        count: state.count + 1,
        news: { what: 'added', productId: payload.id },
      }))
      .addCase(productRemoved, (state, { payload }) => ({
        count: state.count + 1,
        news: { what: 'removed', productId: payload.id },
      }))
      .addCase(orderPlaced, (state, { payload }) => ({
        count: state.count + 1,
        news: { what: 'ordered', orderId: payload.id },
      }))
  },
})
