import { createSelector } from '@reduxjs/toolkit'
import type { Product } from '../server/catalogue.js'
import { shippingFor } from './prices.js'
import type { RootState } from './reducer.js'
import { selectProductEntities } from './slices/catalogue.js'

export interface CartLine {
  product: Product
  quantity: number
}

const selectQuantities = (state: RootState) => state.cart.quantities

/** The cart without products that the shop no longer sells. */
export const selectCartLines = createSelector(
  [selectQuantities, selectProductEntities],
  (quantities, products): CartLine[] =>
    Object.entries(quantities).flatMap(([id, quantity]) => {
      const product = products[id]
      return product ? [{ product, quantity }] : []
    }),
)

export const selectCartCount = createSelector([selectCartLines], (lines) =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0),
)

/** Sums in euro cents. */
export const selectCartSums = createSelector([selectCartLines], (lines) => {
  const subtotal = lines.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0)
  const shipping = shippingFor(subtotal)
  return { subtotal, shipping, total: subtotal + shipping }
})
