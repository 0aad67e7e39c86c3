import type { SessionHead, SessionSnapshot } from '../../../../../store/index.js'
import type { Changes } from '../database/idb-connection.js'
import { createIv, encrypt, encryptBytes } from '../records/cipher.js'
import {
  blockKey,
  FORMAT_VERSION,
  type HeadHeader,
  headKey,
  markKey,
  type StoredRecord,
  segmentKey,
  sessionOwner,
  versionOf,
} from '../records/record.js'
import { MessageEncoder } from './message-encoder.js'
import { type HeadVersions, type SegmentVersions, toHead, versionsAfter } from './segment-versions.js'
import type { Plan, Segment } from './segments.js'

/** Encrypted content of the head's record. */
export interface HeadContent {
  head: SessionHead
  _persist: SessionSnapshot['_persist']
  /** Numbers and lengths of segments that ended before they were full; absent if there are none. */
  lengths?: [seq: number, length: number][]
  /** Absent in format 1. */
  versions?: HeadVersions
  /** Versions of earlier heads that this one descends from: those that a page read, journalled or wrote last. Absent in format 1. */
  ancestors?: readonly string[]
}

/** Encrypted content of the record of a session's highest revision. */
export interface MarkContent {
  revision: number
}

/** The session as it is on disk, against which a batch is computed. */
export interface BatchBase {
  /** Number of segments on disk. Segments past the snapshot's end are deleted in the same batch. */
  segmentCount: number
  versions: SegmentVersions
  /** Earlier blocks that are on disk, as they are there. */
  blocks: ReadonlyMap<number, readonly string[]>
  ancestors: readonly string[]
}

/** An encrypted save: the head, the changed segments and blocks, and the deletion of removed ones. */
export interface EncryptedBatch {
  revision: number
  /** Version of the head. */
  version: string
  changes: Changes
  /** Changed segments, unencrypted. */
  segments: readonly Segment[]
  segmentCount: number
  lengths: Plan['lengths']
  versions: SegmentVersions
  /** Changed blocks. */
  blocks: ReadonlyMap<number, readonly string[]>
  /** True if it stores the revision as the session's highest. */
  isMarked: boolean
}

/**
 * Encrypts the head and the changed segments of a snapshot.
 *
 * @param encoder Encoder of the session's earlier batches, which reuses the JSON of unchanged messages.
 */
export async function encryptBatch(
  key: CryptoKey,
  { head, revision, _persist }: SessionSnapshot,
  { changed, segmentCount, lengths }: Plan,
  base: BatchBase,
  {
    encoder = new MessageEncoder(),
    isMarked = true,
    recoveredFrom,
  }: { encoder?: MessageEncoder; isMarked?: boolean; recoveredFrom?: string } = {},
): Promise<EncryptedBatch> {
  // IVs come first, so that the head is encrypted together with the records whose versions it holds.
  const ivs = new Map(changed.map(({ seq }) => [seq, createIv()]))
  const blockIvs = new Map<number, ArrayBuffer>()
  const { versions, changedBlocks } = versionsAfter(base.versions, {
    changed: new Map([...ivs].map(([seq, iv]) => [seq, versionOf({ iv })])),
    segmentCount,
    stored: base.blocks,
    createVersion(block) {
      const iv = createIv()
      blockIvs.set(block, iv)
      return versionOf({ iv })
    },
  })
  const blocks = new Map(changedBlocks.map((block) => [block, versions.loaded.get(block) ?? []]))

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
    ...(recoveredFrom === undefined ? {} : { recoveredFrom }),
  }
  const content: HeadContent = {
    head,
    _persist,
    ...(lengths.size > 0 ? { lengths: [...lengths] } : {}),
    versions: toHead(versions),
    ancestors: base.ancestors,
  }
  const owner = sessionOwner(head.id)
  const part = { v: FORMAT_VERSION, sessionId: head.id }
  const [encryptedHead, mark, encryptedBlocks, encryptedSegments] = await Promise.all([
    encrypt(key, header, content),
    isMarked
      ? encrypt(key, { v: FORMAT_VERSION, kind: 'mark', owner }, { revision } satisfies MarkContent)
      : null,
    Promise.all(
      [...blocks].map(([block, segments]) =>
        encrypt(key, { ...part, kind: 'versions' as const, block }, segments, blockIvs.get(block)),
      ),
    ),
    Promise.all(
      changed.map(({ seq, messages }) => {
        const segment = { ...part, kind: 'messages' as const, seq, schema: _persist.version, revision }
        return encryptBytes(key, segment, encoder.encode(messages), ivs.get(seq))
      }),
    ),
  ])
  const changes = new Map<string, StoredRecord | null>()
  for (const record of encryptedSegments) changes.set(segmentKey(head.id, record.seq), record)
  for (let seq = segmentCount; seq < base.segmentCount; seq++) changes.set(segmentKey(head.id, seq), null)
  for (const record of encryptedBlocks) changes.set(blockKey(head.id, record.block), record)
  for (let block = versions.blocks.length; block < base.versions.blocks.length; block++)
    changes.set(blockKey(head.id, block), null)
  if (mark) changes.set(markKey(owner), mark)
  changes.set(headKey(head.id), encryptedHead)
  const version = versionOf(encryptedHead)
  return { revision, version, changes, segments: changed, segmentCount, lengths, versions, blocks, isMarked }
}

/** Merges two batches, because the older one is still being written and may fail. */
export function mergeBatches(older: EncryptedBatch, newer: EncryptedBatch): EncryptedBatch {
  const segments = new Map([...older.segments, ...newer.segments].map((segment) => [segment.seq, segment]))
  return {
    ...newer,
    changes: new Map([...older.changes, ...newer.changes]),
    segments: [...segments.values()],
    blocks: new Map([...older.blocks, ...newer.blocks]),
    isMarked: older.isMarked || newer.isMarked,
  }
}
