import type { RestoreDepth } from '../../../../middleware/persistence/ports.js'
import type { Message, SessionSnapshot } from '../../../../store/index.js'
import type { HeadContent } from './batch.js'
import { UnreadableRecordError, unseal } from './cipher.js'
import { FORMAT_VERSION, type HeadHeader, headKey, type SealedRecord, segmentKey } from './record.js'
import type { RecordStore } from './record-store.js'
import { SEGMENT_SIZE, type Segment } from './segments.js'

/** A session as it was read: the snapshot, and the segments that it is made of. */
export interface ReadSession {
  snapshot: SessionSnapshot
  segments: Segment[]
  segmentCount: number
}

/** The head's record, unopened; null when there is none. */
export async function findHead(
  store: RecordStore,
  sessionId: string,
): Promise<SealedRecord<HeadHeader> | null> {
  const record = await store.get(headKey(sessionId))
  if (record === null) return null
  if (record.kind !== 'head' || record.v > FORMAT_VERSION || record.sessionId !== sessionId) {
    throw new UnreadableRecordError('head')
  }
  return record
}

/** @throws {@link UnreadableRecordError} */
export async function openHead(key: CryptoKey, record: SealedRecord<HeadHeader>): Promise<HeadContent> {
  // What our key authenticates we wrote ourselves, so its shape needs no proof.
  return (await unseal(key, record)) as HeadContent
}

/**
 * Opens a session's newest messages, or all of them. The newest are those of the last segment, and of the one before
 * while that is less than half full: enough to show and to tell a reconnecting agent, at a cost that doesn't grow.
 *
 * @throws {@link UnreadableRecordError} naming the first record that could not be opened
 */
export async function readSession(
  store: RecordStore,
  key: CryptoKey,
  head: SealedRecord<HeadHeader>,
  depth: RestoreDepth,
): Promise<ReadSession> {
  const { sessionId, segmentCount, messageCount } = head
  const inLast = messageCount - (segmentCount - 1) * SEGMENT_SIZE
  const wanted = depth === 'all' ? segmentCount : inLast < SEGMENT_SIZE / 2 ? 2 : 1
  const firstSeq = Math.max(0, segmentCount - wanted)
  const [content, segments] = await Promise.all([
    openHead(key, head),
    readSegments(store, key, { sessionId, from: firstSeq, to: segmentCount }),
  ])
  const messages = segments.flatMap((segment) => segment.messages)
  const firstLoadedIndex = firstSeq * SEGMENT_SIZE
  if (firstLoadedIndex + messages.length !== messageCount) throw new UnreadableRecordError('messages')
  const snapshot = { ...content, messages, firstLoadedIndex, revision: head.revision }
  return { snapshot, segments, segmentCount }
}

/**
 * Segments `from` to before `to`, decrypted side by side.
 *
 * @throws {@link UnreadableRecordError} for one that is missing, too
 */
export async function readSegments(
  store: RecordStore,
  key: CryptoKey,
  { sessionId, from, to }: { sessionId: string; from: number; to: number },
): Promise<Segment[]> {
  if (from >= to) return []
  const records = await store.readRange(segmentKey(sessionId, from), segmentKey(sessionId, to))
  const bySeq = new Map(records.map((record) => [record.kind === 'messages' ? record.seq : -1, record]))
  return Promise.all(
    Array.from({ length: to - from }, async (_, offset) => {
      const seq = from + offset
      const record = bySeq.get(seq)
      if (record?.kind !== 'messages' || record.sessionId !== sessionId) {
        throw new UnreadableRecordError(`messages ${seq}`)
      }
      return { seq, messages: (await unseal(key, record)) as Message[] }
    }),
  )
}
