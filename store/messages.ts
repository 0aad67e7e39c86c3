import { createSelector } from '@reduxjs/toolkit'
import type { ConversationState } from './conversation.js'
import type { Message } from './message.js'

type WithMessages = Pick<ConversationState, 'messages'>

const selectFull = /* @__PURE__ */ createSelector([(state: WithMessages) => state.messages.full], (full) =>
  full.flat(),
)

/** Returns all loaded messages, oldest first; the same array until one of them changes. */
export const selectAllMessages = /* @__PURE__ */ createSelector(
  [selectFull, (state: WithMessages) => state.messages.tail],
  (full, tail): Message[] => full.concat(tail),
)
