import { VoiceAgentError } from '../../../../../store/index.js'

/** Segments whose versions share a record. A head with them all would grow with the conversation. */
export const BLOCK_SIZE = 64

/**
 * The version of each segment of a session, by which an older copy of a segment is recognised.
 *
 * The head holds the versions of the last block. Every earlier block has a record of its own, whose version the head holds. The last
 * block is empty if the segments before it fill their blocks, and were not loaded when those behind them were removed.
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
    /** Blocks that are on disk, as they are there. */
    stored: ReadonlyMap<number, readonly string[]>
    /** Makes the version of a block's record. */
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
