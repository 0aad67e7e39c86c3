import { emptyLog, type MessageLog } from './message-log.js'
import type { ConversationStatus } from './types.js'
import type { UserTurn } from './user-turns.js'

/** Turns that are under way in a call. The status follows from them alone, so no state waits for an event that never comes. */
export interface OpenTurns {
  isCallOn: boolean
  user: readonly UserTurn[]
  /** Ids of the agent's turns and tool calls that have begun and not ended. */
  agent: readonly string[]
  /** Ids of the tool calls that wait for the user. */
  approvals: readonly string[]
  /** True if the agent is heard. */
  isAgentSpeaking: boolean
  /** True from a typed text until the agent begins a turn. */
  isTextUnanswered: boolean
}

export interface ConversationState {
  status: ConversationStatus
  messages: MessageLog
  turns: OpenTurns
  /** Text in the composer that is not sent yet; empty if there is none. */
  draft: string
  /**
   * Ids of the texts that the call will send, or has sent to an agent that has not acknowledged them. A message with `isUnsent` that is
   * not among them was not sent.
   */
  outbox: readonly string[]
  /** Index, in the whole conversation, of the first message in `messages`: earlier ones are stored, not loaded. */
  firstLoadedIndex: number
  /** Messages that the conversation contained when it was restored; 0 if it was not. */
  restoredCount: number
  /** Ids of the last tool calls, loaded or not: none of them is run again. */
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
