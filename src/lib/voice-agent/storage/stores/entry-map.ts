import type { ByteBatch, IndexEntry, IndexQuery, KeyRange, RangeQuery } from './byte-store.js'

/** Entries of a store in key order, with its index. Implements a store's contract for changes, ranges and index positions. */
export class EntryMap<Stored extends { updatedAt: number | null }> {
  readonly #entries = new Map<string, Stored>()
  /** Sorted keys; null after keys were added or removed. */
  #sorted: string[] | null = null

  get(key: string): Stored | null {
    return this.#entries.get(key) ?? null
  }

  entries(): IterableIterator<[string, Stored]> {
    return this.#entries.entries()
  }

  apply(remove: ByteBatch['remove'], put: Iterable<readonly [string, Stored]>): void {
    for (const removed of remove) {
      const keys = typeof removed === 'string' ? [removed] : this.#keysIn(removed)
      for (const key of keys) if (this.#entries.delete(key)) this.#sorted = null
    }
    for (const [key, stored] of put) {
      if (!this.#entries.has(key)) this.#sorted = null
      this.#entries.set(key, stored)
    }
  }

  range({ reverse = false, limit, ...range }: RangeQuery): [string, Stored][] {
    const keys = this.#keysIn(range)
    return (reverse ? keys.reverse() : keys)
      .slice(0, limit)
      .map((key) => [key, this.#entries.get(key) as Stored])
  }

  readIndex({ reverse = false, limit, below = Number.POSITIVE_INFINITY, after }: IndexQuery): IndexEntry[] {
    const sign = reverse ? -1 : 1
    return [...this.#entries]
      .flatMap(([key, { updatedAt }]) => (updatedAt === null ? [] : [{ key, updatedAt }]))
      .filter((place) => place.updatedAt < below && (!after || sign * comparePlaces(after, place) < 0))
      .sort((a, b) => sign * comparePlaces(a, b))
      .slice(0, limit)
  }

  #keysIn({ lower, upper }: KeyRange): string[] {
    this.#sorted ??= [...this.#entries.keys()].sort()
    return this.#sorted.slice(firstFrom(this.#sorted, lower), firstFrom(this.#sorted, upper))
  }
}

/** Returns the position of the first key that is not below the bound. */
function firstFrom(sorted: readonly string[], bound: string): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((sorted[middle] as string) < bound) from = middle + 1
    else to = middle
  }
  return from
}

/** Orders positions like the index. */
export function comparePlaces(a: IndexEntry, b: IndexEntry): number {
  return a.updatedAt - b.updatedAt || (a.key < b.key ? -1 : Number(a.key > b.key))
}
