import { isFields } from './bodies.js'
import type { CartItem } from './brain/answer.js'

const maxContent = 4000
const maxItems = 100

/** Reads the user's text; null if it is empty or too long. */
export function readContent(data: Record<string, unknown>): string | null {
  const content = typeof data.content === 'string' ? data.content.trim() : ''
  return content === '' || content.length > maxContent ? null : content
}

/** Reads a cart; null if it is malformed. */
export function readCart(value: unknown): CartItem[] | null {
  const items = isFields(value) ? value.items : undefined
  if (!Array.isArray(items) || items.length > maxItems) return null
  const cart: CartItem[] = []
  for (const item of items) {
    if (!isFields(item)) return null
    const { id, name, quantity } = item
    if (typeof id !== 'string' || id.length > 100) return null
    if (typeof quantity !== 'number' || !Number.isSafeInteger(quantity) || quantity < 0) return null
    if (name !== undefined && (typeof name !== 'string' || name.length > 100)) return null
    cart.push({ id, quantity, ...(name === undefined ? {} : { name }) })
  }
  return cart
}
