import type { VoiceTool } from 'redux-voice-agent'
import { z } from 'zod'
import { selectCartLines, selectCartSums } from './cart-lines.js'
import type { RootState } from './reducer.js'
import { mostOfOne, productAdded, productRemoved } from './slices/cart.js'
import { selectProduct } from './slices/catalogue.js'
import { orderPlaced, type Payment } from './slices/orders.js'

// Otherwise Zod tries to compile code, which a strict Content Security Policy reports.
z.config({ jitless: true })

const productId = z.string().describe("The product's id in the catalogue.")

/** Throws an error for the agent if the shop does not sell the product. */
function assertSold(state: RootState, id: string): void {
  if (!selectProduct(state, id)) throw new Error('The shop does not sell this product.')
}

const addToCart: VoiceTool<{ id: string; quantity: number }> = {
  description: 'Adds a product to the cart. Returns its new quantity in the cart.',
  parameters: z.object({ id: productId, quantity: z.int().min(1).max(mostOfOne) }),
  run({ id, quantity }, { dispatch, getState }) {
    const state = getState<RootState>()
    assertSold(state, id)
    if ((state.cart.quantities[id] ?? 0) + quantity > mostOfOne) {
      throw new Error(`More than ${mostOfOne} of one product cannot be ordered here.`)
    }
    dispatch(productAdded({ id, quantity }))
    return { quantity: getState<RootState>().cart.quantities[id] }
  },
}

const removeFromCart: VoiceTool<{ id: string }> = {
  description: 'Removes a product from the cart. Returns its former quantity.',
  parameters: z.object({ id: productId }),
  run({ id }, { dispatch, getState }) {
    const state = getState<RootState>()
    assertSold(state, id)
    dispatch(productRemoved({ id }))
    return { removed: state.cart.quantities[id] ?? 0 }
  },
}

const placeOrder: VoiceTool<{ payment: Payment }> = {
  description: 'Orders everything in the cart. Returns the total in euro cents.',
  parameters: z.object({ payment: z.enum(['invoice', 'card']) }),
  needsApproval: true,
  run({ payment }, { dispatch, getState }) {
    const state = getState<RootState>()
    const lines = selectCartLines(state)
    if (lines.length === 0) throw new Error('The cart is empty.')
    const { shipping, total } = selectCartSums(state)
    const bought = lines.map(({ product: { id, name, price }, quantity }) => ({ id, name, price, quantity }))
    dispatch(orderPlaced({ lines: bought, shipping, total, payment }))
    return { total }
  },
}

/** Tools for the agent. Users can do the same with clicks. An order needs the user's approval. */
export const tools = { addToCart, removeFromCart, placeOrder }
