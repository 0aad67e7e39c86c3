import type { RecordStore } from '../storage/database/record-store.js'
import type { KeyVault } from '../storage/keys/key-vault.js'
import { createIv, encrypt, encryptBytes, UnreadableRecordError } from '../storage/records/cipher.js'
import {
  blockKey,
  copyIdOf,
  type EncryptedRecord,
  FORMAT_VERSION,
  headKey,
  keyRecordKey,
  markKey,
  type RecordHeader,
  type StoredRecord,
  segmentKey,
  sessionOwner,
  versionOf,
} from '../storage/records/record.js'
import type { HeadContent } from '../storage/sessions/encrypted-batch.js'
import { findHead } from '../storage/sessions/session-reader.js'
import type { Ownership } from '../storage/tabs/ownership.js'
import { BackupError } from './backup-error.js'
import type { BackupState } from './backup-state.js'
import type { Downloaded } from './download-session.js'
import { type PlainRecord, toPlain } from './session-objects.js'

/** Decrypted records of a session. */
type Session = Pick<Downloaded, 'head' | 'records'>

/** The local store, where the backup reads and writes sessions that no tab has open. */
export interface LocalPorts {
  store: RecordStore
  keys: KeyVault
  ownership: Pick<Ownership, 'acquire' | 'release'>
  /** Notifies pages that a session was written or deleted. */
  announce(sessionId: string, isDeleted: boolean): void
}

/** Ports of operations that change a session here and what this device remembers of its backup. */
export interface SessionPorts extends LocalPorts {
  state: BackupState
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Runs a task while this page owns the session. Returns null without running it if another page has the session. */
export async function whileOwned<T>(
  { ownership }: LocalPorts,
  sessionId: string,
  task: () => Promise<T>,
): Promise<T | null> {
  if (!(await ownership.acquire(sessionId))) return null
  try {
    return await task()
  } finally {
    await ownership.release(sessionId)
  }
}

/** Deletes a session and its key. The caller must own it. */
export async function removeSession(ports: LocalPorts, sessionId: string): Promise<void> {
  await ports.keys.removeWithRecords(sessionOwner(sessionId))
  ports.announce(sessionId, true)
}

/**
 * Writes a session in one transaction, replacing an earlier version. The caller must own it.
 *
 * Segments keep their IVs, because the head uses them as their versions. An IV belongs to one version of a record, so a second
 * encryption with the same key yields the same bytes. Not so the head, which gets a new IV: the backup's lacks the call of the device
 * that wrote it, which may be this one.
 */
export async function writeSession(
  ports: LocalPorts,
  sessionId: string,
  { head, records }: Session,
): Promise<void> {
  const { store, keys } = ports
  const owner = sessionOwner(sessionId)
  const stored = await findHead(store, sessionId)
  // A plain key encrypts nothing new if there is a provider, because other code may have planted it.
  const held = await keys.protect(owner)
  const { key, record, expected } = held ? { ...held, expected: [] } : await keys.makeKey(owner)
  const place = keyRecordKey(owner)
  const changes = new Map<string, StoredRecord>([[place, record]])
  const ownHead = { ...head, iv: createIv(), version: versionOf(head) }
  for (const record of [...records, ownHead]) changes.set(keyOf(record), await encryptPlain(key, record))
  const mark = { v: FORMAT_VERSION, kind: 'mark' as const, owner }
  changes.set(markKey(owner), await encrypt(key, mark, { revision: head.revision }))
  await store.write(changes, {
    durability: 'strict',
    removePrefixes: [`${owner}/`],
    expected: new Map([...expected, [headKey(sessionId), stored], [place, held?.record ?? null]]),
  })
  keys.evict(owner)
  ports.announce(sessionId, false)
}

/** Returns a session under another id, to keep both versions of a conversation. */
export function copyAs(id: string, { head, records }: Session): Session {
  const content = JSON.parse(decoder.decode(head.data)) as HeadContent
  const renamed: HeadContent = { ...content, head: { ...content.head, id } }
  const data = encoder.encode(JSON.stringify(renamed)).buffer
  return {
    head: { ...head, sessionId: id, recoveredFrom: head.sessionId, data } as Downloaded['head'],
    records: records.map((record) => ({ ...record, sessionId: id }) as PlainRecord),
  }
}

/**
 * Copies the stored version of a session if the next one lacks any of its messages. Two devices may have continued the session, and
 * the next version is from the other one. The caller must own the session.
 *
 * @returns the copy's id; null if there is nothing to keep
 */
export async function keepReplaced(
  ports: LocalPorts,
  sessionId: string,
  next: Pick<Session, 'records'>,
): Promise<string | null> {
  const stored = await readStored(ports, sessionId)
  if (!stored) return null
  const kept = messageIdsOf(next)
  if ([...messageIdsOf(stored)].every((id) => kept.has(id))) return null
  const copy = copyIdOf(sessionId, versionOf(stored.head))
  if (await findHead(ports.store, copy)) return null
  const isWritten = await whileOwned(ports, copy, async () => {
    await writeSession(ports, copy, copyAs(copy, stored))
    return true
  })
  // Without the copy, the messages would be lost.
  if (!isWritten) throw new BackupError('backup-session-open')
  return copy
}

async function readStored({ store, keys }: LocalPorts, sessionId: string) {
  const head = await findHead(store, sessionId)
  if (!head) return null
  const owner = sessionOwner(sessionId)
  const held = await keys.find(owner)
  if (!held) throw new UnreadableRecordError('key')
  const plainHead = await toPlain(held.key, head)
  if (!plainHead) throw new UnreadableRecordError('head')
  const records: PlainRecord[] = []
  for (const [, record] of await store.readRange(`${owner}/`, `${owner}/\uffff`)) {
    const plain = record.kind === 'head' ? null : await toPlain(held.key, record as EncryptedRecord)
    if (plain) records.push(plain)
  }
  return { head: plainHead as Downloaded['head'], records }
}

function messageIdsOf({ records }: Pick<Downloaded, 'records'>): Set<string> {
  const messages = records.flatMap(({ kind, data }) =>
    kind === 'messages' ? (JSON.parse(decoder.decode(data)) as { id: string }[]) : [],
  )
  return new Set(messages.map(({ id }) => id))
}

function keyOf(record: PlainRecord): string {
  if (record.kind === 'head') return headKey(record.sessionId)
  if (record.kind === 'versions') return blockKey(record.sessionId, record.block)
  return record.kind === 'messages' ? segmentKey(record.sessionId, record.seq) : ''
}

function encryptPlain(key: CryptoKey, { iv, data, ...header }: PlainRecord) {
  return encryptBytes(key, header as RecordHeader, data, iv)
}
