import { createSlice } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import type { VoiceError } from './errors.js'
import type { AgentContinuation, LostMessages, RestorePhase, RestoreReason, StorageStatus } from './types.js'

export interface RestoreState {
  phase: RestorePhase
  conversation: 'none' | 'restored' | 'failed'
  agent: AgentContinuation | 'none'
  /** Why it was not restored, or not reconnected; null when both were. */
  reason: RestoreReason | null
  /** What went wrong, in words: why it failed, or what is wrong with what was restored. */
  error: VoiceError | null
  /** Messages of the restored conversation that could not be opened: all else is there. */
  lost: LostMessages[]
}

export interface SessionState {
  id: string | null
  tabId: string | null
  createdAt: number | null
  /** Counts every change of what is persisted, and every loss of it. A snapshot at or below the last one written is never written. */
  revision: number
  restore: RestoreState
  tokenExpiresAt: number | null
  storage: StorageStatus
  lastSavedAt: number | null
  error: VoiceError | null
}

export const initialSession: SessionState = {
  id: null,
  tabId: null,
  createdAt: null,
  revision: 0,
  restore: { phase: 'idle', conversation: 'none', agent: 'none', reason: null, error: null, lost: [] },
  tokenExpiresAt: null,
  storage: 'memory',
  lastSavedAt: null,
  error: null,
}

/** Why things are not kept outlasts a session. What was wrong with that one alone does not concern the next. */
const lastingError = ({ storage, error }: SessionState) =>
  storage === 'persistent' || error?.code.startsWith('session-') ? null : error

export function createSessionSlice(path: string, actions: VoiceAgentActions) {
  return createSlice({
    name: `${path}/session`,
    initialState: initialSession,
    reducers: {},
    extraReducers: (builder) => {
      builder
        .addCase(actions.tabIdentified, (state, { payload }) => {
          state.tabId = payload.tabId
        })
        .addCase(actions.restorePhaseChanged, (state, { payload }) => {
          state.restore.phase = payload.phase
        })
        .addCase(actions.restoreSettled, (state, { payload }) => {
          Object.assign(state.restore, payload, { phase: 'done' })
        })
        .addCase(actions.connectionEstablished, (state, { payload }) => {
          // Every reconnect answers anew how the agent went on; the first call of a session has nothing to answer.
          if (state.restore.agent !== 'none' || payload.agent !== 'fresh') state.restore.agent = payload.agent
        })
        .addCase(actions.sessionCreated, (state, { payload }) => {
          state.id = payload.id
          state.createdAt = payload.at
          state.lastSavedAt = null
          state.error = lastingError(state)
        })
        .addCase(actions.sessionRehydrated, (state, { payload }) => {
          state.id = payload.id
          state.createdAt = payload.createdAt
          state.lastSavedAt = payload.updatedAt ?? null
          state.tokenExpiresAt = payload.tokenExpiresAt ?? state.tokenExpiresAt
          state.revision = Math.max(state.revision, payload.revision)
          state.restore.conversation = 'restored'
          state.restore.lost = payload.lost ?? []
          state.restore.error = payload.warning ?? null
          state.error = lastingError(state)
        })
        .addCase(actions.earlierMessagesLoaded, (state, { payload }) => {
          if (payload.lost) state.restore.lost.unshift(...payload.lost)
        })
        .addCase(actions.sessionEnded, (state) => ({
          ...initialSession,
          tabId: state.tabId,
          revision: state.revision,
          storage: state.storage,
          error: lastingError(state),
          restore: { ...initialSession.restore, phase: 'done' },
        }))
        .addCase(actions.agentReset, (state, { payload }) => ({
          ...initialSession,
          tabId: payload.tabId,
          storage: payload.storage,
          error: payload.error,
          revision: Math.max(state.revision, payload.revision),
          restore: { ...initialSession.restore, phase: 'done' },
        }))
        .addCase(actions.tokenRefreshed, (state, { payload }) => {
          state.tokenExpiresAt = payload.expiresAt
        })
        .addCase(actions.sessionExpired, (state) => {
          state.tokenExpiresAt = null
        })
        .addCase(actions.storageStatusChanged, (state, { payload }) => {
          state.storage = payload.storage
          state.error = payload.error
        })
        .addCase(actions.storageLost, (state) => {
          // All of it is news to the storage again.
          if (state.id !== null) state.revision++
        })
        .addCase(actions.snapshotSaved, (state, { payload }) => {
          state.lastSavedAt = payload.at
        })
    },
  })
}
