import { createSlice } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import type { NetworkSample } from './network-sample.js'

export interface StatsState {
  /** When the session's first call was established, in milliseconds since the epoch. */
  startedAt: number | null
  /** When its last call ended; null while one is on. */
  endedAt: number | null
  /** Attempts to reconnect, over the whole session. */
  reconnectAttempts: number
  /** Of the call that is on, or of the last one: a sample a second, the newest last, 120 at most. */
  network: NetworkSample[]
}

/** Two minutes of a call. */
export const maxSamples = 120

export const initialStats: StatsState = {
  startedAt: null,
  endedAt: null,
  reconnectAttempts: 0,
  network: [],
}

export function createStatsSlice(path: string, actions: VoiceAgentActions) {
  return createSlice({
    name: `${path}/stats`,
    initialState: initialStats,
    reducers: {},
    extraReducers: (builder) => {
      builder
        .addCase(actions.networkSampled, ({ network }, { payload }) => {
          network.push(payload.sample)
          if (network.length > maxSamples) network.shift()
        })
        .addCase(actions.connectionEstablished, (state, { payload }) => {
          state.startedAt ??= payload.at
          // A call of its own, not the last one's next connection.
          if (state.endedAt !== null) state.network = []
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
          network: [],
        }))
        .addCase(actions.sessionEnded, () => initialStats)
    },
  })
}
