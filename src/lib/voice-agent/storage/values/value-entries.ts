import {
  decodeRecord,
  type EncryptedRecord,
  encodeRecord,
  type KeyRecord,
  type MarkHeader,
  type ValueHeader,
} from '../records/record.js'
import type { TabEntries } from '../tabs/session-storage.js'

/** An encrypted value whose write may have been pending when the page closed. */
export interface JournalledValue {
  /** Versions of the stored value that this one replaces. Any other version is a later write and stays. */
  replaces: string[]
  value: EncryptedRecord<ValueHeader>
  mark: EncryptedRecord<MarkHeader>
}

/** Maximum characters of an entry. sessionStorage holds about 5 MB. */
const MAX_LENGTH = 1_000_000

/** Holds the last value of each name while the page closes, encrypted in sessionStorage. */
export interface ValueJournal {
  write(name: string, entry: JournalledValue): void
  /** Returns null for anything but an entry of this package. The key authenticates its records later. */
  read(name: string): JournalledValue | null
  clear(name: string): void
}

export function createValueJournal(page: TabEntries): ValueJournal {
  const nameOf = (name: string) => `value-journal:${name}`
  return {
    write(name, { replaces, value, mark }) {
      const text = JSON.stringify({ replaces, value: encodeRecord(value), mark: encodeRecord(mark) })
      if (text.length <= MAX_LENGTH) page.set(nameOf(name), text)
    },
    read(name) {
      try {
        const { replaces, value, mark } = JSON.parse(page.get(nameOf(name)) ?? '')
        if (!Array.isArray(replaces) || value.kind !== 'value' || value.name !== name || mark.kind !== 'mark')
          return null
        return {
          replaces,
          value: decodeRecord(value) as unknown as JournalledValue['value'],
          mark: decodeRecord(mark) as unknown as JournalledValue['mark'],
        }
      } catch {
        return null
      }
    },
    clear: (name) => page.remove(nameOf(name)),
  }
}

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
