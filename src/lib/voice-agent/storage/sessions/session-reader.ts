import type { RestoreDepth, StoredSession } from '../../../../../middleware/drivers/storage/ports.js'
import type { Message } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import type { HeldKey } from '../keys/key-wrapping.js'
import { decrypt, NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import {
  blockKey,
  type EncryptedRecord,
  FORMAT_VERSION,
  type HeadHeader,
  headKey,
  keyRecordKey,
  markKey,
  type SegmentHeader,
  type StoredRecord,
  segmentKey,
  segmentsPrefix,
  sessionOwner,
  versionOf,
} from '../records/record.js'
import type { StoredImage } from './disk-image.js'
import type { HeadContent, MarkContent } from './encrypted-batch.js'
import {
  blockOf,
  fromHead,
  type Layout,
  layoutOf,
  NO_VERSIONS,
  SEGMENT_SIZE,
  type Segment,
  type SegmentVersions,
  segmentLength,
  segmentVersion,
  unloadedCountBefore,
} from './segments.js'

/** Decrypted segments, and the numbers of segments that could not be decrypted or are older copies. */
export interface ReadSegments {
  segments: Segment[]
  lost: number[]
  /** Includes the blocks of these segments. */
  versions: SegmentVersions
  /** True if a record is older than the head, or newer, or could not be compared. */
  isInconsistent: boolean
}

/** A session that was read: its snapshot and its layout on disk. */
interface ReadSession extends StoredImage {
  snapshot: StoredSession
  /** True if a record was not saved together with the head. */
  isInconsistent: boolean
}

export type EncryptedHead = EncryptedRecord<HeadHeader>

/** Reads the encrypted head; null if the session does not exist. */
export async function findHead(store: RecordStore, sessionId: string): Promise<EncryptedHead | null> {
  return asHead(await store.get(headKey(sessionId)), sessionId)
}

/** Reads the encrypted records of a session in one transaction. An unawaited rejection is never reported as unhandled. */
export async function fetchSession(store: RecordStore, sessionId: string, depth: RestoreDepth) {
  const owner = sessionOwner(sessionId)
  const keys = [headKey(sessionId), keyRecordKey(owner), markKey(owner)]
  const {
    records: [head, key, mark],
    run,
  } = await store.readTogether(keys, {
    lower: segmentKey(sessionId, 0),
    upper: `${segmentsPrefix(sessionId)}\uffff`,
    take: depth === 'all' ? READ_RUN : 'last',
  })
  const fetched = {
    head: Promise.resolve(head).then((record = null) => asHead(record, sessionId)),
    key: Promise.resolve(key).then((record = null) => record),
    /** Record of the highest revision that was stored. */
    mark: Promise.resolve(mark).then((record = null) => record),
    /** The first segments, or the last one: probably the ones that the restore needs. */
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
  // The key authenticates content that this package wrote, so its shape is not checked.
  return (await decrypt(key, record)) as HeadContent
}

/** Returns the highest revision that was stored, or -1 without a record that the key authenticates. */
async function openMark(key: CryptoKey, record: StoredRecord | null, sessionId: string): Promise<number> {
  if (record?.kind !== 'mark' || record.owner !== sessionOwner(sessionId)) return -1
  return decrypt(key, record).then(
    (content) => (content as MarkContent).revision,
    () => -1,
  )
}

/**
 * Reads a session's newest messages, or all of them.
 *
 * The newest are in the last segment, and in the one before if the last is less than half full. This suffices for the
 * screen and a reconnecting agent, at a constant cost. If the agent may be waiting for an earlier tool call, reads from
 * there on. An unreadable segment is reported as lost, and the next earlier one is read instead.
 *
 * @param run Segments that were fetched with the head.
 * @throws {@link UnreadableRecordError} if the head can't be decrypted, because it locates all segments
 */
export async function readSession(
  store: RecordStore,
  key: CryptoKey,
  head: EncryptedHead,
  depth: RestoreDepth,
  run: Promise<readonly StoredRecord[]>,
): Promise<ReadSession> {
  const { sessionId, segmentCount, schema } = head
  const opened = await openHead(key, head)
  const { lengths: stored = [], ancestors = [], renamedFrom = [] } = opened
  let versions = opened.versions ? fromHead(opened.versions) : NO_VERSIONS
  const layout = layoutOf(head, stored)
  const { lengths, lost } = layout
  const last = segmentCount - 1
  const segments: Segment[] = []
  let isInconsistent = false

  const inLast = segmentLength(layout, last)
  const segmentsToRead = depth === 'all' ? segmentCount : inLast < SEGMENT_SIZE / 2 ? 2 : 1
  let firstSeq = Math.max(0, segmentCount - segmentsToRead)
  const { openToolIndex = Number.POSITIVE_INFINITY } = opened.head
  while (firstSeq > 0 && unloadedCountBefore(layout, firstSeq) > openToolIndex) firstSeq--
  let to = segmentCount
  while (to > firstSeq) {
    const range = { sessionId, from: firstSeq, to, schema, layout, versions, revision: head.revision }
    const read = await readSegments(store, key, range, await run)
    segments.unshift(...read.segments)
    versions = read.versions
    isInconsistent ||= read.isInconsistent
    for (const seq of read.lost) lost.add(seq)
    to = firstSeq
    if (read.lost.length > 0 && segments.length === 0) firstSeq = Math.max(0, firstSeq - 1)
  }
  if (!lost.has(last) && !stored.some(([seq]) => seq === last)) lengths.delete(last)

  const messages = segments.flatMap((segment) => segment.messages)
  const firstLoadedIndex = unloadedCountBefore(layout, firstSeq)
  const { revision } = head
  const snapshot = { head: opened.head, _persist: opened._persist, messages, firstLoadedIndex, revision }
  const version = versionOf(head)
  const image = { segments, segmentCount, layout, revision, version, versions, ancestors, renamedFrom }
  return { ...image, snapshot, isInconsistent }
}

/** Segments per read request. The next request is read while one is decrypted. */
const READ_RUN = 16

interface SegmentRange {
  sessionId: string
  from: number
  to: number
  schema: number
  layout: Layout
  versions: SegmentVersions
  /** Revision of the head. */
  revision: number
}

/**
 * Reads and decrypts segments in parallel, from `from` up to but not including `to`.
 *
 * @param known Segments that were already read. Used if they are exactly the range's first request.
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
  const [{ versions, isComplete }, requested] = await Promise.all([
    loadBlocks(store, key, range),
    bounds.length > 1 ? store.readRuns(bounds) : [],
  ])
  const runs = isKnown ? [known, ...requested] : requested
  const read = await Promise.all(
    runs.map(async (run, index) => {
      const place = placeOf(starts[index] as number)
      const records = await run
      const whole = isWhole(records, place) ? records : await readByKey(store, place)
      return openRun(key, whole, { ...place, versions })
    }),
  )
  return {
    segments: read.flatMap(({ segments }) => segments),
    lost: read.flatMap(({ lost }) => lost),
    versions,
    isInconsistent: !isComplete || read.some(({ isInconsistent }) => isInconsistent),
  }
}

/** Reads the versions of the segments in a range. A block that can't be read, or is an older copy, leaves its segments unchecked. */
async function loadBlocks(
  store: RecordStore,
  key: CryptoKey,
  { sessionId, from, to, versions }: SegmentRange,
): Promise<{ versions: SegmentVersions; isComplete: boolean }> {
  const missing: number[] = []
  for (let block = blockOf(from); block <= blockOf(Math.max(from, to - 1)); block++)
    if (block < versions.blocks.length && !versions.loaded.has(block)) missing.push(block)
  if (missing.length === 0) return { versions, isComplete: true }
  const read = await Promise.all(
    missing.map(async (block) => {
      const record = await store.get(blockKey(sessionId, block)).catch(() => null)
      if (record?.kind !== 'versions' || record.block !== block || record.sessionId !== sessionId) return null
      if (versionOf(record) !== versions.blocks[block]) return null
      const segments = (await decrypt(key, record).catch(() => null)) as string[] | null
      return segments && ([block, segments] as const)
    }),
  )
  const found = read.filter((entry) => entry !== null)
  const loaded = new Map([...versions.loaded, ...found])
  return { versions: { ...versions, loaded }, isComplete: found.length === missing.length }
}

type Place = Pick<SegmentRange, 'sessionId' | 'from' | 'to'>

/** Returns true if the records are exactly the expected segments. Reading their keys too would cost another request. */
function isWhole(records: readonly StoredRecord[], { sessionId, from, to }: Place): boolean {
  return (
    records.length === to - from &&
    records.every(
      (record, offset) =>
        record.kind === 'messages' && record.sessionId === sessionId && record.seq === from + offset,
    )
  )
}

/** Reads each segment by its own key, because a record is missing or misplaced. Missing segments are undefined. */
async function readByKey(store: RecordStore, { sessionId, from, to }: Place) {
  const records = await store.readRange(segmentKey(sessionId, from), segmentKey(sessionId, to))
  return Array.from({ length: to - from }, (_, offset) => records.get(segmentKey(sessionId, from + offset)))
}

async function openRun(
  key: CryptoKey,
  records: readonly (StoredRecord | undefined)[],
  { sessionId, from, schema, layout, versions, revision }: SegmentRange,
): Promise<Omit<ReadSegments, 'versions'>> {
  let isInconsistent = false
  const opened = await Promise.all(
    records.map(async (record, offset) => {
      const seq = from + offset
      const expected = segmentVersion(versions, seq)
      if (record?.kind === 'messages' && expected !== undefined && versionOf(record) !== expected) {
        isInconsistent = true
        // Accepts a newer copy: a driver without transactions was interrupted, or the head was rolled back.
        if ((record.revision ?? 0) <= revision) return seq
      }
      const messages = await openSegment(key, record, { sessionId, seq, schema })
      // A segment with too few messages is an older copy. One with too many is newer than the head, after a driver
      // without transactions was interrupted.
      const length = segmentLength(layout, seq)
      return messages && messages.length >= length ? { seq, messages: messages.slice(0, length) } : seq
    }),
  )
  return {
    segments: opened.filter((segment) => typeof segment !== 'number'),
    lost: opened.filter((segment) => typeof segment === 'number'),
    isInconsistent,
  }
}

/** Returns null for a segment that is missing, misplaced, unreadable or of another schema, left by a failed migration. */
async function openSegment(
  key: CryptoKey,
  record: StoredRecord | undefined,
  place: Pick<SegmentHeader, 'sessionId' | 'seq' | 'schema'>,
): Promise<Message[] | null> {
  if (record?.kind !== 'messages') return null
  // The key authenticates the record's own fields, so compare them with the expected place.
  const { sessionId, seq, schema } = record
  if (sessionId !== place.sessionId || seq !== place.seq || schema !== place.schema) return null
  return decrypt(key, record).then(
    (content) => content as Message[],
    () => null,
  )
}

interface OpeningPorts {
  store: RecordStore
  keys: KeyVault
  restore: RestoreDepth
  /** The app's `persistence.version`. */
  version: number
}

/** A decrypted session. */
interface OpenedSession {
  held: HeldKey
  session: ReadSession
  /** False if the app or the format has a newer version: the next save rewrites all segments. */
  isCurrent: boolean
  /** True if a record, or the whole session, is an older copy. */
  isRolledBack: boolean
}

/** Starts reading and decrypting a session. Its head arrives first. Both are null if it is not stored. */
export function startReading(
  sessionId: string,
  ports: OpeningPorts,
): { head: Promise<EncryptedHead | null>; opened: Promise<OpenedSession | null> } {
  const fetched = fetchSession(ports.store, sessionId, ports.restore)
  const head = fetched.then((session) => session.head)
  const opened = fetched.then((session) => open(sessionId, session, ports))
  // The caller awaits these promises only if it needs them, so a rejection must not count as unhandled.
  for (const promise of [head, opened]) promise.catch(() => {})
  return { head, opened }
}

async function open(
  sessionId: string,
  { head: encryptedHead, key, mark, run }: Awaited<ReturnType<typeof fetchSession>>,
  { store, keys, restore, version }: OpeningPorts,
): Promise<OpenedSession | null> {
  const head = await encryptedHead
  if (!head) return null
  if (head.schema > version) throw new NewerRecordError('head')
  const keyRecord = await key
  if (!keyRecord) throw new UnreadableRecordError('key')
  const held = await keys.open(sessionOwner(sessionId), keyRecord)
  // A migration, of the app's data or of the format, needs all messages.
  const isCurrent = head.schema === version && head.v === FORMAT_VERSION
  const session = await readSession(store, held.key, head, isCurrent ? restore : 'all', run)
  const isRolledBack =
    session.isInconsistent || (await openMark(held.key, await mark, sessionId)) > head.revision
  return { held, session, isCurrent, isRolledBack }
}

/** Compares two heads by their IVs: every save encrypts the head with a new one. */
export function isSameHead(before: EncryptedHead | null, after: EncryptedHead | null): boolean {
  return String(before && new Uint8Array(before.iv)) === String(after && new Uint8Array(after.iv))
}
