import type { SessionSnapshot } from '../../../../../store/index.js'
import { createSyncCipher, type SyncCipher } from '../records/cipher.js'
import {
  decodeRecord,
  type EncryptedRecord,
  encodeRecord,
  FORMAT_VERSION,
  type HeadHeader,
  type SegmentHeader,
  type SyncKeyHeader,
  sessionOwner,
  type VersionsHeader,
  versionOf,
} from '../records/record.js'
import { names, type PageStorage } from '../tabs/session-storage.js'
import type { DiskImage, Write } from './disk-image.js'
import { type EncryptedBatch, encryptBatchSync } from './encrypted-batch.js'
import { changedSegments } from './segments.js'

/** Maximum characters of a journal entry, about 750 kB of records. sessionStorage holds about 5 MB. */
export const MAX_JOURNAL_LENGTH = 1_000_000

/** An encrypted save that was not finished when the page closed. */
export interface JournalEntry {
  sessionId: string
  /** Versions of the stored heads that it may replace; null stands for a session that is not stored yet. Absent in format 1. */
  bases?: readonly (string | null)[]
  head: EncryptedRecord<HeadHeader>
  segments: EncryptedRecord<SegmentHeader>[]
  blocks: EncryptedRecord<VersionsHeader>[]
  /** The page's key, if the page encrypted records synchronously while closing. */
  sync?: SyncPart
}

/** Records of an entry that are encrypted with a page's key instead of the session's. */
interface SyncPart {
  key: EncryptedRecord<SyncKeyHeader>
  /** Versions of the records. */
  versions: readonly string[]
}

/**
 * Holds the last save of each session while the page closes. It uses sessionStorage, the only storage that every browser
 * still writes then, and contains only encrypted records.
 */
export interface Journal {
  /**
   * Returns false if the save is too large or sessionStorage rejects it.
   *
   * @param bases Versions of the stored heads that the save may replace.
   */
  write(sessionId: string, batch: EncryptedBatch, bases: readonly (string | null)[], sync?: SyncPart): boolean
  entries(): JournalEntry[]
  /** True if another page of the tab wrote the session's entry. */
  isForeign(sessionId: string): boolean
  clear(sessionId: string): void
}

export function createJournal(page: PageStorage): Journal {
  const nameOf = (sessionId: string) => names.journal + sessionId
  const written = new Map<string, string>()
  return {
    write(sessionId, batch, bases, sync) {
      const text = encodeEntry(batch, bases, sync)
      if (text === null || text.length > MAX_JOURNAL_LENGTH || !page.set(nameOf(sessionId), text))
        return false
      written.set(sessionId, text)
      return true
    },
    isForeign(sessionId) {
      const stored = page.get(nameOf(sessionId))
      return stored !== null && stored !== written.get(sessionId)
    },
    entries: () =>
      page.names(names.journal).flatMap((name) => {
        const entry = decodeEntry(page.get(name))
        return entry?.sessionId === name.slice(names.journal.length) ? [entry] : []
      }),
    clear(sessionId) {
      written.delete(sessionId)
      page.remove(nameOf(sessionId))
    },
  }
}

/** Returns null for a batch without a head. Omits keys, because a key must not be readable in sessionStorage. */
export function encodeEntry(
  { changes }: Pick<EncryptedBatch, 'changes'>,
  bases: readonly (string | null)[],
  sync?: SyncPart,
): string | null {
  const records = [...changes.values()].filter((record) => record !== null)
  const head = records.find((record) => record.kind === 'head')
  if (!head) return null
  const encoded = (kind: 'messages' | 'versions') =>
    records.filter((record) => record.kind === kind).map(encodeRecord)
  return JSON.stringify({
    v: FORMAT_VERSION,
    bases,
    head: encodeRecord(head),
    segments: encoded('messages'),
    blocks: encoded('versions'),
    ...(sync ? { sync: { ...sync, key: encodeRecord(sync.key) } } : {}),
  })
}

/** Returns null for anything but a journal entry of this package. The key authenticates its records later. */
export function decodeEntry(text: string | null): JournalEntry | null {
  try {
    const { v, bases, head, segments, blocks = [], sync } = JSON.parse(text ?? '')
    if (!(v <= FORMAT_VERSION) || head.kind !== 'head' || !Array.isArray(segments)) return null
    if (v > 1 && !Array.isArray(bases)) return null
    const decoded = <Header extends SegmentHeader | VersionsHeader>(records: object[]) =>
      records.map((record) => decodeRecord(record) as unknown as EncryptedRecord<Header>)
    return {
      sessionId: String(head.sessionId),
      ...(v > 1 ? { bases } : {}),
      head: decodeRecord(head) as unknown as JournalEntry['head'],
      segments: decoded<SegmentHeader>(segments),
      blocks: decoded<VersionsHeader>(blocks),
      ...(sync ? { sync: { ...sync, key: decodeRecord(sync.key) } } : {}),
    }
  } catch {
    return null
  }
}

/** Maximum number of segments to encrypt synchronously as the page closes. */
const MAX_SYNC_SEGMENTS = 3

/** Journals the saves of one session that may not reach the disk, because its page closes or another page takes the session. */
export class SessionJournal {
  readonly #id: string
  readonly #journal: Journal
  readonly #image: DiskImage
  #key: CryptoKey | null = null
  #cipher: SyncCipher | null = null
  /** True at first: the journal may hold a save of the previous page that could not be replayed. The first save supersedes it. */
  #isWritten = true

  constructor(id: string, journal: Journal, image: DiskImage) {
    this.#id = id
    this.#journal = journal
    this.#image = image
  }

  /** Creates the cipher for saving synchronously as the page closes. Without it, the last words may be lost. */
  async prepare(key: CryptoKey): Promise<void> {
    this.#key = key
    const cipher = await createSyncCipher(key, sessionOwner(this.#id)).catch(() => null)
    if (this.#key === key) this.#cipher = cipher
  }

  /** Journals a write. A save that is too large for the journal relies on its transaction alone. */
  write({ batch, bases }: Write, sync?: SyncPart): void {
    if (!this.#journal.write(this.#id, batch, bases, sync)) return
    this.#isWritten = true
    this.#image.noteJournalled(batch)
  }

  /** Journals the pending write and changes encrypted since. Returns the newest revision on disk or in the journal. */
  writeUnsaved(ready: EncryptedBatch | null): number {
    const { issuedRevision, write } = this.#image
    const isNewer = ready !== null && ready.revision > issuedRevision
    if (isNewer) this.write(this.#image.writeWith(ready))
    else if (write) this.write(write)
    return isNewer ? ready.revision : issuedRevision
  }

  /** Journals a snapshot that is not encrypted yet: some browsers run no further tasks of a closing page. */
  writeSync(snapshot: SessionSnapshot): void {
    const image = this.#image
    if (!this.#cipher || snapshot.revision <= image.issuedRevision) return
    const plan = changedSegments(snapshot, image.segments, image.layout)
    // Larger changes, as after a lost connection, would delay the page's closing and overflow the journal.
    if (plan.changed.length > MAX_SYNC_SEGMENTS) return
    const batch = encryptBatchSync(this.#cipher.encrypt, snapshot, plan, image.asBase())
    const versions = [...batch.changes.values()].flatMap((record) =>
      record && 'iv' in record ? versionOf(record) : [],
    )
    this.write(image.writeWith(batch), { key: this.#cipher.sealedKey, versions })
  }

  /** True if another page of the tab left an entry that may not have been read yet. */
  get isForeign(): boolean {
    return this.#journal.isForeign(this.#id)
  }

  /** Clears the journal, because everything in it is on disk. */
  clear(): void {
    if (this.#isWritten) this.#journal.clear(this.#id)
    this.#isWritten = false
  }
}
