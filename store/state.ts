import { type ConnectionState, initialConnection } from './connection.js'
import { turnsIn } from './conversation.js'
import { type ConversationState, initialConversation } from './conversation-state.js'
import { initialSession, type SessionState } from './session.js'
import { initialStats, type StatsState } from './stats.js'

/** State of one agent. */
export interface VoiceAgentState {
  connection: ConnectionState
  conversation: ConversationState
  session: SessionState
  stats: StatsState
}

/** State before any restore or call, for server rendering and until the reducer is in the store. */
export const initialState: VoiceAgentState = {
  connection: initialConnection,
  conversation: initialConversation,
  session: initialSession,
  stats: initialStats,
}

const completed = new WeakMap<object, VoiceAgentState>()

/**
 * Adds the fields that are missing from a state of an earlier package version, because DevTools may import one and an app may rehydrate one.
 * Returns a complete state unchanged, and the same object for the same state.
 */
export function completeState(state: VoiceAgentState): VoiceAgentState {
  const known = completed.get(state)
  if (known) return known
  const missing: Partial<Record<keyof VoiceAgentState, object>> = {}
  for (const [name, initial] of Object.entries(initialState)) {
    const slice: object | undefined = state[name as keyof VoiceAgentState]
    if (!slice || !Object.keys(initial).every((field) => field in slice))
      missing[name as keyof VoiceAgentState] = { ...initial, ...slice }
  }
  let whole = state
  if (Object.keys(missing).length > 0) {
    // The cast is safe: each value is a slice with all of its fields.
    whole = { ...state, ...(missing as Partial<VoiceAgentState>) }
    if (!state.conversation?.turns) {
      const turns = turnsIn(whole.conversation.messages, whole.connection.status === 'connected')
      whole.conversation = { ...whole.conversation, turns }
    }
    completed.set(whole, whole)
  }
  completed.set(state, whole)
  return whole
}
