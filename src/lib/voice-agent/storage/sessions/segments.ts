import {
  type LostMessages,
  type Message,
  type SessionSnapshot,
  VoiceAgentError,
} from '../../../../../store/index.js'
import type { HeadHeader } from '../records/record.js'

/** Messages per segment. Smaller segments make saves cheaper, larger ones make long conversations open faster. */
export const SEGMENT_SIZE = 64

/**
 * Maps a conversation to its segments. All but the last hold {@link SEGMENT_SIZE} messages, unless a segment was lost.
 *
 * A lost segment stays on disk: the one before it can't grow and the ones after it can't move. The store's
 * `firstLoadedIndex` counts lost messages as not loaded.
 */
export interface Layout {
  /** Lengths of segments that ended before they were full, by segment number. */
  lengths: ReadonlyMap<number, number>
  /** Numbers of segments that could not be decrypted. */
  lost: ReadonlySet<number>
}

export const EMPTY_LAYOUT: Layout = { lengths: new Map(), lost: new Set() }

export function segmentLength({ lengths }: Layout, seq: number): number {
  return lengths.get(seq) ?? SEGMENT_SIZE
}

/**
 * Returns the layout that a session's head describes, before any segment is known to be lost.
 *
 * @param stored Lengths in the head: segments that ended before they were full. The last segment's follows from the number of messages.
 */
export function layoutOf(
  { segmentCount, messageCount }: Pick<HeadHeader, 'segmentCount' | 'messageCount'>,
  stored: Iterable<[seq: number, length: number]> = [],
): { lengths: Map<number, number>; lost: Set<number> } {
  const layout = { lengths: new Map(stored), lost: new Set<number>() }
  const last = segmentCount - 1
  if (last >= 0) layout.lengths.set(last, messageCount - segmentStart(layout, last))
  return layout
}

/** Returns the index of a segment's first message in the whole conversation. */
export function segmentStart({ lengths }: Layout, seq: number): number {
  let index = seq * SEGMENT_SIZE
  for (const [short, length] of lengths) if (short < seq) index -= SEGMENT_SIZE - length
  return index
}

/** Counts the messages that are not loaded if all segments from `seq` are: earlier messages and lost ones. */
export function unloadedCountBefore(layout: Layout, seq: number): number {
  let missing = segmentStart(layout, seq)
  for (const lost of layout.lost) if (lost >= seq) missing += segmentLength(layout, lost)
  return missing
}

/**
 * Reverses {@link unloadedCountBefore}: returns the first loaded segment, or null if `unloadedCount` ends within a
 * segment.
 */
export function firstSegment(layout: Layout, unloadedCount: number): number | null {
  // Skips the search if nothing was lost, so that it takes constant time for most conversations.
  let seq = layout.lost.size + layout.lengths.size === 0 ? Math.floor(unloadedCount / SEGMENT_SIZE) : 0
  while (unloadedCountBefore(layout, seq) < unloadedCount) seq++
  return unloadedCountBefore(layout, seq) === unloadedCount ? seq : null
}

/** Converts numbers of lost segments into ranges of messages, the form in the store's state. */
export function lostRanges(layout: Layout, seqs: Iterable<number>): LostMessages[] {
  return [...seqs]
    .sort((a, b) => a - b)
    .map((seq) => ({ from: segmentStart(layout, seq), count: segmentLength(layout, seq) }))
}

/** Consecutive messages stored as one record. */
export interface Segment {
  seq: number
  messages: readonly Message[]
}

/** Segments that a snapshot changes, and the layout of the conversation after writing them. */
export interface Plan {
  changed: Segment[]
  segmentCount: number
  lengths: Layout['lengths']
}

/**
 * Finds the segments of a snapshot that differ from the stored ones, comparing messages by reference. Segments that are
 * not loaded or were lost are left out and stay on disk.
 *
 * @param stored Messages of each segment as they were last written or read. A missing segment counts as changed. Equal
 * segments are replaced by the snapshot's array, so that the next comparison is one reference.
 * @throws VoiceAgentError `internal` if the loaded messages begin within a segment: writing it would drop its beginning
 */
export function changedSegments(
  { messages, firstLoadedIndex }: Pick<SessionSnapshot, 'messages' | 'firstLoadedIndex'>,
  stored: Map<number, readonly Message[]>,
  layout: Layout = EMPTY_LAYOUT,
): Plan {
  const first = firstSegment(layout, firstLoadedIndex)
  if (first === null) {
    const detail = `firstLoadedIndex must be the start of a segment; got ${firstLoadedIndex}.`
    throw new VoiceAgentError('internal', detail)
  }
  const changed: Segment[] = []
  const lengths = new Map(layout.lengths)
  const lastLost = Math.max(-1, ...layout.lost)
  let seq = first
  let start = 0
  for (; start < messages.length || seq <= lastLost; seq++) {
    if (layout.lost.has(seq)) continue
    const end = Math.min(start + segmentLength(layout, seq), messages.length)
    // A later lost segment can't move, so this one keeps its length for good.
    if (seq < lastLost && end - start < SEGMENT_SIZE) lengths.set(seq, end - start)
    const part = messages.slice(start, end)
    const known = stored.get(seq)
    if (part !== known) {
      if (isSame(part, known)) stored.set(seq, part)
      else changed.push({ seq, messages: part })
    }
    start = end
  }
  return { changed, segmentCount: seq, lengths }
}

function isSame(messages: readonly Message[], stored: readonly Message[] | undefined): boolean {
  return stored?.length === messages.length && messages.every((message, index) => message === stored[index])
}

/** Number of segments whose versions share a record. A head with all versions would grow with the conversation. */
export const BLOCK_SIZE = 64

/**
 * The version of each segment of a session, used to detect older copies of a segment.
 *
 * The head holds the versions of the last block. Every earlier block has its own record, whose version the head holds. The last
 * block is empty if the segments before it fill their blocks and were not loaded when later ones were removed.
 */
export interface SegmentVersions {
  /** Versions of the records of all blocks but the last. */
  blocks: readonly string[]
  /** Versions of the segments in each loaded block, by the block's number. `''`: unknown, because the segment was lost. */
  loaded: ReadonlyMap<number, readonly string[]>
}

/** Form of the versions in a head. */
export interface HeadVersions {
  blocks: readonly string[]
  last: readonly string[]
}

export const NO_VERSIONS: SegmentVersions = { blocks: [], loaded: new Map([[0, []]]) }

export const blockOf = (seq: number) => Math.floor(seq / BLOCK_SIZE)
const lastBlockOf = (segmentCount: number) => blockOf(Math.max(0, segmentCount - 1))

export function fromHead({ blocks, last }: HeadVersions): SegmentVersions {
  return { blocks, loaded: new Map([[blocks.length, last]]) }
}

export function toHead({ blocks, loaded }: SegmentVersions): HeadVersions {
  return { blocks, last: loaded.get(blocks.length) ?? [] }
}

/** Returns the version that a segment must have; undefined if its block is not loaded, or if it is unknown. */
export function segmentVersion({ loaded }: SegmentVersions, seq: number): string | undefined {
  return loaded.get(blockOf(seq))?.[seq % BLOCK_SIZE] || undefined
}

/** Returns the versions after a save, and the earlier blocks whose records it must write. */
export function versionsAfter(
  before: SegmentVersions,
  changes: {
    /** Versions of the changed segments. */
    changed: ReadonlyMap<number, string>
    segmentCount: number
    /** Blocks, as stored on disk. */
    stored: ReadonlyMap<number, readonly string[]>
    /** Creates the version of a block's record. */
    createVersion: (block: number) => string
  },
): { versions: SegmentVersions; changedBlocks: number[] } {
  const { changed, segmentCount, stored, createVersion } = changes
  const loaded = new Map(before.loaded)
  for (const [seq, version] of changed) {
    const block = blockOf(seq)
    const known = loaded.get(block) ?? (block > before.blocks.length ? [] : undefined)
    if (!known) throw new VoiceAgentError('internal', `Segment ${seq} was written before its block was read.`)
    const segments = Array.from(
      { length: Math.max(known.length, (seq % BLOCK_SIZE) + 1) },
      (_, index) => known[index] ?? '',
    )
    loaded.set(block, segments.with(seq % BLOCK_SIZE, version))
  }
  let last = lastBlockOf(segmentCount)
  // Keeps the record of a full block that was not loaded: the head can't hold its versions.
  if (last < before.blocks.length && !loaded.has(last) && segmentCount === (last + 1) * BLOCK_SIZE) last++
  for (const block of loaded.keys()) if (block > last) loaded.delete(block)
  const inLast = segmentCount - last * BLOCK_SIZE
  loaded.set(last, (loaded.get(last) ?? []).slice(0, inLast))

  const blocks = before.blocks.slice(0, last)
  const changedBlocks: number[] = []
  for (const [block, segments] of loaded) {
    if (block === last || stored.get(block) === segments) continue
    blocks[block] = createVersion(block)
    changedBlocks.push(block)
  }
  return { versions: { blocks, loaded }, changedBlocks }
}
