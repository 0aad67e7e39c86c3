import type { EncryptedRecord, MarkHeader, ValueHeader } from '../records/record.js'
import { decodeRecord, encodeRecord } from '../records/record.js'
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
