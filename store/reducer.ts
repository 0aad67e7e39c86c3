import { combineReducers, type Reducer, type UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import { createConnectionSlice, isLateConnectionEvent } from './connection.js'
import { createConversationReducer } from './conversation.js'
import { differsWherePersisted } from './persisted.js'
import { createSessionSlice } from './session.js'
import { completeState, type VoiceAgentState } from './state.js'
import { createStatsSlice } from './stats.js'
import type { TalkMode } from './types.js'

/**
 * Combines the four slices and counts their persisted changes. The revision is part of the state, so that time travel restores it too:
 * an old state never counts as new and is never written.
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

  return (given: VoiceAgentState | undefined, action: UnknownAction) => {
    const state = given && completeState(given)
    if (state && isLateConnectionEvent(state.connection, actions, action)) return state
    const former = actions.sessionDiscarded.match(action) ? state : undefined
    const next = slices(former ? undefined : state, action)
    if (!former && (!state || next === state || !differsWherePersisted(state, next))) return next
    const { revision } = (former ?? next).session
    return { ...next, session: { ...next.session, revision: revision + 1 } }
  }
}
