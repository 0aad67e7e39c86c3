import { createSelector } from '@reduxjs/toolkit'
import { isTailFull, type Message, type VoiceAgentState } from '../../../../store/index.js'

const firstId = ([first]: readonly Message[]) => first?.id ?? ''

/** What the user is saying, while it is not a message yet. */
export function selectInterim({ conversation: { interim, messages } }: VoiceAgentState) {
  return interim && messages.tail.at(-1)?.id !== interim.id ? interim : null
}

/** The id of what is being said, where it will begin a chunk. */
function selectInterimKey(state: VoiceAgentState): string | null {
  const { messages } = state.conversation
  const startsChunk = messages.tail.length === 0 || isTailFull(messages)
  return startsChunk ? (selectInterim(state)?.id ?? null) : null
}

/**
 * A key for each chunk of the transcript: its first message's id, which stays when the chunk is complete and when earlier ones are put
 * before it. The same array while text streams, so that the transcript itself does not render then.
 */
export const selectChunkKeys = createSelector(
  [
    ({ conversation }: VoiceAgentState) => conversation.messages.full,
    ({ conversation }: VoiceAgentState) => firstId(conversation.messages.tail),
    selectInterimKey,
  ],
  (full, tailKey, interimKey) =>
    [...full.map(firstId), tailKey, interimKey ?? ''].filter((key) => key !== ''),
)

/** Where each chunk begins among the loaded messages. */
export const selectChunkStarts = createSelector(
  [({ conversation }: VoiceAgentState) => conversation.messages.full],
  (full) => {
    const starts = [0]
    for (const chunk of full) starts.push((starts.at(-1) ?? 0) + chunk.length)
    return starts
  },
)

/** Turns that are shown: the loaded messages, and what is being said. */
export function selectTurnCount(state: VoiceAgentState): number {
  return state.conversation.messages.count + (selectInterim(state) ? 1 : 0)
}
