import { combineReducers } from '@reduxjs/toolkit'
import { cartSlice } from './slices/cart.js'
import { catalogueSlice } from './slices/catalogue.js'
import { noticesSlice } from './slices/notices.js'
import { ordersSlice } from './slices/orders.js'
import { voiceAgent } from './voice-agent.js'

export const reducer = combineReducers({
  catalogue: catalogueSlice.reducer,
  cart: cartSlice.reducer,
  orders: ordersSlice.reducer,
  notices: noticesSlice.reducer,
  [voiceAgent.reducerPath]: voiceAgent.reducer,
})

export type RootState = ReturnType<typeof reducer>
