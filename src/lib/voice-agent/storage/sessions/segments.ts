import { type Message, type SessionSnapshot, VoiceAgentError } from '../../../../../store/index.js'
import { EMPTY_LAYOUT, firstSegment, type Layout, SEGMENT_SIZE, segmentLength } from './segment-layout.js'

/** Consecutive messages that are stored as one record. */
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
    // A later lost segment can't move, so this one keeps its length for ever.
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
