import { createSelector } from '@reduxjs/toolkit'
import { isTailFull, type Message, type VoiceAgentState } from '../../../../store/index.js'

const firstId = ([first]: readonly Message[]) => first?.id ?? ''

/** Selects the turn that the user is speaking, until it is a message. */
export function selectInterim({ conversation: { interim, messages } }: VoiceAgentState) {
  return interim && messages.tail.at(-1)?.id !== interim.id ? interim : null
}

/** Selects the id of the turn that the user is speaking, if it will begin a chunk. */
function selectInterimKey(state: VoiceAgentState): string | null {
  const { messages } = state.conversation
  const startsChunk = messages.tail.length === 0 || isTailFull(messages)
  return startsChunk ? (selectInterim(state)?.id ?? null) : null
}

/**
 * Selects a key for each chunk: the id of its first message. It does not change when the chunk is complete or earlier messages
 * are loaded. The array stays identical while text streams, so that the message list does not render.
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

/** Selects the index of each chunk's first message among the loaded messages. */
export const selectChunkStarts = createSelector(
  [({ conversation }: VoiceAgentState) => conversation.messages.full],
  (full) => {
    const starts = [0]
    for (const chunk of full) starts.push((starts.at(-1) ?? 0) + chunk.length)
    return starts
  },
)

/** Counts the loaded messages and the turn that the user is speaking. */
export function selectTurnCount(state: VoiceAgentState): number {
  return state.conversation.messages.count + (selectInterim(state) ? 1 : 0)
}
