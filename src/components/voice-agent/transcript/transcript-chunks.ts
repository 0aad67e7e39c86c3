import { createSelector } from '@reduxjs/toolkit'
import type { Message, VoiceAgentState } from '../../../../store/index.js'

const firstId = ([first]: readonly Message[]) => first?.id ?? ''

/**
 * Selects a key for each chunk: the id of its first message. It does not change when the chunk fills up or earlier messages
 * are loaded. The array stays identical while text streams, so that the message list does not re-render.
 */
export const selectChunkKeys = createSelector(
  [
    ({ conversation }: VoiceAgentState) => conversation.messages.full,
    ({ conversation }: VoiceAgentState) => firstId(conversation.messages.tail),
  ],
  (full, tailKey) => [...full.map(firstId), tailKey].filter((key) => key !== ''),
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

/** Counts the loaded messages. */
export const selectLoadedCount = ({ conversation }: VoiceAgentState): number => conversation.messages.count
