import type { TransportEvent } from '../../../../../middleware/webrtc/ports.js'

/** How long a spoken turn's words are waited for, in milliseconds: what comes after it is shown then without them. */
export const longestWait = 3_000

/**
 * Passes on what concerns the conversation's items in the order of the conversation. OpenAI transcribes what was said beside answering
 * it, so that the words may come after the answer, and those of two turns in any order.
 */
export interface ItemOrder {
  /** Gives an item its place: behind another one, or at the end where that one is not known. */
  place(id: string, previousId?: unknown): void
  /** From here on what stands behind this item waits until it is settled. */
  waitFor(id: string): void
  /** Its words are there, or will not come. */
  settle(id: string): void
  /** Whether this item is waited for, and none before it. */
  isNext(id: string): boolean
  /** At once, or when nothing before the item is waited for any more. */
  emit(id: string, event: TransportEvent): void
  /** Lets go of what is held, and of its timers. */
  clear(): void
}

export function createItemOrder(emitNow: (event: TransportEvent) => void): ItemOrder {
  const order: string[] = []
  const waiting = new Map<string, ReturnType<typeof setTimeout>>()
  let held: { id: string; event: TransportEvent }[] = []

  /** An item without a place stands at the end. */
  function position(id: string): number {
    const index = order.indexOf(id)
    return index < 0 ? Number.POSITIVE_INFINITY : index
  }

  function isBlocked(id: string): boolean {
    if (waiting.size === 0) return false
    const own = position(id)
    return [...waiting.keys()].some((other) => other !== id && position(other) < own)
  }

  function release() {
    const now = held.filter(({ id }) => !isBlocked(id))
    if (now.length === 0) return
    held = held.filter((entry) => !now.includes(entry))
    // Sorting is stable: what concerns one item stays as it came.
    for (const { event } of now.toSorted((a, b) => position(a.id) - position(b.id) || 0)) emitNow(event)
  }

  function settle(id: string) {
    clearTimeout(waiting.get(id))
    if (waiting.delete(id)) release()
  }

  return {
    place(id, previousId) {
      const at = order.indexOf(id)
      const isKnown = typeof previousId === 'string' && previousId !== id && order.includes(previousId)
      if (at >= 0 && !isKnown) return
      if (at >= 0) order.splice(at, 1)
      order.splice(isKnown ? order.indexOf(previousId) + 1 : order.length, 0, id)
      release()
    },
    waitFor(id) {
      if (waiting.has(id)) return
      const timer = setTimeout(() => settle(id), longestWait)
      waiting.set(id, timer)
    },
    settle,
    isNext: (id) => waiting.has(id) && !isBlocked(id),
    emit(id, event) {
      if (isBlocked(id)) held.push({ id, event })
      else emitNow(event)
    },
    clear() {
      for (const timer of waiting.values()) clearTimeout(timer)
      waiting.clear()
      held = []
    },
  }
}
