import type { KeyRecord } from '../records/record.js'
import type { TabEntries } from '../tabs/session-storage.js'

/** A revision, and the creation time of the key that it was encrypted with. */
interface Seen {
  createdAt: number
  revision: number
}

/**
 * Remembers the highest revision of each value that this tab has seen, across reloads too. Detects a value that was rolled back together
 * with its mark.
 */
export interface SeenRevisions {
  get(name: string): Seen | null
  /** Ignores a lower revision under the same key. */
  set(name: string, key: KeyRecord, revision: number): void
  clear(name: string): void
}

export function createSeenRevisions(page: TabEntries): SeenRevisions {
  /** For pages without access to sessionStorage. */
  const inMemory = new Map<string, Seen>()
  const nameOf = (name: string) => `value-revision:${name}`

  function get(name: string): Seen | null {
    const [createdAt = Number.NaN, revision = Number.NaN] = (page.get(nameOf(name)) ?? '')
      .split(' ')
      .map(Number)
    const isStored = Number.isSafeInteger(createdAt) && Number.isSafeInteger(revision)
    return isStored ? { createdAt, revision } : (inMemory.get(name) ?? null)
  }

  return {
    get,
    set(name, key, revision) {
      if (revision <= revisionUnder(key, get(name))) return
      inMemory.set(name, { createdAt: key.updatedAt, revision })
      page.set(nameOf(name), `${key.updatedAt} ${revision}`)
    },
    clear(name) {
      inMemory.delete(name)
      page.remove(nameOf(name))
    },
  }
}

/** Returns the revision seen under this key, or 0. A deleted value starts over under another key. */
export function revisionUnder(key: KeyRecord, seen: Seen | null): number {
  return seen?.createdAt === key.updatedAt ? seen.revision : 0
}
