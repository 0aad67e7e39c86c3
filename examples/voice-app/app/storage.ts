import type { StoredShop } from './slices/stored-shop.js'

/** Key of the shop's own data in localStorage, which is not encrypted. It contains nothing of a conversation. */
export const storageKey = 'kettle-and-clay'

/** Parses the saved data. Returns undefined if there is none, or if it is invalid. */
export function parseShop(text: string | null): StoredShop | undefined {
  try {
    const stored: unknown = JSON.parse(text ?? 'null')
    return isStoredShop(stored) ? stored : undefined
  } catch {
    return undefined
  }
}

/** Saves the data. Ignores a full or blocked storage, because only the cart is lost with a reload. */
export function saveShop({ cart, orders }: StoredShop): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify({ cart, orders }))
  } catch {}
}

export function loadShop(): StoredShop | undefined {
  try {
    return parseShop(localStorage.getItem(storageKey))
  } catch {
    return undefined
  }
}

function isStoredShop(value: unknown): value is StoredShop {
  if (!isRecord(value) || !isRecord(value.cart) || !isRecord(value.cart.quantities)) return false
  const quantities = Object.values(value.cart.quantities)
  return quantities.every((quantity) => Number.isInteger(quantity)) && Array.isArray(value.orders)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
