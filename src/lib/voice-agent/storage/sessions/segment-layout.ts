import type { LostMessages } from '../../../../../store/index.js'

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

/** Converts numbers of lost segments into ranges of messages, as the store's state has them. */
export function lostRanges(layout: Layout, seqs: Iterable<number>): LostMessages[] {
  return [...seqs]
    .sort((a, b) => a - b)
    .map((seq) => ({ from: segmentStart(layout, seq), count: segmentLength(layout, seq) }))
}
