import type { Message } from '../../../../../store/index.js'
import { type EncryptedBatch, mergeBatches } from './encrypted-batch.js'
import { EMPTY_LAYOUT, type Layout } from './segment-layout.js'
import type { Segment } from './segments.js'
import type { ReadSegments } from './session-reader.js'

/** A pending batch, merged with every older one that is still pending. */
export interface Write {
  batch: EncryptedBatch
}

/**
 * Tracks what is on disk of one session, so that only changes are written. Optimistic: a batch counts as stored once it is
 * issued, and a failure reverts that.
 */
export class StoredState {
  readonly segments = new Map<number, readonly Message[]>()
  /** Increases whenever `segments` changes. A batch encrypted against an older version may lack a segment. */
  version = 0
  /** Upper bound of the segments on disk. */
  segmentCount = 0
  layout: Layout = EMPTY_LAYOUT
  /** Highest revision known to be on disk. */
  revision = -1
  #write: Write | null = null
  /** The batch that led to the current version. */
  #issued: { batch: EncryptedBatch; version: number } | null = null

  /** The newest pending write. */
  get write(): Write | null {
    return this.#write
  }

  get issuedRevision(): number {
    return this.#write?.batch.revision ?? this.revision
  }

  /**
   * Returns true if a batch that was encrypted against `version` may be written.
   *
   * A batch of the previous version may, if it rewrites every segment that the batch issued since has changed. Such a batch
   * was being encrypted when the older one was issued, and the page may close before another one is ready.
   */
  admits(batch: EncryptedBatch, version: number): boolean {
    if (version === this.version) return true
    if (version !== this.version - 1 || this.#issued?.version !== this.version) return false
    const { segments, segmentCount } = this.#issued.batch
    const seqs = new Set(batch.segments.map(({ seq }) => seq))
    return batch.segmentCount >= segmentCount && segments.every(({ seq }) => seqs.has(seq))
  }

  /** Takes over the state that was read from disk. */
  hydrate({
    segments,
    segmentCount,
    layout,
    revision,
  }: {
    segments: Segment[]
    segmentCount: number
    layout: Layout
    revision: number
  }): void {
    this.segments.clear()
    for (const { seq, messages } of segments) this.segments.set(seq, messages)
    this.segmentCount = segmentCount
    this.layout = layout
    this.revision = revision
    this.version++
  }

  /** Adds earlier segments that were read later. */
  addSegments({ segments, lost }: ReadSegments): void {
    for (const { seq, messages } of segments) if (!this.segments.has(seq)) this.segments.set(seq, messages)
    this.layout = { ...this.layout, lost: new Set([...this.layout.lost, ...lost]) }
  }

  /** Forgets the stored segments after a lost connection, so that all loaded ones are written again. */
  invalidate(): void {
    this.segments.clear()
    this.version++
  }

  issue(batch: EncryptedBatch): Write {
    this.#write = { batch: this.#write ? mergeBatches(this.#write.batch, batch) : batch }
    for (const { seq, messages } of batch.segments) this.segments.set(seq, messages)
    for (let seq = batch.segmentCount; seq < this.segmentCount; seq++) this.segments.delete(seq)
    this.segmentCount = Math.max(this.segmentCount, batch.segmentCount)
    this.layout = { ...this.layout, lengths: batch.lengths }
    this.#issued = { batch, version: ++this.version }
    return this.#write
  }

  succeed(write: Write): void {
    this.revision = Math.max(this.revision, write.batch.revision)
    // A newer write, which includes this one, is still pending.
    if (this.#write !== write) return
    this.#write = null
    this.segmentCount = write.batch.segmentCount
  }

  /** Reverts a failed write. Returns false if a newer write, which includes it, is pending. */
  fail(write: Write): boolean {
    if (this.#write !== write) return false
    this.#write = null
    for (const { seq } of write.batch.segments) this.segments.delete(seq)
    this.version++
    return true
  }
}
