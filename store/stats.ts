import { createReducer } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import type { NetworkSample } from './types.js'

/** State of the slice `stats`. Times are milliseconds since the epoch. */
export interface StatsState {
  /** Time when the session's first call was established. */
  startedAt: number | null
  /** Time when the session's last call ended; null during a call. */
  endedAt: number | null
  /** Time when the page was left during a call, until the call resumes; null otherwise. */
  interruptedAt: number | null
  /** True if the last call was lost and has not been restored since. */
  isCutOff: boolean
  /** Number of reconnection attempts in the whole session. */
  reconnectAttempts: number
  /** Samples of the current or last call: one per second, newest last, at most 120. */
  network: NetworkSample[]
}

/** Two minutes of a call. */
export const MAX_SAMPLES = 120

export const initialStats: StatsState = {
  startedAt: null,
  endedAt: null,
  interruptedAt: null,
  isCutOff: false,
  reconnectAttempts: 0,
  network: [],
}

function cutOff(state: StatsState) {
  state.isCutOff = true
}

/** Keeps the end time of the previous call if the attempt never connected. */
function endCall(state: StatsState, { payload }: { payload: { at: number } }) {
  if (state.startedAt !== null) state.endedAt ??= state.interruptedAt ?? payload.at
  state.interruptedAt = null
}

export function createStatsReducer(actions: VoiceAgentActions) {
  return createReducer(initialStats, (builder) => {
    builder
      .addCase(actions.networkSampled, ({ network }, { payload }) => {
        network.push(payload.sample)
        if (network.length > MAX_SAMPLES) network.shift()
      })
      .addCase(actions.connectionEstablished, (state, { payload }) => {
        state.startedAt ??= payload.at
        // Clears the samples for a new call, but not for the next connection of the same call.
        if (state.endedAt !== null) state.network = []
        state.endedAt = null
        state.interruptedAt = null
        state.isCutOff = false
      })
      .addCase(actions.connectionRecovered, (state) => {
        state.isCutOff = false
      })
      .addCase(actions.connectionInterrupted, cutOff)
      .addCase(actions.connectionLost, cutOff)
      .addCase(actions.connectionReplaced, cutOff)
      .addCase(actions.reconnectScheduled, (state) => {
        state.reconnectAttempts++
      })
      .addCase(actions.connectionClosed, (state, action) => {
        endCall(state, action)
        state.isCutOff = false
      })
      .addCase(actions.connectionFailed, (state, action) => {
        endCall(state, action)
        // Reconnecting would take the call away from the other device.
        if (action.payload.error.code === 'call-moved') state.isCutOff = false
      })
      .addCase(actions.sessionRehydrated, (_state, { payload }) => ({
        startedAt: payload.startedAt,
        endedAt: payload.endedAt,
        interruptedAt:
          payload.startedAt !== null && payload.endedAt === null ? (payload.updatedAt ?? null) : null,
        isCutOff: payload.startedAt !== null && payload.endedAt === null,
        reconnectAttempts: payload.reconnectAttempts,
        network: [],
      }))
      .addCase(actions.sessionEnded, () => initialStats)
      .addCase(actions.agentReset, () => initialStats)
  })
}
