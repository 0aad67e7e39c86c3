import type { Message } from '../../../../../store/index.js'
import { type EncryptedBatch, mergeBatches } from './encrypted-batch.js'
import { EMPTY_LAYOUT, type Layout } from './segment-layout.js'
import type { Segment } from './segments.js'
import type { ReadSegments } from './session-reader.js'

/** A batch on its way to the disk, with every older one that may not have arrived. */
export interface Write {
  batch: EncryptedBatch
}

/**
 * What is known to be on disk of one session, so that only what differs is written. It runs ahead: a batch counts as
 * stored from the moment it is issued, and a failure takes that back.
 */
export class StoredState {
  readonly segments = new Map<number, readonly Message[]>()
  /** Changes whenever `segments` does: what was sealed against an older version may lack a segment. */
  version = 0
  /** At most this many segments are on disk. */
  segmentCount = 0
  layout: Layout = EMPTY_LAYOUT
  /** Highest revision known to be on disk. */
  revision = -1
  #write: Write | null = null
  /** The batch that made this version of the one before. */
  #issued: { batch: EncryptedBatch; version: number } | null = null

  /** The newest write under way. */
  get write(): Write | null {
    return this.#write
  }

  get issuedRevision(): number {
    return this.#write?.batch.revision ?? this.revision
  }

  /**
   * Whether a batch that was sealed against `version` is right still: one that changes again whatever has been issued since
   * goes over that. It may have been on its way to be sealed as an older save was sent, and the page may go before another is.
   */
  admits(batch: EncryptedBatch, version: number): boolean {
    if (version === this.version) return true
    if (version !== this.version - 1 || this.#issued?.version !== this.version) return false
    const { segments, segmentCount } = this.#issued.batch
    const seqs = new Set(batch.segments.map(({ seq }) => seq))
    return batch.segmentCount >= segmentCount && segments.every(({ seq }) => seqs.has(seq))
  }

  /** Takes over what was read, or found, on disk. */
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

  /** Earlier segments, read later. */
  addSegments({ segments, lost }: ReadSegments): void {
    for (const { seq, messages } of segments) if (!this.segments.has(seq)) this.segments.set(seq, messages)
    this.layout = { ...this.layout, lost: new Set([...this.layout.lost, ...lost]) }
  }

  /** Nothing of it is certain any more: all that is in memory has to be written again. */
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
    // Otherwise a newer write, which holds this one too, is still under way.
    if (this.#write !== write) return
    this.#write = null
    this.segmentCount = write.batch.segmentCount
  }

  /** Whether it matters: an overtaken write's failure doesn't, since the newer one holds the same. */
  fail(write: Write): boolean {
    if (this.#write !== write) return false
    this.#write = null
    for (const { seq } of write.batch.segments) this.segments.delete(seq)
    this.version++
    return true
  }
}
