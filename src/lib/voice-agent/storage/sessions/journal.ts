import { decodeRecord, encodeRecord } from '../records/base64-record.js'
import {
  type EncryptedRecord,
  FORMAT_VERSION,
  type HeadHeader,
  type SegmentHeader,
} from '../records/record.js'
import { names, type PageStorage } from '../tabs/session-storage.js'
import type { EncryptedBatch } from './encrypted-batch.js'

/** Characters of the longest journal entry, about 750 kB of records. sessionStorage holds about 5 MB. */
export const MAX_JOURNAL_LENGTH = 1_000_000

/** An encrypted save that was not finished when the page closed. */
export interface JournalEntry {
  sessionId: string
  head: EncryptedRecord<HeadHeader>
  segments: EncryptedRecord<SegmentHeader>[]
}

/**
 * Holds the last save of each session while the page closes. It uses sessionStorage, the only storage that every browser
 * still writes then, and contains only encrypted records.
 */
export interface Journal {
  /** Returns false if the save is too large or sessionStorage rejects it. */
  write(sessionId: string, batch: EncryptedBatch): boolean
  entries(): JournalEntry[]
  clear(sessionId: string): void
}

export function createJournal(page: PageStorage): Journal {
  const nameOf = (sessionId: string) => names.journal + sessionId
  return {
    write(sessionId, batch) {
      const text = encodeEntry(batch)
      return text !== null && text.length <= MAX_JOURNAL_LENGTH && page.set(nameOf(sessionId), text)
    },
    entries: () =>
      page.names(names.journal).flatMap((name) => {
        const entry = decodeEntry(page.get(name))
        return entry?.sessionId === name.slice(names.journal.length) ? [entry] : []
      }),
    clear: (sessionId) => page.remove(nameOf(sessionId)),
  }
}

/** Returns null for a batch without a head. Leaves keys out, because a key must not be readable in sessionStorage. */
export function encodeEntry({ changes }: Pick<EncryptedBatch, 'changes'>): string | null {
  const records = [...changes.values()].filter((record) => record !== null)
  const head = records.find((record) => record.kind === 'head')
  if (!head) return null
  const segments = records.filter((record) => record.kind === 'messages')
  return JSON.stringify({ v: FORMAT_VERSION, head: encodeRecord(head), segments: segments.map(encodeRecord) })
}

/** Returns null for anything but a journal entry of this package. The key authenticates its records later. */
export function decodeEntry(text: string | null): JournalEntry | null {
  try {
    const { v, head, segments } = JSON.parse(text ?? '')
    if (v !== FORMAT_VERSION || head.kind !== 'head' || !Array.isArray(segments)) return null
    return {
      sessionId: String(head.sessionId),
      head: decodeRecord(head) as unknown as JournalEntry['head'],
      segments: segments.map((segment) => decodeRecord(segment) as unknown as EncryptedRecord<SegmentHeader>),
    }
  } catch {
    return null
  }
}
