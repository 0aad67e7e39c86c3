import type { Changes } from '../database/idb-connection.js'
import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import { decrypt } from '../records/cipher.js'
import {
  type EncryptedRecord,
  headKey,
  type StoredRecord,
  segmentKey,
  sessionOwner,
} from '../records/record.js'
import type { Ownership } from '../tabs/ownership.js'
import type { Journal, JournalEntry } from './journal.js'
import { findHead, openHead } from './session-reader.js'

/**
 * Writes the journal that the last page left, then clears it. An entry that can't be checked stays, because its key or the
 * stored head can't be decrypted. Compares revisions, so a second run changes nothing.
 *
 * @param isOpen Tells which sessions this page has open, and writes.
 * @returns true if anything was written
 */
export async function replayJournal(
  journal: Journal,
  store: RecordStore,
  keys: KeyVault,
  ownership: Ownership,
  isOpen: (sessionId: string) => boolean = () => false,
): Promise<boolean> {
  let hasWritten = false
  for (const entry of journal.entries()) {
    // This page continues from what is stored. Its next save supersedes the journal.
    if (isOpen(entry.sessionId)) continue
    const wasOwned = ownership.isOwned(entry.sessionId)
    // Skips a session that another tab owns now, because only its owner may write it.
    if (!(await ownership.acquire(entry.sessionId))) continue
    try {
      const changes = await changesOf(entry, store, keys)
      // Two pages that find the same owner silent both take it over, and the later one owns it.
      if (!ownership.isOwned(entry.sessionId)) continue
      if (changes) {
        hasWritten = true
        await store.write(changes)
      }
      journal.clear(entry.sessionId)
    } catch {
      // Reading the session reports the reason. A failed write is retried at the next page load.
    }
    if (!wasOwned) await ownership.release(entry.sessionId)
  }
  return hasWritten
}

/** Returns null if there is nothing to write: an old entry, a deleted session or an entry that fails authentication. */
async function changesOf(entry: JournalEntry, store: RecordStore, keys: KeyVault): Promise<Changes | null> {
  const { sessionId, head, segments } = entry
  const held = await keys.find(sessionOwner(sessionId))
  if (!held) return null
  const stored = await findHead(store, sessionId)
  if (stored) await openHead(held.key, stored)
  if (stored ? head.revision <= stored.revision : segments.length !== head.segmentCount) return null
  // sessionStorage is easier to alter than the database, so only authenticated records may overwrite stored ones.
  const opened = await Promise.all([head, ...segments].map((record) => opens(held.key, record, sessionId)))
  if (opened.includes(false)) return null

  const changes = new Map<string, StoredRecord | null>()
  for (const segment of segments) changes.set(segmentKey(sessionId, segment.seq), segment)
  for (let seq = head.segmentCount; seq < (stored?.segmentCount ?? 0); seq++) {
    changes.set(segmentKey(sessionId, seq), null)
  }
  return changes.set(headKey(sessionId), head)
}

async function opens(key: CryptoKey, record: EncryptedRecord, sessionId: string): Promise<boolean> {
  if (!('sessionId' in record) || record.sessionId !== sessionId) return false
  return decrypt(key, record).then(
    () => true,
    () => false,
  )
}
