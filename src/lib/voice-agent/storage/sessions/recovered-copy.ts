import type { Message } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import type { HeldKey } from '../keys/key-wrapping.js'
import { decrypt } from '../records/cipher.js'
import { headKey, keyRecordKey, sessionOwner, versionOf } from '../records/record.js'
import { encryptBatch } from './encrypted-batch.js'
import type { JournalEntry } from './journal.js'
import { changedSegments, fromHead, NO_VERSIONS, segmentStart } from './segments.js'
import { type EncryptedHead, openHead, readSegments, readSession } from './session-reader.js'

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
export async function recoverCopy(recovery: Recovery): Promise<boolean> {
  const { entry, held, store, keys } = recovery
  const { head, sessionId } = entry
  const bySeq = new Map<number, Message[]>()
  for (const record of entry.segments) bySeq.set(record.seq, (await decrypt(held.key, record)) as Message[])
  if (await isStored([...bySeq.values()].flat(), recovery)) return false

  // The same for each attempt, so that a page that closed after the write creates no second copy.
  const id = `${sessionId}~${versionOf(head)
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 8)}`
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
  const { sessionId, segmentCount, messageCount, schema } = head
  const { lengths: stored = [], versions } = await openHead(key, head)
  const lengths = new Map(stored)
  const layout = { lengths, lost: new Set<number>() }
  lengths.set(segmentCount - 1, messageCount - segmentStart(layout, segmentCount - 1))
  const known = versions ? fromHead(versions) : NO_VERSIONS
  const loaded = new Map(known.loaded)
  for (const record of blocks) loaded.set(record.block, (await decrypt(key, record)) as string[])
  const read = await readSegments(store, key, {
    sessionId,
    from: 0,
    to: segmentCount,
    schema,
    layout,
    versions: { ...known, loaded },
    // A segment from the other page does not count as a newer copy of the entry's.
    revision: Number.POSITIVE_INFINITY,
  })
  const all = new Map<number, readonly Message[]>(read.segments.map(({ seq, messages }) => [seq, messages]))
  for (const [seq, messages] of bySeq) all.set(seq, messages)
  return [...all].sort(([a], [b]) => a - b).flatMap(([, messages]) => messages)
}
