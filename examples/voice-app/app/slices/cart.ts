import { createSlice, type PayloadAction } from '@reduxjs/toolkit'
import { orderPlaced } from './orders.js'
import { storedShopChanged } from './stored-shop.js'

/** Quantities by product id, in the order in which the products were added. */
export interface CartState {
  quantities: Record<string, number>
}

/** Highest quantity per product. */
export const mostOfOne = 20

const clamp = (quantity: number) => Math.min(mostOfOne, Math.max(0, Math.trunc(quantity)))

const initialState: CartState = { quantities: {} }

export const cartSlice = createSlice({
  name: 'cart',
  initialState,
  reducers: {
    productAdded(state, { payload }: PayloadAction<{ id: string; quantity: number }>) {
      state.quantities[payload.id] = clamp((state.quantities[payload.id] ?? 0) + payload.quantity)
    },
    quantityChanged(state, { payload }: PayloadAction<{ id: string; quantity: number }>) {
      const quantity = clamp(payload.quantity)
      if (quantity === 0) delete state.quantities[payload.id]
      else state.quantities[payload.id] = quantity
    },
    productRemoved(state, { payload }: PayloadAction<{ id: string }>) {
      delete state.quantities[payload.id]
    },
  },
  extraReducers: (builder) => {
    builder
      .addCase(orderPlaced, () => initialState)
      .addCase(storedShopChanged, (_state, { payload }) => payload.cart)
  },
})

export const { productAdded, quantityChanged, productRemoved } = cartSlice.actions
