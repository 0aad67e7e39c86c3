import type { RestoreDepth, StoredSession } from '../../../../../middleware/persistence/ports.js'
import type { Message } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import { decrypt, NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import {
  type EncryptedRecord,
  FORMAT_VERSION,
  type HeadHeader,
  headKey,
  keyRecordKey,
  type SegmentHeader,
  type StoredRecord,
  segmentKey,
  segmentsPrefix,
  sessionOwner,
} from '../records/record.js'
import type { HeadContent } from './encrypted-batch.js'
import {
  type Layout,
  SEGMENT_SIZE,
  segmentLength,
  segmentStart,
  unloadedCountBefore,
} from './segment-layout.js'
import type { Segment } from './segments.js'

/** Segments that were read, and the numbers of those that could not be. */
export interface ReadSegments {
  segments: Segment[]
  lost: number[]
}

/** A session as it was read: the snapshot, and the segments that it is made of. */
export interface ReadSession {
  snapshot: StoredSession
  segments: Segment[]
  segmentCount: number
  layout: Layout
}

export type EncryptedHead = EncryptedRecord<HeadHeader>

/** The head's record, unopened; null when there is none. */
export async function findHead(store: RecordStore, sessionId: string): Promise<EncryptedHead | null> {
  return asHead(await store.get(headKey(sessionId)), sessionId)
}

/** What one transaction gives of a session, unopened. Whoever waits for one of them need not look after the others. */
export interface FetchedSession {
  head: Promise<EncryptedHead | null>
  key: Promise<StoredRecord | null>
  /** The segments that it begins with, or the last one: in all likelihood those that are to be read. */
  run: Promise<StoredRecord[]>
}

export async function fetchSession(
  store: RecordStore,
  sessionId: string,
  depth: RestoreDepth,
): Promise<FetchedSession> {
  const keys = [headKey(sessionId), keyRecordKey(sessionOwner(sessionId))]
  const {
    records: [head, key],
    run,
  } = await store.readTogether(keys, {
    lower: segmentKey(sessionId, 0),
    upper: `${segmentsPrefix(sessionId)}\uffff`,
    take: depth === 'all' ? READ_RUN : 'last',
  })
  const fetched = {
    head: Promise.resolve(head).then((record = null) => asHead(record, sessionId)),
    key: Promise.resolve(key).then((record = null) => record),
    run,
  }
  for (const promise of Object.values(fetched)) promise.catch(() => {})
  return fetched
}

function asHead(record: StoredRecord | null, sessionId: string): EncryptedHead | null {
  if (record === null) return null
  if (record.v > FORMAT_VERSION) throw new NewerRecordError('head')
  if (record.kind !== 'head' || record.sessionId !== sessionId) throw new UnreadableRecordError('head')
  return record
}

/** @throws {@link UnreadableRecordError} */
export async function openHead(key: CryptoKey, record: EncryptedHead): Promise<HeadContent> {
  // What our key authenticates we wrote ourselves, so its shape needs no proof.
  return (await decrypt(key, record)) as HeadContent
}

/**
 * Opens a session's newest messages, or all of them. The newest are those of the last segment, and of the one before
 * while that is less than half full: enough to show and to tell a reconnecting agent, at a cost that doesn't grow.
 * A segment that doesn't open is lost alone: it is counted, told of, and the next earlier one is read in its place.
 *
 * @param run Segments that were fetched with the head.
 * @throws {@link UnreadableRecordError} when the head could not be opened: without it nothing has its place
 */
export async function readSession(
  store: RecordStore,
  key: CryptoKey,
  head: EncryptedHead,
  depth: RestoreDepth,
  run: Promise<readonly StoredRecord[]>,
): Promise<ReadSession> {
  const { sessionId, segmentCount, messageCount, schema } = head
  const { lengths: stored = [], ...content } = await openHead(key, head)
  const lengths = new Map(stored)
  const lost = new Set<number>()
  const layout = { lengths, lost }
  const last = segmentCount - 1
  const inLast = messageCount - segmentStart(layout, last)
  const segments: Segment[] = []

  // While it is read, and after if it is lost, the last one's length is known from the head alone.
  if (last >= 0) lengths.set(last, inLast)
  const wanted = depth === 'all' ? segmentCount : inLast < SEGMENT_SIZE / 2 ? 2 : 1
  let firstSeq = Math.max(0, segmentCount - wanted)
  let to = segmentCount
  while (to > firstSeq) {
    const read = await readSegments(store, key, { sessionId, from: firstSeq, to, schema, layout }, await run)
    segments.unshift(...read.segments)
    for (const seq of read.lost) lost.add(seq)
    to = firstSeq
    if (read.lost.length > 0 && segments.length === 0) firstSeq = Math.max(0, firstSeq - 1)
  }
  if (!lost.has(last) && !stored.some(([seq]) => seq === last)) lengths.delete(last)

  const messages = segments.flatMap((segment) => segment.messages)
  const firstLoadedIndex = unloadedCountBefore(layout, firstSeq)
  const snapshot = { ...content, messages, firstLoadedIndex, revision: head.revision }
  return { snapshot, segments, segmentCount, layout }
}

/** Segments of one request: while those are decrypted, the next come. */
const READ_RUN = 16

interface SegmentRange {
  sessionId: string
  from: number
  to: number
  schema: number
  layout: Layout
}

/**
 * Segments `from` to before `to`, read and decrypted side by side.
 *
 * @param known Segments that are there already, made use of where they are just those of a run.
 */
export async function readSegments(
  store: RecordStore,
  key: CryptoKey,
  range: SegmentRange,
  known: readonly StoredRecord[] = [],
): Promise<ReadSegments> {
  const { sessionId, to } = range
  const placeOf = (from: number) => ({ ...range, from, to: Math.min(from + READ_RUN, to) })
  const starts: number[] = []
  for (let from = range.from; from < to; from += READ_RUN) starts.push(from)
  const isKnown = isWhole(known, placeOf(range.from))
  const bounds = [...(isKnown ? starts.slice(1) : starts), to].map((seq) => segmentKey(sessionId, seq))
  const asked = bounds.length > 1 ? await store.readRuns(bounds) : []
  const runs = isKnown ? [known, ...asked] : asked
  const read = await Promise.all(
    runs.map(async (run, index) => {
      const place = placeOf(starts[index] as number)
      const records = await run
      return openRun(key, isWhole(records, place) ? records : await readByKey(store, place), place)
    }),
  )
  return { segments: read.flatMap(({ segments }) => segments), lost: read.flatMap(({ lost }) => lost) }
}

type Place = Pick<SegmentRange, 'sessionId' | 'from' | 'to'>

/** Whether each segment is there and none is in another's place. Asking for the keys as well would cost a request more. */
function isWhole(records: readonly StoredRecord[], { sessionId, from, to }: Place): boolean {
  return (
    records.length === to - from &&
    records.every(
      (record, offset) =>
        record.kind === 'messages' && record.sessionId === sessionId && record.seq === from + offset,
    )
  )
}

/** Where something is missing or misplaced: each segment by its own key, or undefined. */
async function readByKey(store: RecordStore, { sessionId, from, to }: Place) {
  const records = await store.readRange(segmentKey(sessionId, from), segmentKey(sessionId, to))
  return Array.from({ length: to - from }, (_, offset) => records.get(segmentKey(sessionId, from + offset)))
}

async function openRun(
  key: CryptoKey,
  records: readonly (StoredRecord | undefined)[],
  { sessionId, from, schema, layout }: SegmentRange,
): Promise<ReadSegments> {
  const opened = await Promise.all(
    records.map(async (record, offset) => {
      const seq = from + offset
      const messages = await openSegment(key, record, { sessionId, seq, schema })
      // One that lacks messages is an older copy. More than the head knows of are there where a driver without
      // transactions was interrupted between the two.
      const length = segmentLength(layout, seq)
      return messages && messages.length >= length ? { seq, messages: messages.slice(0, length) } : seq
    }),
  )
  return {
    segments: opened.filter((segment) => typeof segment !== 'number'),
    lost: opened.filter((segment) => typeof segment === 'number'),
  }
}

/** Null for one that is missing, is another's, doesn't open, or was left behind by a migration that could not open it. */
async function openSegment(
  key: CryptoKey,
  record: StoredRecord | undefined,
  place: Pick<SegmentHeader, 'sessionId' | 'seq' | 'schema'>,
): Promise<Message[] | null> {
  if (record?.kind !== 'messages') return null
  // The key proves what the record says it is; whether that is what belongs here is to be compared.
  const { sessionId, seq, schema } = record
  if (sessionId !== place.sessionId || seq !== place.seq || schema !== place.schema) return null
  return decrypt(key, record).then(
    (content) => content as Message[],
    () => null,
  )
}
