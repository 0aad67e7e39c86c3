import type { Message } from '../../../../../store/index.js'
import { type BatchBase, type EncryptedBatch, mergeBatches } from './encrypted-batch.js'
import { EMPTY_LAYOUT, type Layout, NO_VERSIONS, type Segment, type SegmentVersions } from './segments.js'

/** Maximum number of earlier heads that a head refers to. */
const MAX_ANCESTORS = 16
/** Maximum number of journalled writes to remember. Their records stay in memory. */
const MAX_JOURNALLED = 4
/** Revisions between two saves that store the session's highest revision. */
const MARK_INTERVAL = 16

/** A pending batch, merged with every older one that is still pending. */
export interface Write {
  batch: EncryptedBatch
  /** Versions of the stored heads that it may replace; null stands for no head. */
  bases: readonly (string | null)[]
}

/** A session as read from disk. */
export interface StoredImage {
  segments: readonly Segment[]
  segmentCount: number
  layout: Layout
  revision: number
  /** Version of the head. */
  version: string
  versions: SegmentVersions
  ancestors: readonly string[]
  renamedFrom: readonly string[]
}

/** Segments read later than the session. */
export interface EarlierSegments {
  segments: readonly Segment[]
  /** Numbers of segments that could not be decrypted. */
  lost: readonly number[]
  /** Includes the blocks of these segments. */
  versions: SegmentVersions
}

/**
 * Tracks the records of one session that are on disk, so that only changes are written. Optimistic: a batch counts as stored
 * once it is issued, and a failure reverts that.
 */
export class DiskImage implements BatchBase {
  readonly segments = new Map<number, readonly Message[]>()
  readonly blocks = new Map<number, readonly string[]>()
  /** Increases whenever `segments` changes. A batch encrypted against an older generation may lack a segment. */
  generation = 0
  /** Upper bound of the segments on disk. */
  segmentCount = 0
  layout: Layout = EMPTY_LAYOUT
  versions: SegmentVersions = NO_VERSIONS
  /** Highest revision known to be on disk. */
  revision = -1
  /** Version of the head known to be on disk. */
  #version: string | null = null
  #write: Write | null = null
  /** Heads that the last successful write replaced. A read that began before its success may still find one of them. */
  #replaced: readonly (string | null)[] = []
  /** The batch that led to the current generation. */
  #issued: { batch: EncryptedBatch; generation: number } | null = null
  /** Heads of other pages, and heads that may be in the journal, newest last. */
  #known: readonly string[] = []
  /** Writes that this page has journalled since its last save, newest last. The tab's next page may have stored one of them. */
  #journalled: readonly EncryptedBatch[] = []
  /** The head that this page encrypted last. */
  #encrypted: string | null = null
  #markedRevision = Number.NEGATIVE_INFINITY
  /** The head as read, and heads that differ from it only in the session's name. Empty once this page has written. */
  renamable: readonly string[] = []

  /** The newest pending write. */
  get write(): Write | null {
    return this.#write
  }

  get issuedRevision(): number {
    return this.#write?.batch.revision ?? this.revision
  }

  /** Versions of heads that the next one descends from. */
  get ancestors(): readonly string[] {
    const own = [this.#version, this.#issued?.batch.version, this.#encrypted]
    return [...new Set([...this.#known, ...own].filter((version) => typeof version === 'string'))]
  }

  /** Returns a copy of the state that the next batch is computed against. */
  asBase(): BatchBase {
    const { segmentCount, versions, blocks, ancestors, renamable } = this
    return { segmentCount, versions, blocks, ancestors, renamable }
  }

  /** True if the next batch must store the session's highest revision, which reveals a rollback of the whole session. */
  isMarkDue(revision: number, segmentCount: number): boolean {
    return segmentCount !== this.segmentCount || revision - this.#markedRevision >= MARK_INTERVAL
  }

  /**
   * Returns true if a batch that was encrypted against `generation` may be written.
   *
   * A batch of the previous generation may, if it rewrites every record that the batch issued since wrote or deleted. Such a batch
   * was being encrypted when the older one was issued, and the page may close before another one is ready.
   */
  admits(batch: EncryptedBatch, generation: number): boolean {
    if (generation === this.generation) return true
    if (generation !== this.generation - 1 || this.#issued?.generation !== this.generation) return false
    return rewrites(batch, this.#issued.batch)
  }

  noteEncrypted({ version }: EncryptedBatch): void {
    this.#encrypted = version
  }

  /** Heads written from now on descend from the one in the journal, which may stay there. */
  noteJournalled(batch: EncryptedBatch): void {
    this.#know(batch.version)
    this.#journalled = [...this.#journalled, batch].slice(-MAX_JOURNALLED)
  }

  /** True if this page wrote or read the head of this version, so its state includes all of it. */
  isWritten(version: string): boolean {
    const pending = this.#write ? [...this.#write.bases, this.#write.batch.version] : []
    return [this.#version, ...this.#replaced, ...pending].includes(version)
  }

  /** True if the tab's next page has stored the head of this version from the journal, so this page's state includes all of it. */
  isReplayed(version: string): boolean {
    return !this.isWritten(version) && this.#findJournalled(version) !== undefined
  }

  /** Counts the journalled write of this version as this page's own. Journals contain no marks. */
  succeedJournalled(version: string): void {
    const batch = this.#findJournalled(version)
    if (batch) this.succeed(this.issue({ ...batch, isMarked: false }))
  }

  /** Newest revision that this page has journalled since its last save; -1 if there is none. */
  get journalledRevision(): number {
    return Math.max(-1, ...this.#journalled.map(({ revision }) => revision))
  }

  #findJournalled(version: string): EncryptedBatch | undefined {
    return this.#journalled.find((batch) => batch.version === version)
  }

  /** Returns the pending write merged with `batch`, without issuing it. It may also replace a journalled write that it includes. */
  writeWith(batch: EncryptedBatch): Write {
    const pending = this.#write
    const merged = pending ? mergeBatches(pending.batch, batch) : batch
    const stored = pending ? [...pending.bases, pending.batch.version] : [this.#version]
    const journalled = this.#journalled.filter(
      (older) => older.revision <= merged.revision && rewrites(merged, older),
    )
    return { batch: merged, bases: [...new Set([...stored, ...journalled.map(({ version }) => version)])] }
  }

  #know(...versions: readonly string[]): void {
    this.#known = [...this.#known.filter((each) => !versions.includes(each)), ...versions].slice(
      -MAX_ANCESTORS,
    )
  }

  /** Replaces the state with the one read from disk. */
  hydrate({
    segments,
    segmentCount,
    layout,
    revision,
    version,
    versions,
    ancestors,
    renamedFrom,
  }: StoredImage): void {
    this.segments.clear()
    for (const { seq, messages } of segments) this.segments.set(seq, messages)
    this.versions = versions
    this.blocks.clear()
    // The last block has no record.
    for (const [block, read] of versions.loaded)
      if (block < versions.blocks.length) this.blocks.set(block, read)
    this.segmentCount = segmentCount
    this.layout = layout
    this.revision = revision
    this.#version = version
    this.#replaced = []
    this.#journalled = []
    // Later heads don't descend from what this page wrote or encrypted before: it may only exist in the journal.
    this.#issued = null
    this.#encrypted = null
    this.#known = []
    this.#know(...ancestors, version)
    this.renamable = [...renamedFrom, version].slice(-MAX_ANCESTORS)
    this.#markedRevision = Number.NEGATIVE_INFINITY
    this.generation++
  }

  /** Adds earlier segments and blocks that were read later. */
  addEarlier({ segments, lost, versions }: EarlierSegments): void {
    for (const { seq, messages } of segments) if (!this.segments.has(seq)) this.segments.set(seq, messages)
    this.layout = { ...this.layout, lost: new Set([...this.layout.lost, ...lost]) }
    const loaded = new Map(this.versions.loaded)
    for (const [block, read] of versions.loaded) {
      if (loaded.has(block) || versions.blocks[block] !== this.versions.blocks[block]) continue
      loaded.set(block, read)
      this.blocks.set(block, read)
    }
    this.versions = { ...this.versions, loaded }
  }

  /** Forgets the stored records after a lost connection, so that all loaded ones are written again. */
  invalidate(): void {
    this.segments.clear()
    this.blocks.clear()
    this.#markedRevision = Number.NEGATIVE_INFINITY
    this.generation++
  }

  issue(batch: EncryptedBatch): Write {
    const write = this.writeWith(batch)
    this.#write = write
    this.#journalled = this.#journalled.filter(
      ({ version, revision }) => revision > batch.revision || write.bases.includes(version),
    )
    this.renamable = []
    for (const { seq, messages } of batch.segments) this.segments.set(seq, messages)
    for (let seq = batch.segmentCount; seq < this.segmentCount; seq++) this.segments.delete(seq)
    for (const [block, segments] of batch.blocks) this.blocks.set(block, segments)
    for (const block of this.blocks.keys())
      if (block >= batch.versions.blocks.length) this.blocks.delete(block)
    this.segmentCount = Math.max(this.segmentCount, batch.segmentCount)
    this.layout = { ...this.layout, lengths: batch.lengths }
    this.versions = batch.versions
    if (batch.isMarked) this.#markedRevision = batch.revision
    this.#issued = { batch, generation: ++this.generation }
    return write
  }

  succeed(write: Write): void {
    const { batch } = write
    if (batch.revision > this.revision) {
      this.revision = batch.revision
      this.#version = batch.version
      this.#replaced = write.bases
      this.#journalled = this.#journalled
        .filter(({ revision }) => revision > batch.revision)
        .map((newer) => without(newer, batch))
    }
    // A newer write, which includes this one, is still pending.
    if (this.#write !== write) return
    this.#write = null
    this.segmentCount = batch.segmentCount
  }

  /** Reverts a failed write. Returns false if a newer write, which includes it, is pending. */
  fail(write: Write): boolean {
    const { batch } = write
    if (this.#write !== write) return false
    this.#write = null
    for (const { seq } of batch.segments) this.segments.delete(seq)
    for (const block of batch.blocks.keys()) this.blocks.delete(block)
    if (batch.isMarked) this.#markedRevision = Number.NEGATIVE_INFINITY
    this.generation++
    return true
  }
}

/** True if a batch writes or deletes every record that the older one does, so it can be stored on top of it. Marks don't matter. */
function rewrites(batch: EncryptedBatch, older: EncryptedBatch): boolean {
  return [...older.changes].every(([key, record]) => record?.kind === 'mark' || batch.changes.has(key))
}

/** Returns a journalled batch without the records that are stored now, because it was merged with the batch that contained them. */
function without(journalled: EncryptedBatch, stored: EncryptedBatch): EncryptedBatch {
  const changes = [...journalled.changes].filter(([key, record]) => stored.changes.get(key) !== record)
  return { ...journalled, changes: new Map(changes) }
}
