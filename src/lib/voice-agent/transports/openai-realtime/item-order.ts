import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'

/** Milliseconds that events wait for an earlier transcript. After that, they are emitted without it. */
export const MAX_WAIT_MS = 3_000

/**
 * Emits events in the order of the conversation's items. OpenAI transcribes the user in parallel with answering, so a
 * transcript may arrive after the answer, and transcripts of two turns in any order.
 */
export interface ItemOrder {
  /** Places an item after another one, or at the end if that one is unknown. */
  place(id: string, previousId?: unknown): void
  /** Holds back events of later items until `stopWaiting`. */
  waitFor(id: string): void
  /** Releases the events held back by an item, because its transcript has arrived or failed. */
  stopWaiting(id: string): void
  /** Emits an event immediately, or once no earlier item is pending. */
  emit(id: string, event: TransportEvent): void
  /** Drops held events and stops all timers. */
  clear(): void
}

export function createItemOrder(emitNow: (event: TransportEvent) => void): ItemOrder {
  const order: string[] = []
  const waiting = new Map<string, ReturnType<typeof setTimeout>>()
  let held: { id: string; event: TransportEvent }[] = []

  /** Position of an item. Items that were not placed are last. */
  function position(id: string): number {
    const index = order.indexOf(id)
    return index < 0 ? Number.POSITIVE_INFINITY : index
  }

  function isBlocked(id: string): boolean {
    if (waiting.size === 0) return false
    const ownPosition = position(id)
    return [...waiting.keys()].some((other) => other !== id && position(other) < ownPosition)
  }

  function release() {
    const now = held.filter(({ id }) => !isBlocked(id))
    if (now.length === 0) return
    held = held.filter((entry) => !now.includes(entry))
    // Sorting is stable, so events of one item keep their order.
    for (const { event } of now.toSorted((a, b) => position(a.id) - position(b.id) || 0)) emitNow(event)
  }

  function stopWaiting(id: string) {
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
      const timer = setTimeout(() => stopWaiting(id), MAX_WAIT_MS)
      waiting.set(id, timer)
    },
    stopWaiting,
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
