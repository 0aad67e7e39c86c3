import { combineReducers, type Reducer, type UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import { areDevicesSame, createConnectionSlice, isLateConnectionEvent } from './connection.js'
import { createConversationReducer } from './conversation.js'
import { createSessionSlice } from './session.js'
import { completeState, type VoiceAgentState } from './state.js'
import { createStatsSlice } from './stats.js'
import type { TalkMode } from './types.js'

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

/** True if a change needs a save. Compares everything that `takeSnapshot` reads by reference. */
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
 * Combines the four slices and counts changes of persisted values. The revision is part of the state, so time travel restores it too,
 * and an old state never counts as new and is never written.
 */
export function createVoiceAgentReducer(
  path: string,
  actions: VoiceAgentActions,
  talk: TalkMode = 'hands-free',
): Reducer<VoiceAgentState> {
  const slices = combineReducers({
    connection: createConnectionSlice(path, actions, talk).reducer,
    conversation: createConversationReducer(path, actions),
    session: createSessionSlice(path, actions).reducer,
    stats: createStatsSlice(path, actions).reducer,
  })

  return (previous: VoiceAgentState | undefined, action: UnknownAction) => {
    const state = previous && completeState(previous)
    if (state && isLateConnectionEvent(state.connection, actions, action)) return state
    const former = actions.sessionDiscarded.match(action) ? state : undefined
    const next = slices(former ? undefined : state, action)
    if (!former && (!state || next === state || !differsWherePersisted(state, next))) return next
    const { revision } = (former ?? next).session
    return { ...next, session: { ...next.session, revision: revision + 1 } }
  }
}
