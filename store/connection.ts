import { createSlice, type UnknownAction } from '@reduxjs/toolkit'
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

/**
 * Whether an action reports of a connection that is no longer the one under way. The reducer drops it before any slice sees it,
 * so that late and stale events are ignored by construction.
 */
export function isLateConnectionEvent(
  { status, connectionId }: ConnectionState,
  actions: VoiceAgentActions,
  action: UnknownAction,
): boolean {
  if (actions.connectionEstablished.match(action) || actions.connectionLost.match(action)) {
    return !isCallWanted(status) || action.payload.connectionId !== connectionId
  }
  return (
    !isCallWanted(status) &&
    (actions.connectionAttempted.match(action) ||
      actions.reconnectScheduled.match(action) ||
      actions.connectionFailed.match(action) ||
      actions.connectionClosed.match(action))
  )
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
          state.connectionId = payload.connectionId
          state.attempt = payload.attempt
          state.nextRetryAt = null
        })
        .addCase(actions.connectionEstablished, (state) => {
          state.status = 'connected'
          state.attempt = 0
          state.error = null
        })
        .addCase(actions.connectionLost, (state, { payload }) => {
          state.status = 'reconnecting'
          state.connectionId = null
          state.playback = 'idle'
          state.error = payload.error
        })
        .addCase(actions.reconnectScheduled, (state, { payload }) => {
          state.status = 'reconnecting'
          state.attempt = payload.attempt
          state.nextRetryAt = payload.nextRetryAt
        })
        .addCase(actions.connectionFailed, (state, { payload }) => {
          end(state, 'failed', payload.error)
        })
        .addCase(actions.connectionClosed, (state) => {
          end(state, 'disconnected', null)
        })
        .addCase(actions.microphoneChanged, (state, { payload }) => {
          state.microphone = payload.microphone
          if (payload.error) state.error = payload.error
          else if (state.error?.code.startsWith('microphone-')) state.error = null
        })
        .addCase(actions.muteRequested, (state) => {
          if (state.microphone === 'live') state.microphone = 'muted'
        })
        .addCase(actions.unmuteRequested, (state) => {
          if (state.microphone === 'muted') state.microphone = 'live'
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
