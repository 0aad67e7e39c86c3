import { combineReducers, isAnyOf, type Reducer, type UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import {
  areDevicesSame,
  type ConnectionState,
  createConnectionReducer,
  initialConnection,
  isCallWanted,
} from './connection.js'
import { createConversationReducer, turnsIn } from './conversation.js'
import { type ConversationState, initialConversation } from './conversation-state.js'
import { createSessionReducer, initialSession, type SessionState } from './session.js'
import { createStatsReducer, initialStats, type StatsState } from './stats.js'
import type { TalkMode } from './types.js'

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

/** Compares everything except the network samples, which are not restored. */
export function differInStats(
  { stats: before }: VoiceAgentState,
  { stats: after }: VoiceAgentState,
): boolean {
  return (
    before.startedAt !== after.startedAt ||
    before.endedAt !== after.endedAt ||
    before.reconnectAttempts !== after.reconnectAttempts
  )
}

/** True if a change needs a save. Compares by reference. Other values that `takeSnapshot` reads are saved with the next change. */
function differsWherePersisted(before: VoiceAgentState, after: VoiceAgentState): boolean {
  return (
    before.conversation.messages !== after.conversation.messages ||
    before.conversation.status !== after.conversation.status ||
    before.conversation.draft !== after.conversation.draft ||
    before.conversation.outbox !== after.conversation.outbox ||
    before.connection.status !== after.connection.status ||
    !areDevicesSame(before.connection, after.connection) ||
    before.session.id !== after.session.id ||
    before.session.title !== after.session.title ||
    differInStats(before, after)
  )
}

/**
 * Creates a check for late actions of a connection that has ended or been replaced. The reducer drops them before any slice sees them, so
 * slices don't have to check for late events.
 */
function createLateCheck(actions: VoiceAgentActions) {
  const isOfConnection = isAnyOf(
    actions.connectionEstablished,
    actions.connectionInterrupted,
    actions.connectionRecovered,
    actions.connectionLost,
    actions.connectionReplaced,
    actions.networkSampled,
  )
  const isEnd = isAnyOf(actions.connectionFailed, actions.connectionClosed)
  const isAttempt = isAnyOf(actions.connectionAttempted, actions.reconnectScheduled)
  return ({ connection: { status, connectionId, isEnding } }: VoiceAgentState, action: UnknownAction) => {
    if (isOfConnection(action)) return !isCallWanted(status) || action.payload.connectionId !== connectionId
    if (isEnd(action)) return !isCallWanted(status) && !isEnding
    return isAttempt(action) && !isCallWanted(status)
  }
}

/**
 * Combines the four slices and counts changes of persisted values. The revision is part of the state, so time travel restores it too,
 * and an old state never counts as new and is never written.
 */
export function createVoiceAgentReducer(
  actions: VoiceAgentActions,
  talk: TalkMode = 'hands-free',
): Reducer<VoiceAgentState> {
  const slices = combineReducers({
    connection: createConnectionReducer(actions, talk),
    conversation: createConversationReducer(actions),
    session: createSessionReducer(actions),
    stats: createStatsReducer(actions),
  })

  const isLate = createLateCheck(actions)

  return (previous: VoiceAgentState | undefined, action: UnknownAction) => {
    const state = previous && completeState(previous)
    if (state && isLate(state, action)) return state
    const isDiscarded = state !== undefined && actions.sessionDiscarded.match(action)
    const next = slices(isDiscarded ? undefined : state, action)
    if (!isDiscarded && (!state || next === state || !differsWherePersisted(state, next))) return next
    // Counts on from the discarded session, so that an earlier revision never counts as new.
    const { revision } = (isDiscarded ? state : next).session
    return { ...next, session: { ...next.session, revision: revision + 1 } }
  }
}
