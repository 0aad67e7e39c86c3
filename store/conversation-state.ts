import type { Draft } from '@reduxjs/toolkit'
import { emptyLog, type MessageLog } from './message-log.js'
import type { ConversationStatus } from './types.js'
import type { UserTurn } from './user-turns.js'

/** Open turns of a call. The status is derived from them alone, so it doesn't depend on an event that may never arrive. */
export interface OpenTurns {
  isCallOn: boolean
  user: readonly UserTurn[]
  /** Ids of the agent's open turns and tool calls. */
  agent: readonly string[]
  /** Ids of tool calls awaiting the user's approval. */
  approvals: readonly string[]
  /** True while the agent is speaking. */
  isAgentSpeaking: boolean
  /** True from a typed text until the agent starts a turn. */
  isTextUnanswered: boolean
}

/** State of the slice `conversation`. */
export interface ConversationState {
  status: ConversationStatus
  messages: MessageLog
  turns: OpenTurns
  /** Unsent text in the composer; empty if there is none. */
  draft: string
  /**
   * Ids of texts that the call will send, or that the agent has not acknowledged yet. Other messages with `isUnsent` will not
   * be sent automatically.
   */
  outbox: readonly string[]
  /** Index, in the whole conversation, of the first message in `messages`: earlier ones are stored, not loaded. */
  firstLoadedIndex: number
  /** Number of messages when the conversation was restored; 0 if it was not. */
  restoredCount: number
  /** Ids of the last tool calls, loaded or not, so that they don't run again. */
  toolCallIds: string[]
}

export const noTurns: OpenTurns = {
  isCallOn: false,
  user: [],
  agent: [],
  approvals: [],
  isAgentSpeaking: false,
  isTextUnanswered: false,
}

export const initialConversation: ConversationState = {
  status: 'idle',
  messages: emptyLog,
  turns: noTurns,
  draft: '',
  outbox: [],
  firstLoadedIndex: 0,
  restoredCount: 0,
  toolCallIds: [],
}

/** The state in a reducer. */
export type ConversationDraft = Draft<ConversationState>
