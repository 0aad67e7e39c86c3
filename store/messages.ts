import { createSelector } from '@reduxjs/toolkit'
import type { ConversationState } from './conversation.js'
import type { Message } from './message.js'

/** All loaded messages, oldest first; the same array until one of them changes. */
export const selectAllMessages = createSelector(
  [(conversation: Pick<ConversationState, 'messages'>) => conversation.messages],
  ({ ids, entities }) => ids.map((id) => entities[id] as Message),
)
