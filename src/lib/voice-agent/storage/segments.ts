import { type Message, type SessionSnapshot, VoiceAgentError } from '../../../../store/index.js'

/** Messages in a segment: small enough that a change costs little, large enough that a long conversation opens fast. */
export const SEGMENT_SIZE = 64

/** A run of messages by its place in the whole conversation: segment `seq` begins at `seq * SEGMENT_SIZE`. */
export interface Segment {
  seq: number
  messages: readonly Message[]
}

export const segmentCountOf = (messageCount: number) => Math.ceil(messageCount / SEGMENT_SIZE)

/**
 * The segments of a snapshot that differ from what is stored, compared message by message by reference. Those before
 * the snapshot's first loaded message are not in it and stay as they are.
 *
 * @param stored The messages of each segment as they were last written or read; one that is not in it is unknown.
 * @throws VoiceAgentError `internal` when the loaded part begins in the middle of a segment: writing it would drop the rest.
 */
export function changedSegments(
  { messages, firstLoadedIndex }: Pick<SessionSnapshot, 'messages' | 'firstLoadedIndex'>,
  stored: ReadonlyMap<number, readonly Message[]>,
): Segment[] {
  if (firstLoadedIndex % SEGMENT_SIZE !== 0) {
    throw new VoiceAgentError('internal', 'The loaded part of a conversation must begin with a segment.')
  }
  const changed: Segment[] = []
  const firstSeq = firstLoadedIndex / SEGMENT_SIZE
  for (let start = 0; start < messages.length; start += SEGMENT_SIZE) {
    const seq = firstSeq + start / SEGMENT_SIZE
    const end = Math.min(start + SEGMENT_SIZE, messages.length)
    if (!isSame(messages, start, end, stored.get(seq)))
      changed.push({ seq, messages: messages.slice(start, end) })
  }
  return changed
}

function isSame(
  messages: readonly Message[],
  start: number,
  end: number,
  stored: readonly Message[] | undefined,
): boolean {
  if (stored?.length !== end - start) return false
  for (let index = start; index < end; index++) if (messages[index] !== stored[index - start]) return false
  return true
}
