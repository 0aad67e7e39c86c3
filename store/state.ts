import { type ConnectionState, initialConnection } from './connection.js'
import { type ConversationState, initialConversation, turnsIn } from './conversation.js'
import { initialSession, type SessionState } from './session.js'
import { initialStats, type StatsState } from './stats.js'

/** State of one agent. */
export interface VoiceAgentState {
  connection: ConnectionState
  conversation: ConversationState
  session: SessionState
  stats: StatsState
}

/** State before any restore or call: for server rendering, and while the reducer is not in the store yet. */
export const initialState: VoiceAgentState = {
  connection: initialConnection,
  conversation: initialConversation,
  session: initialSession,
  stats: initialStats,
}

const completed = new WeakMap<object, VoiceAgentState>()

/**
 * Adds the fields that a state of an earlier version of the package lacks: DevTools may import one, and an app may rehydrate one. Returns a
 * state that lacks nothing as it is, and the same object for the same state.
 */
export function completeState(state: VoiceAgentState): VoiceAgentState {
  const known = completed.get(state)
  if (known) return known
  const complete = <Slice extends object>(initial: Slice, slice: Slice | undefined): Slice =>
    slice && Object.keys(initial).every((field) => field in slice) ? slice : { ...initial, ...slice }
  const connection = complete(initialState.connection, state.connection)
  const shown = complete(initialState.conversation, state.conversation)
  const hasTurns = state.conversation !== undefined && 'turns' in state.conversation
  const conversation = hasTurns
    ? shown
    : { ...shown, turns: turnsIn(shown.messages, connection.status === 'connected') }
  const session = complete(initialState.session, state.session)
  const stats = complete(initialState.stats, state.stats)
  const isComplete =
    connection === state.connection &&
    conversation === state.conversation &&
    session === state.session &&
    stats === state.stats
  const whole = isComplete ? state : { ...state, connection, conversation, session, stats }
  completed.set(state, whole)
  completed.set(whole, whole)
  return whole
}
