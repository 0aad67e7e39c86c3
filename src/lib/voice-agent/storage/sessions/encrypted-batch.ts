import type { SessionHead, SessionSnapshot } from '../../../../../store/index.js'
import type { Changes } from '../database/idb-connection.js'
import { encrypt, encryptBytes } from '../records/cipher.js'
import { FORMAT_VERSION, type HeadHeader, headKey, type StoredRecord, segmentKey } from '../records/record.js'
import { MessageEncoder } from './message-encoder.js'
import type { Plan, Segment } from './segments.js'

/** Encrypted content of the head's record. */
export interface HeadContent {
  head: SessionHead
  _persist: SessionSnapshot['_persist']
  /** Numbers and lengths of segments that ended before they were full; absent if there are none. */
  lengths?: [seq: number, length: number][]
}

/** An encrypted save: the head, the changed segments and the deletion of removed segments. */
export interface EncryptedBatch {
  revision: number
  changes: Changes
  /** Changed segments, unencrypted. */
  segments: readonly Segment[]
  segmentCount: number
  lengths: Plan['lengths']
}

/**
 * Encrypts the head and the changed segments of a snapshot.
 *
 * @param storedSegments Number of segments on disk. Segments past the snapshot's end are deleted in the same batch.
 * @param encoder Encoder of the session's earlier batches, which reuses the JSON of unchanged messages.
 */
export async function encryptBatch(
  key: CryptoKey,
  { head, revision, _persist }: SessionSnapshot,
  { changed, segmentCount, lengths }: Plan,
  storedSegments: number,
  encoder = new MessageEncoder(),
): Promise<EncryptedBatch> {
  const header: HeadHeader = {
    v: FORMAT_VERSION,
    kind: 'head',
    sessionId: head.id,
    schema: _persist.version,
    tabId: head.tabId,
    createdAt: head.createdAt,
    updatedAt: head.updatedAt,
    messageCount: head.messageCount,
    revision,
    segmentCount,
  }
  const content: HeadContent = { head, _persist, ...(lengths.size > 0 ? { lengths: [...lengths] } : {}) }
  const [encryptedHead, ...encryptedSegments] = await Promise.all([
    encrypt(key, header, content),
    ...changed.map(({ seq, messages }) => {
      const segment = {
        v: FORMAT_VERSION,
        kind: 'messages' as const,
        sessionId: head.id,
        seq,
        schema: _persist.version,
      }
      return encryptBytes(key, segment, encoder.encode(messages))
    }),
  ])
  const changes = new Map<string, StoredRecord | null>()
  for (const record of encryptedSegments) changes.set(segmentKey(head.id, record.seq), record)
  for (let seq = segmentCount; seq < storedSegments; seq++) changes.set(segmentKey(head.id, seq), null)
  changes.set(headKey(head.id), encryptedHead)
  return { revision, changes, segments: changed, segmentCount, lengths }
}

/** Merges two batches, because the older one is still being written and may fail. */
export function mergeBatches(older: EncryptedBatch, newer: EncryptedBatch): EncryptedBatch {
  const segments = new Map([...older.segments, ...newer.segments].map((segment) => [segment.seq, segment]))
  return {
    ...newer,
    changes: new Map([...older.changes, ...newer.changes]),
    segments: [...segments.values()],
  }
}
