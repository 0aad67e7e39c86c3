import { createSlice } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import type { VoiceError } from './errors.js'
import type { ConnectionStatus, MicrophoneState, PlaybackState } from './types.js'

export interface ConnectionState {
  status: ConnectionStatus
  /** The attempt that is under way or established. Events of any other are late, and ignored. */
  connectionId: string | null
  /** Reconnection attempts since the call was last established. */
  attempt: number
  /** When the next attempt is due, in milliseconds since the epoch. */
  nextRetryAt: number | null
  microphone: MicrophoneState
  playback: PlaybackState
  error: VoiceError | null
}

export const initialConnection: ConnectionState = {
  status: 'idle',
  connectionId: null,
  attempt: 0,
  nextRetryAt: null,
  microphone: 'off',
  playback: 'idle',
  error: null,
}

/** A call that is on, or on its way: the states in which a reload should bring it back. */
export function isCallWanted(status: ConnectionStatus): boolean {
  return status === 'connecting' || status === 'connected' || status === 'reconnecting'
}

function end(state: ConnectionState, status: ConnectionStatus, error: VoiceError | null) {
  state.status = status
  state.connectionId = null
  state.nextRetryAt = null
  state.playback = 'idle'
  state.error = error
}

export function createConnectionSlice(path: string, actions: VoiceAgentActions) {
  return createSlice({
    name: `${path}/connection`,
    initialState: initialConnection,
    reducers: {},
    extraReducers: (builder) => {
      builder
        .addCase(actions.connectRequested, (state) => {
          if (isCallWanted(state.status)) return
          state.status = 'connecting'
          state.attempt = 0
          state.error = null
        })
        .addCase(actions.connectionAttempted, (state, { payload }) => {
          if (!isCallWanted(state.status)) return
          state.connectionId = payload.connectionId
          state.attempt = payload.attempt
          state.nextRetryAt = null
        })
        .addCase(actions.connectionEstablished, (state, { payload }) => {
          if (!isCallWanted(state.status) || payload.connectionId !== state.connectionId) return
          state.status = 'connected'
          state.attempt = 0
          state.error = null
        })
        .addCase(actions.connectionLost, (state, { payload }) => {
          if (!isCallWanted(state.status) || payload.connectionId !== state.connectionId) return
          state.status = 'reconnecting'
          state.connectionId = null
          state.playback = 'idle'
          state.error = payload.error
        })
        .addCase(actions.reconnectScheduled, (state, { payload }) => {
          if (!isCallWanted(state.status)) return
          state.status = 'reconnecting'
          state.attempt = payload.attempt
          state.nextRetryAt = payload.nextRetryAt
        })
        .addCase(actions.connectionFailed, (state, { payload }) => {
          if (isCallWanted(state.status)) end(state, 'failed', payload.error)
        })
        .addCase(actions.connectionClosed, (state) => {
          if (isCallWanted(state.status)) end(state, 'disconnected', null)
        })
        .addCase(actions.microphoneChanged, (state, { payload }) => {
          state.microphone = payload.microphone
          if (payload.error) state.error = payload.error
        })
        .addCase(actions.playbackChanged, (state, { payload }) => {
          state.playback = payload.playback
        })
        .addCase(actions.agentErrorReported, (state, { payload }) => {
          state.error = payload.error
        })
        .addCase(actions.sessionEnded, () => initialConnection)
        .addCase(actions.sessionRehydrated, (state) => {
          // What was stored says whether a call was on; the call itself did not survive the page.
          if (state.status === 'disconnected' || state.status === 'failed') return initialConnection
        })
    },
  })
}
