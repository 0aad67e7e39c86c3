import { type Message, withTitle } from '../../../../../store/index.js'
import { isWriteConflict, type RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import type { HeldKey } from '../keys/key-wrapping.js'
import { decrypt, encrypt, openSyncKey, reencrypt } from '../records/cipher.js'
import {
  blockKey,
  copyIdOf,
  type EncryptedRecord,
  headKey,
  keyRecordKey,
  type RecordHeader,
  type StoredRecord,
  segmentKey,
  sessionOwner,
  versionOf,
} from '../records/record.js'
import type { Ownership } from '../tabs/ownership.js'
import { encryptBatch, type HeadContent } from './encrypted-batch.js'
import type { Fences } from './fences.js'
import type { Journal, JournalEntry } from './journal.js'
import { blockOf, changedSegments, fromHead, layoutOf, NO_VERSIONS } from './segments.js'
import {
  type EncryptedHead,
  findHead,
  isSameHead,
  openHead,
  readSegments,
  readSession,
} from './session-reader.js'

interface RecoveryPorts {
  journal: Journal
  store: RecordStore
  keys: KeyVault
  ownership: Ownership
  fences: Fences
  /** Returns true for a session that this page has open for writing. */
  isOpen: (sessionId: string) => boolean
  /** Returns true for a session that this page is reading, and must continue to own. */
  isBeingRead: (sessionId: string) => boolean
}

/**
 * Writes the journal that the previous page left, and clears it.
 *
 * An entry replaces only the head that it builds on. If the session was continued from another head, both are kept: the entry
 * becomes a recovered copy. An entry stays if it can't be checked: its key or the stored head can't be opened, or there is no head.
 *
 * @returns Sessions that another page continued meanwhile, so that an entry became a separate conversation.
 */
export async function replayJournal(ports: RecoveryPorts): Promise<string[]> {
  const { journal, ownership, isOpen, isBeingRead } = ports
  const recovered: string[] = []
  for (const found of journal.entries()) {
    const { sessionId } = found
    // This page continues from what is stored. A later page replays the entry.
    if (isOpen(sessionId)) continue
    const wasOwned = ownership.isOwned(sessionId)
    // Skips a session that another tab owns now, because only its owner may write it.
    if (!(await ownership.acquire(sessionId))) continue
    try {
      if (await replay(found, ports)) recovered.push(sessionId)
    } catch {
      // Reading the session reports the reason. A failed write is retried at the next page load.
    }
    if (!wasOwned && !isOpen(sessionId) && !isBeingRead(sessionId)) await ownership.release(sessionId)
  }
  return recovered
}

/** Resolves to true if the entry became a separate conversation. */
async function replay(found: JournalEntry, ports: RecoveryPorts): Promise<boolean> {
  const { journal, store, keys, ownership, fences } = ports
  const { sessionId } = found
  const held = await keys.find(sessionOwner(sessionId))
  if (!held) {
    // The session was deleted with its key.
    if (ownership.isOwned(sessionId)) journal.remove(found)
    return false
  }
  const stored = await findHead(store, sessionId)
  // Rejects if the key does not open the head, so that the entry stays: another key may open both.
  const content = stored && (await openHead(held.key, stored))
  const entry = await withSessionKey(found, held.key)
  const relation = entry ? await relate(entry, stored, content, held) : 'void'
  const next = relation === 'renamed' && stored && entry ? await withName(entry, stored, held) : entry
  // If two pages find the same owner silent, both take over, and the later one owns the session.
  if (!ownership.isOwned(sessionId)) return false
  // Without a head, nothing shows that the session has the entry's words.
  if (relation === 'void' && !stored) return false
  let isRecovered = false
  if ((relation === 'next' || relation === 'renamed') && next) {
    // Without the key, for example in an emptied database, the records would be unreadable. While this page was in the back/forward
    // cache, another one may have continued the session.
    const expected = new Map<string, StoredRecord | null>([
      [keyRecordKey(held.record.owner), held.record],
      [headKey(sessionId), stored],
    ])
    const { versions } = await openHead(held.key, next.head)
    const changes = changesOf(next, stored, versions?.blocks.length ?? 0)
    try {
      await fences.write(sessionId, [stored && versionOf(stored)], changes, { expected })
    } catch (error) {
      const isContinued = isWriteConflict(error) && !isSameHead(stored, await findHead(store, sessionId))
      if (isContinued) return replay(found, ports)
      throw error
    }
  } else if (relation === 'diverged' && stored && entry) {
    isRecovered = await recoverCopy({ entry, stored, held, store, keys })
  }
  journal.remove(found)
  return isRecovered
}

/**
 * Re-encrypts a closing page's records with the session's key. Keeps their IVs, because the head holds them.
 * Returns null if the entry was altered.
 */
async function withSessionKey(entry: JournalEntry, key: CryptoKey): Promise<JournalEntry | null> {
  const { sync, head, segments, blocks } = entry
  if (!sync) return entry
  try {
    const syncKey = await openSyncKey(key, sync.key)
    const convert = async <H extends RecordHeader>(record: EncryptedRecord<H>) =>
      sync.versions.includes(versionOf(record)) ? reencrypt(syncKey, key, record) : record
    return {
      ...entry,
      head: await convert(head),
      segments: await Promise.all(segments.map(convert)),
      blocks: await Promise.all(blocks.map(convert)),
    }
  } catch {
    return null
  }
}

/** Returns the entry with the name that another page has stored meanwhile, in a head that descends from both. */
async function withName(entry: JournalEntry, stored: EncryptedHead, { key }: HeldKey): Promise<JournalEntry> {
  const { iv: _, data: __, version: ___, ...header } = entry.head
  const [content, renamed] = await Promise.all([openHead(key, entry.head), openHead(key, stored)])
  const revision = Math.max(entry.head.revision, stored.revision + 1)
  const ancestors = [...(content.ancestors ?? []), versionOf(stored), versionOf(entry.head)]
  const head = withTitle(content.head, renamed.head.title ?? null)
  return { ...entry, head: await encrypt(key, { ...header, revision }, { ...content, head, ancestors }) }
}

/**
 * Determines how an entry relates to the stored session.
 *
 * - `void`: nothing to write, because the session has everything, or the entry fails authentication.
 * - `next`: the entry builds on what is stored.
 * - `renamed`: the entry builds on what is stored, except for the session's name.
 * - `diverged`: both continue from an earlier state.
 */
async function relate(
  { bases, head, segments, blocks, sessionId }: JournalEntry,
  stored: EncryptedHead | null,
  content: HeadContent | null,
  { key }: HeldKey,
): Promise<'void' | 'next' | 'renamed' | 'diverged'> {
  const { ancestors = [], renamedFrom = [] } = content ?? {}
  // sessionStorage is easier to alter than the database, so only authenticated records may overwrite stored ones.
  const opened = await Promise.all(
    [head, ...segments, ...blocks].map((record) => opens(key, record, sessionId)),
  )
  if (opened.includes(false)) return 'void'
  if (!stored) return segments.length === head.segmentCount ? 'next' : 'void'
  const version = versionOf(head)
  if (versionOf(stored) === version || ancestors.includes(version)) return 'void'
  if (bases?.includes(versionOf(stored))) return 'next'
  if (bases) return renamedFrom.some((base) => bases.includes(base)) ? 'renamed' : 'diverged'
  // An entry of format 1 has only a revision, which is comparable only with heads of format 1.
  if (stored.v > 1) return 'diverged'
  return head.revision > stored.revision ? 'next' : 'void'
}

function changesOf(
  { sessionId, head, segments, blocks }: JournalEntry,
  stored: EncryptedHead | null,
  blockCount: number,
): Map<string, StoredRecord | null> {
  const changes = new Map<string, StoredRecord | null>()
  for (const segment of segments) changes.set(segmentKey(sessionId, segment.seq), segment)
  for (let seq = head.segmentCount; seq < (stored?.segmentCount ?? 0); seq++)
    changes.set(segmentKey(sessionId, seq), null)
  for (const block of blocks) changes.set(blockKey(sessionId, block.block), block)
  for (let block = blockCount; block <= blockOf(Math.max(0, (stored?.segmentCount ?? 0) - 1)); block++)
    changes.set(blockKey(sessionId, block), null)
  return changes.set(headKey(sessionId), head)
}

async function opens(key: CryptoKey, record: EncryptedRecord, sessionId: string): Promise<boolean> {
  if (!('sessionId' in record) || record.sessionId !== sessionId) return false
  return decrypt(key, record).then(
    () => true,
    () => false,
  )
}

interface Recovery {
  entry: JournalEntry
  /** The session as another page continued it. */
  stored: EncryptedHead
  held: HeldKey
  store: RecordStore
  keys: KeyVault
}

/**
 * Stores a journal entry as a separate session, because another page continued the session from an earlier state.
 *
 * The copy has the entry's messages and the earlier ones that are unchanged on disk. It lacks messages that were replaced
 * on disk.
 *
 * @returns false if the stored session has all messages of the entry: then there is nothing to recover
 */
async function recoverCopy(recovery: Recovery): Promise<boolean> {
  const { entry, held, store, keys } = recovery
  const { head, sessionId } = entry
  const bySeq = new Map<number, Message[]>()
  for (const record of entry.segments) bySeq.set(record.seq, (await decrypt(held.key, record)) as Message[])
  if (await isStored([...bySeq.values()].flat(), recovery)) return false

  const id = copyIdOf(sessionId, versionOf(head))
  if (await store.get(headKey(id))) return true
  const content = await openHead(held.key, head)
  const messages = await messagesOf(bySeq, recovery)
  const snapshot = {
    head: { ...content.head, id, messageCount: messages.length },
    messages,
    firstLoadedIndex: 0,
    revision: head.revision,
    _persist: content._persist,
  }
  const owner = sessionOwner(id)
  const { key, record, expected } = await keys.makeKey(owner)
  const base = { segmentCount: 0, versions: NO_VERSIONS, blocks: new Map(), ancestors: [], renamable: [] }
  const plan = changedSegments(snapshot, new Map())
  const { changes } = await encryptBatch(key, snapshot, plan, base, { recoveredFrom: sessionId })
  await store.write(new Map([[keyRecordKey(owner), record], ...changes]), { durability: 'strict', expected })
  return true
}

/** True if the stored session has each message, with the same or a longer text. */
async function isStored(messages: readonly Message[], { stored, held, store }: Recovery): Promise<boolean> {
  const { segments } = await readSession(store, held.key, stored, 'all', Promise.resolve([]))
  const texts = new Map(segments.flatMap((segment) => segment.messages).map(({ id, text }) => [id, text]))
  return messages.every(({ id, text }) => texts.get(id)?.startsWith(text) ?? false)
}

/** Joins the entry's segments with the earlier ones on disk that have the entry's version. */
async function messagesOf(
  bySeq: ReadonlyMap<number, Message[]>,
  { entry: { head, blocks }, held: { key }, store }: Recovery,
): Promise<Message[]> {
  const { sessionId, segmentCount, schema } = head
  const { lengths, versions } = await openHead(key, head)
  const known = versions ? fromHead(versions) : NO_VERSIONS
  const loaded = new Map(known.loaded)
  for (const record of blocks) loaded.set(record.block, (await decrypt(key, record)) as string[])
  const read = await readSegments(store, key, {
    sessionId,
    from: 0,
    to: segmentCount,
    schema,
    layout: layoutOf(head, lengths),
    versions: { ...known, loaded },
    // A segment from the other page does not count as a newer copy of the entry's.
    revision: Number.POSITIVE_INFINITY,
  })
  const all = new Map<number, readonly Message[]>(read.segments.map(({ seq, messages }) => [seq, messages]))
  for (const [seq, messages] of bySeq) all.set(seq, messages)
  return [...all].sort(([a], [b]) => a - b).flatMap(([, messages]) => messages)
}
