import { nanoid } from '@reduxjs/toolkit'
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
const MAX_JOURNAL_LENGTH = 1_000_000

/** An encrypted save that was not finished when the page closed. */
export interface JournalEntry {
  /** The session's id. Another entry of the session has a suffix. */
  name: string
  /** The stored text, which differs for each save. */
  text: string
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

/** The place of an entry, and its text, which shows that no other entry has replaced it. */
type StoredEntry = Pick<JournalEntry, 'name' | 'text'>

/**
 * Holds the last save of each session while the page closes. It uses sessionStorage, the only storage that every browser
 * still writes then, and contains only encrypted records. A page that could not replay an entry of another page keeps it, and adds its own.
 */
export interface Journal {
  /**
   * Returns false if the save is too large or sessionStorage rejects it.
   *
   * @param bases Versions of the stored heads that the save may replace.
   * @param isHeld True keeps a rejected entry in memory, because this page will replay it.
   */
  write(
    sessionId: string,
    batch: EncryptedBatch,
    bases: readonly (string | null)[],
    sync?: SyncPart,
    isHeld?: boolean,
  ): boolean
  entries(): JournalEntry[]
  /** Removes an entry that was replayed, unless a page has replaced it meanwhile. */
  remove(entry: StoredEntry): void
  /** Removes the session's entries that this page wrote. */
  clear(sessionId: string): void
  /** Keeps the session's entry until it is replayed, like that of another page. */
  leave(sessionId: string): void
  /** Removes all entries of a session, because it was deleted. */
  forget(sessionId: string): void
}

export function createJournal(page: PageStorage): Journal {
  /** This page's entry of each session. */
  const written = new Map<string, StoredEntry>()
  /** Entries that sessionStorage rejected, by name. */
  const held = new Map<string, string>()
  const read = (name: string) => held.get(name) ?? page.get(names.journal + name)
  const isStored = ({ name, text }: StoredEntry) => read(name) === text

  function remove(entry: StoredEntry): void {
    if (!isStored(entry)) return
    held.delete(entry.name)
    page.remove(names.journal + entry.name)
  }

  function nameFor(sessionId: string): string {
    const own = written.get(sessionId)
    if (own && isStored(own)) return own.name
    return read(sessionId) === null ? sessionId : `${sessionId}#${nanoid(8)}`
  }

  function entries(): JournalEntry[] {
    const stored = page.names(names.journal).map((name) => name.slice(names.journal.length))
    return [...new Set([...stored, ...held.keys()])].flatMap((name) => decodeEntry(name, read(name)) ?? [])
  }

  return {
    entries,
    write(sessionId, batch, bases, sync, isHeld = false) {
      const text = encodeEntry(batch, bases, sync)
      const name = nameFor(sessionId)
      if (text === null) return false
      if (text.length <= MAX_JOURNAL_LENGTH && page.set(names.journal + name, text)) held.delete(name)
      else if (isHeld) held.set(name, text)
      else return false
      written.set(sessionId, { name, text })
      return true
    },
    remove,
    clear(sessionId) {
      const own = written.get(sessionId)
      written.delete(sessionId)
      if (own) remove(own)
    },
    leave: (sessionId) => void written.delete(sessionId),
    forget(sessionId) {
      written.delete(sessionId)
      page.remove(names.journal + sessionId)
      for (const entry of entries()) if (entry.sessionId === sessionId) remove(entry)
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
export function decodeEntry(name: string, text: string | null): JournalEntry | null {
  if (text === null) return null
  try {
    const { v, bases, head, segments, blocks = [], sync } = JSON.parse(text)
    if (!(v <= FORMAT_VERSION) || head.kind !== 'head' || !Array.isArray(segments)) return null
    if (v > 1 && !Array.isArray(bases)) return null
    const sessionId = String(head.sessionId)
    if (name !== sessionId && !name.startsWith(`${sessionId}#`)) return null
    const decoded = <Header extends SegmentHeader | VersionsHeader>(records: object[]) =>
      records.map((record) => decodeRecord(record) as unknown as EncryptedRecord<Header>)
    return {
      name,
      text,
      sessionId,
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
  /** Snapshot to journal as soon as the cipher is ready. */
  #waiting: SessionSnapshot | null = null
  #isWritten = false

  constructor(id: string, journal: Journal, image: DiskImage) {
    this.#id = id
    this.#journal = journal
    this.#image = image
  }

  /** Creates the cipher for saving synchronously as the page closes. Without it, the last words may be lost. */
  async prepare(key: CryptoKey): Promise<void> {
    this.#key = key
    const cipher = await createSyncCipher(key, sessionOwner(this.#id)).catch(() => null)
    if (this.#key !== key) return
    this.#cipher = cipher
    if (this.#waiting) this.writeSync(this.#waiting, true)
    this.#waiting = null
  }

  /** Journals a snapshot as soon as the cipher is ready, unless the session is deleted or read again before. */
  writeWhenReady(snapshot: SessionSnapshot): void {
    if (!this.#cipher) this.#waiting = snapshot
  }

  /** Journals nothing later, because the session was deleted. */
  cancel(): void {
    this.#waiting = null
  }

  /**
   * Journals a write, unless its revision is journalled. The tab's next page may have stored that entry and continued from it, and would take
   * a second one for other words. A save that is too large for the journal relies on its transaction alone.
   */
  write({ batch, bases }: Write, sync?: SyncPart, isHeld?: boolean): void {
    if (batch.revision <= this.#image.journalledRevision) return
    if (!this.#journal.write(this.#id, batch, bases, sync, isHeld)) return
    this.#isWritten = true
    this.#image.noteJournalled(batch)
  }

  /** Journals the pending write and all later changes of a page that must not write, in memory if sessionStorage is full. */
  writeUnsaved(ready: EncryptedBatch | null, latest: SessionSnapshot | null): void {
    const { issuedRevision, write } = this.#image
    if (ready && ready.revision > issuedRevision) this.write(this.#image.writeWith(ready), undefined, true)
    else if (write) this.write(write, undefined, true)
    if (latest) this.writeSync(latest, true)
  }

  /**
   * Journals a snapshot that is not encrypted yet: some browsers run no further tasks of a closing page.
   *
   * @param isUnsaved True if the page does not close and must not write. Otherwise, large changes, as after a lost connection, are left
   * out, because they would delay the page's closing.
   */
  writeSync(snapshot: SessionSnapshot, isUnsaved = false): void {
    const image = this.#image
    const known = Math.max(image.issuedRevision, image.journalledRevision)
    if (!this.#cipher || snapshot.revision <= known) return
    const plan = changedSegments(snapshot, image.segments, image.layout)
    if (!isUnsaved && plan.changed.length > MAX_SYNC_SEGMENTS) return
    const batch = encryptBatchSync(this.#cipher.encrypt, snapshot, plan, image.asBase())
    const versions = [...batch.changes.values()].flatMap((record) =>
      record && 'iv' in record ? versionOf(record) : [],
    )
    this.write(image.writeWith(batch), { key: this.#cipher.encryptedKey, versions }, isUnsaved)
  }

  /** Leaves the entry to be replayed, because this page continues from another state. */
  leave(): void {
    this.cancel()
    this.#isWritten = false
    this.#journal.leave(this.#id)
  }

  /** Clears the journal if everything in it is on disk. */
  clear(): void {
    if (!this.#isWritten || this.#image.journalledRevision > this.#image.revision) return
    this.#journal.clear(this.#id)
    this.#isWritten = false
  }
}
