import type { LostMessages } from '../../../../../store/index.js'

/** Messages in a segment: small enough that a change costs little, large enough that a long conversation opens fast. */
export const SEGMENT_SIZE = 64

/**
 * How a conversation lies in its segments. All but the last hold {@link SEGMENT_SIZE} messages, unless something was
 * lost: what can't be opened keeps its place on disk, so the segment before it can't grow and the one after it not move.
 * Lost messages are counted and not loaded, which is what the store's `firstLoadedIndex` says of them.
 */
export interface Layout {
  /** Messages in the segments that ended before they were full. */
  lengths: ReadonlyMap<number, number>
  /** Segments that could not be opened. */
  lost: ReadonlySet<number>
}

export const EMPTY_LAYOUT: Layout = { lengths: new Map(), lost: new Set() }

export function segmentLength({ lengths }: Layout, seq: number): number {
  return lengths.get(seq) ?? SEGMENT_SIZE
}

/** Place, in the whole conversation, of a segment's first message. */
export function segmentStart({ lengths }: Layout, seq: number): number {
  let index = seq * SEGMENT_SIZE
  for (const [short, length] of lengths) if (short < seq) index -= SEGMENT_SIZE - length
  return index
}

/** How many messages of the conversation the store does not have when it has loaded all from `seq` on. */
export function unloadedCountBefore(layout: Layout, seq: number): number {
  let missing = segmentStart(layout, seq)
  for (const lost of layout.lost) if (lost >= seq) missing += segmentLength(layout, lost)
  return missing
}

/** The first loaded segment: the reverse of {@link unloadedCountBefore}. Null when `missing` ends within a segment. */
export function firstSegment(layout: Layout, missing: number): number | null {
  // What nothing was ever lost of costs the same at any length.
  let seq = layout.lost.size + layout.lengths.size === 0 ? Math.floor(missing / SEGMENT_SIZE) : 0
  while (unloadedCountBefore(layout, seq) < missing) seq++
  return unloadedCountBefore(layout, seq) === missing ? seq : null
}

/** What was lost, as the state tells it. */
export function lostRanges(layout: Layout, seqs: Iterable<number>): LostMessages[] {
  return [...seqs]
    .sort((a, b) => a - b)
    .map((seq) => ({ from: segmentStart(layout, seq), count: segmentLength(layout, seq) }))
}
