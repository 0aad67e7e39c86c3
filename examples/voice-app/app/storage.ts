import type { StoredShop } from './slices/stored-shop.js'

/** The shop's own, unencrypted as such things are. Nothing of a conversation is ever in it. */
export const storageKey = 'kettle-and-clay'

/** What was kept; undefined when that is nothing, or nothing that can be read. */
export function readShop(text: string | null): StoredShop | undefined {
  try {
    const stored: unknown = JSON.parse(text ?? 'null')
    return isStoredShop(stored) ? stored : undefined
  } catch {
    return undefined
  }
}

/** Keeps it where the browser lets us; a full or forbidden storage costs a reload its cart, nothing more. */
export function keepShop({ cart, orders }: StoredShop): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify({ cart, orders }))
  } catch {}
}

export function keptShop(): StoredShop | undefined {
  try {
    return readShop(localStorage.getItem(storageKey))
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
