import type { Message, SessionHead, SessionSnapshot } from '../../../../../store/index.js'
import type { Changes } from '../database/record-store.js'
import { createIv, encryptBytes, type SyncCipher } from '../records/cipher.js'
import {
  blockKey,
  FORMAT_VERSION,
  type HeadHeader,
  headKey,
  type MarkHeader,
  markKey,
  type SegmentHeader,
  type StoredRecord,
  segmentKey,
  sessionOwner,
  type VersionsHeader,
  versionOf,
} from '../records/record.js'
import {
  type HeadVersions,
  type Plan,
  type Segment,
  type SegmentVersions,
  toHead,
  versionsAfter,
} from './segments.js'

const utf8 = new TextEncoder()
const [open, comma, close] = utf8.encode('[,]') as unknown as [number, number, number]

/**
 * Encodes a segment's messages as bytes of JSON. Reuses the bytes of leading messages that are unchanged since the last
 * call, because usually only the last message changes.
 */
export class MessageEncoder {
  #messages: readonly Message[] = []
  /** Position after the JSON of each message. */
  #ends: number[] = []
  #bytes = new Uint8Array(16_384)

  /** Returns a copy. Its type is derived, because TypeScript before 5.7 can't read a generic `Uint8Array`. */
  encode(messages: readonly Message[]): ReturnType<Uint8Array['slice']> {
    const known = Math.min(this.#ends.length, messages.length)
    let same = 0
    while (same < known && messages[same] === this.#messages[same]) same++
    this.#messages = messages
    this.#ends.length = same
    for (let index = same; index < messages.length; index++) this.#append(messages[index] as Message)
    const end = this.#ends.at(-1) ?? 1
    this.#bytes[0] = open
    this.#bytes[end] = close
    return this.#bytes.slice(0, end + 1)
  }

  #append(message: Message): void {
    const json = utf8.encode(JSON.stringify(message))
    const isFirst = this.#ends.length === 0
    const start = (this.#ends.at(-1) ?? 0) + 1
    const end = start + json.length
    this.#makeRoomFor(end + 1)
    if (!isFirst) this.#bytes[start - 1] = comma
    this.#bytes.set(json, start)
    this.#ends.push(end)
  }

  #makeRoomFor(length: number): void {
    if (length <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Encrypted content of the head's record. */
export interface HeadContent {
  head: SessionHead
  _persist: SessionSnapshot['_persist']
  /** Numbers and lengths of segments that ended before they were full; absent if there are none. */
  lengths?: [seq: number, length: number][]
  /** Absent in format 1. */
  versions?: HeadVersions
  /** Versions of earlier heads that this one descends from: heads that a page read, journalled or wrote last. Absent in format 1. */
  ancestors?: readonly string[]
  /** Versions of earlier heads that differ from this one only in the session's name; absent if there are none. */
  renamedFrom?: readonly string[]
}

/** Encrypted content of the record of a session's highest revision. */
export interface MarkContent {
  revision: number
}

/** The session on disk, which a batch is computed against. */
export interface BatchBase {
  /** Number of segments on disk. Segments past the snapshot's end are deleted in the same batch. */
  segmentCount: number
  versions: SegmentVersions
  /** Earlier blocks, as stored on disk. */
  blocks: ReadonlyMap<number, readonly string[]>
  ancestors: readonly string[]
  /** Versions of heads that a renamed head differs from only in the name. */
  renamable: readonly string[]
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

/** A record before its encryption. */
interface PlainRecord {
  key: string
  header: HeadHeader | SegmentHeader | VersionsHeader | MarkHeader
  json: ReturnType<Uint8Array['slice']>
  iv: ArrayBuffer
}

/** A batch before its encryption. */
interface PlainBatch extends Omit<EncryptedBatch, 'changes'> {
  records: PlainRecord[]
  /** Keys of the records that it deletes. */
  removed: string[]
}

interface BatchOptions {
  /** Encoder of the session's earlier batches, which reuses the JSON of unchanged messages. */
  encoder?: MessageEncoder
  /** Stores the revision as the session's highest. @default true */
  isMarked?: boolean
  recoveredFrom?: string
}

/**
 * Collects the records of a save: the head, the changed segments and blocks.
 *
 * Creates the IVs first, so that the head can be encrypted together with the records whose versions it holds.
 */
function planBatch(
  { head, revision, _persist, isRename }: SessionSnapshot,
  { changed, segmentCount, lengths }: Plan,
  base: BatchBase,
  { encoder = new MessageEncoder(), isMarked = true, recoveredFrom }: BatchOptions,
): PlainBatch {
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
  const part = { v: FORMAT_VERSION, sessionId: head.id }
  const owner = sessionOwner(head.id)
  const content: HeadContent = {
    head,
    _persist,
    ...(lengths.size > 0 ? { lengths: [...lengths] } : {}),
    versions: toHead(versions),
    ancestors: base.ancestors,
    // After a lost connection, a rename also writes messages again. A journal must not replace messages that its page has not read.
    ...(isRename && changed.length === 0 ? { renamedFrom: base.renamable } : {}),
  }
  const records: PlainRecord[] = []
  const add = (key: string, header: PlainRecord['header'], json: PlainRecord['json'], iv = createIv()) => {
    records.push({ key, header, json, iv })
    return iv
  }
  for (const { seq, messages } of changed) {
    const header = { ...part, kind: 'messages' as const, seq, schema: _persist.version, revision }
    add(segmentKey(head.id, seq), header, encoder.encode(messages), ivs.get(seq))
  }
  for (const [block, segments] of blocks) {
    const header = { ...part, kind: 'versions' as const, block }
    add(blockKey(head.id, block), header, toJson(segments), blockIvs.get(block))
  }
  if (isMarked) {
    const mark: MarkContent = { revision }
    add(markKey(owner), { v: FORMAT_VERSION, kind: 'mark', owner }, toJson(mark))
  }
  const header: HeadHeader = {
    ...part,
    kind: 'head',
    schema: _persist.version,
    tabId: head.tabId,
    createdAt: head.createdAt,
    updatedAt: head.updatedAt,
    messageCount: head.messageCount,
    revision,
    segmentCount,
    ...(recoveredFrom === undefined ? {} : { recoveredFrom }),
  }
  const version = versionOf({ iv: add(headKey(head.id), header, toJson(content)) })

  const removed: string[] = []
  for (let seq = segmentCount; seq < base.segmentCount; seq++) removed.push(segmentKey(head.id, seq))
  for (let block = versions.blocks.length; block < base.versions.blocks.length; block++)
    removed.push(blockKey(head.id, block))
  const result = { revision, version, segments: changed, segmentCount, lengths, versions, blocks, isMarked }
  return { ...result, records, removed }
}

function batchOf(
  { records: _, removed, ...batch }: PlainBatch,
  encrypted: StoredRecord[],
  keys: string[],
): EncryptedBatch {
  const changes = new Map<string, StoredRecord | null>(removed.map((key) => [key, null]))
  for (const [index, key] of keys.entries()) changes.set(key, encrypted[index] as StoredRecord)
  return { ...batch, changes }
}

/** Encrypts the head and the changed segments of a snapshot. */
export async function encryptBatch(
  key: CryptoKey,
  snapshot: SessionSnapshot,
  plan: Plan,
  base: BatchBase,
  options: BatchOptions = {},
): Promise<EncryptedBatch> {
  const planned = planBatch(snapshot, plan, base, options)
  const { records } = planned
  const encrypted = await Promise.all(
    records.map(({ header, json, iv }) => encryptBytes(key, header, json, iv)),
  )
  return batchOf(
    planned,
    encrypted,
    records.map((record) => record.key),
  )
}

/** Like {@link encryptBatch}, but synchronous and with another key. */
export function encryptBatchSync(
  encryptSync: SyncCipher['encrypt'],
  snapshot: SessionSnapshot,
  plan: Plan,
  base: BatchBase,
): EncryptedBatch {
  const planned = planBatch(snapshot, plan, base, { isMarked: false })
  const { records } = planned
  const encrypted = records.map(({ header, json, iv }) => encryptSync(header, json, iv))
  return batchOf(
    planned,
    encrypted,
    records.map((record) => record.key),
  )
}

const toJson = (content: unknown) => utf8.encode(JSON.stringify(content))

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
