import { type Message, type SessionSnapshot, VoiceAgentError } from '../../../../../store/index.js'
import { EMPTY_LAYOUT, firstSegment, type Layout, SEGMENT_SIZE, segmentLength } from './segment-layout.js'

/** A run of messages by its place on disk. */
export interface Segment {
  seq: number
  messages: readonly Message[]
}

/** What a snapshot changes, and how the whole conversation lies once that is written. */
export interface Plan {
  changed: Segment[]
  segmentCount: number
  lengths: Layout['lengths']
}

/**
 * The segments of a snapshot that differ from what is stored, compared message by message by reference. Those before
 * the snapshot's first loaded message, and those that could not be opened, are not in it and stay as they are.
 *
 * @param stored The messages of each segment as they were last written or read; one that is not in it is unknown. What
 * turns out to be the same is remembered there as the snapshot has it: next time one look at it is enough.
 * @throws VoiceAgentError `internal` when the loaded part begins in the middle of a segment: writing it would drop the rest.
 */
export function changedSegments(
  { messages, firstLoadedIndex }: Pick<SessionSnapshot, 'messages' | 'firstLoadedIndex'>,
  stored: Map<number, readonly Message[]>,
  layout: Layout = EMPTY_LAYOUT,
): Plan {
  const first = firstSegment(layout, firstLoadedIndex)
  if (first === null) {
    throw new VoiceAgentError('internal', 'The loaded part of a conversation must begin with a segment.')
  }
  const changed: Segment[] = []
  const lengths = new Map(layout.lengths)
  const lastLost = Math.max(-1, ...layout.lost)
  let seq = first
  let start = 0
  for (; start < messages.length || seq <= lastLost; seq++) {
    if (layout.lost.has(seq)) continue
    const end = Math.min(start + segmentLength(layout, seq), messages.length)
    // What was lost after it stays where it is: this one ends here from now on.
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
