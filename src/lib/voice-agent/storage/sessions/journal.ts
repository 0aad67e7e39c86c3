import { decodeRecord, encodeRecord } from '../records/base64-record.js'
import {
  type EncryptedRecord,
  FORMAT_VERSION,
  type HeadHeader,
  type SegmentHeader,
} from '../records/record.js'
import { names, type PageStorage } from '../tabs/session-storage.js'
import type { EncryptedBatch } from './encrypted-batch.js'

/** Above this many characters (about 750 kB of records) nothing is journalled: sessionStorage ends at about 5 MB. */
export const MAX_JOURNAL_LENGTH = 1_000_000

/** A save that was under way when the page went, sealed as it would have been stored. */
export interface JournalEntry {
  sessionId: string
  head: EncryptedRecord<HeadHeader>
  segments: EncryptedRecord<SegmentHeader>[]
}

/**
 * The last save of each session, kept in sessionStorage while the page goes: the only storage that every browser still
 * writes then. It holds sealed records and nothing else.
 */
export interface Journal {
  /** Whether it was kept: a save that is too large is not. */
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

/** Null for a batch without a head. Keys never go in: they have no form that may be read here. */
export function encodeEntry({ changes }: Pick<EncryptedBatch, 'changes'>): string | null {
  const records = [...changes.values()].filter((record) => record !== null)
  const head = records.find((record) => record.kind === 'head')
  if (!head) return null
  const segments = records.filter((record) => record.kind === 'messages')
  return JSON.stringify({ v: FORMAT_VERSION, head: encodeRecord(head), segments: segments.map(encodeRecord) })
}

/** Null for what is no journal of ours. That its records are what they say is for the key to prove. */
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
