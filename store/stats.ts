import { createSlice } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'

export interface StatsState {
  /** When the session's first call was established, in milliseconds since the epoch. */
  startedAt: number | null
  /** When its last call ended; null while one is on. */
  endedAt: number | null
  /** Attempts to reconnect, over the whole session. */
  reconnectAttempts: number
}

export const initialStats: StatsState = { startedAt: null, endedAt: null, reconnectAttempts: 0 }

export function createStatsSlice(path: string, actions: VoiceAgentActions) {
  return createSlice({
    name: `${path}/stats`,
    initialState: initialStats,
    reducers: {},
    extraReducers: (builder) => {
      builder
        .addCase(actions.connectionEstablished, (state, { payload }) => {
          state.startedAt ??= payload.at
          state.endedAt = null
        })
        .addCase(actions.reconnectScheduled, (state) => {
          state.reconnectAttempts++
        })
        .addCase(actions.connectionClosed, (state, { payload }) => {
          state.endedAt = payload.at
        })
        .addCase(actions.connectionFailed, (state, { payload }) => {
          state.endedAt = payload.at
        })
        .addCase(actions.sessionRehydrated, (_state, { payload }) => ({
          startedAt: payload.startedAt,
          endedAt: payload.endedAt,
          reconnectAttempts: payload.reconnectAttempts,
        }))
        .addCase(actions.sessionEnded, () => initialStats)
    },
  })
}
