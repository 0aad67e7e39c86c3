import { createReducer } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import type { VoiceError } from './errors.js'
import type {
  ChosenDevices,
  ConnectionStatus,
  DeviceFallback,
  EndReason,
  MicrophoneState,
  MicrophoneTrouble,
  PlaybackState,
  TalkMode,
} from './types.js'

/** State of the slice `connection`. */
export interface ConnectionState extends ChosenDevices {
  status: ConnectionStatus
  /** True from when this page ends the call until its end is confirmed. */
  isEnding: boolean
  /** Id of the current connection or attempt. Late events of other connections are ignored. */
  connectionId: string | null
  /** Reconnection attempts since the call was last established. */
  attempt: number
  /** Attempts before the call fails, for "attempt 2 of 25"; null before the first attempt, or if there is no limit. */
  maxAttempts: number | null
  /** Time of the next attempt, in milliseconds since the epoch. */
  nextRetryAt: number | null
  microphone: MicrophoneState
  playback: PlaybackState
  /** Set if a device was replaced without the user's choice, until the user chooses a device or the call ends. */
  deviceFallback: DeviceFallback | null
  /** Number of messages from the agent that were not understood since the call was requested. */
  protocolErrors: number
  /** Why the last call ended without the user ending it, which is not an error. Null otherwise, and as soon as another call starts. */
  endReason: EndReason | null
  error: VoiceError | null
}

export const initialConnection: ConnectionState = {
  status: 'idle',
  isEnding: false,
  connectionId: null,
  attempt: 0,
  maxAttempts: null,
  nextRetryAt: null,
  microphone: 'off',
  playback: 'idle',
  microphoneId: null,
  speakerId: null,
  volume: 1,
  isMuted: false,
  talk: 'hands-free',
  deviceFallback: null,
  protocolErrors: 0,
  endReason: null,
  error: null,
}

/** Picks the device choices. */
export function chosenDevices({
  microphoneId,
  speakerId,
  volume,
  isMuted,
  talk,
}: ChosenDevices): ChosenDevices {
  return { microphoneId, speakerId, volume, isMuted, talk }
}

export function areDevicesSame(before: ChosenDevices, after: ChosenDevices): boolean {
  return (
    before.microphoneId === after.microphoneId &&
    before.speakerId === after.speakerId &&
    before.volume === after.volume &&
    before.isMuted === after.isMuted &&
    before.talk === after.talk
  )
}

/** Resets the connection, except for the chosen devices. */
function withoutCall(state: ConnectionState): ConnectionState {
  return { ...initialConnection, ...chosenDevices(state), isMuted: false }
}

/** True if a microphone was requested but doesn't work. */
export function isMicrophoneTrouble(microphone: MicrophoneState): microphone is MicrophoneTrouble {
  return !(['off', 'prompting', 'live', 'muted'] as MicrophoneState[]).includes(microphone)
}

/** True for a call that is connected or connecting. A reload should restore it. */
export function isCallWanted(status: ConnectionStatus): boolean {
  return status === 'connecting' || status === 'connected' || status === 'reconnecting'
}

function end(state: ConnectionState, status: ConnectionStatus, error: VoiceError | null) {
  state.status = status
  state.isEnding = false
  state.connectionId = null
  state.nextRetryAt = null
  // The media stop with the call and report nothing afterwards.
  state.microphone = 'off'
  state.playback = 'idle'
  state.deviceFallback = null
  state.error = error
}

function begin(state: ConnectionState) {
  if (isCallWanted(state.status)) return
  state.status = 'connecting'
  state.isEnding = false
  state.attempt = 0
  state.protocolErrors = 0
  state.endReason = null
  state.error = null
}

const isOfMicrophone = ({ error }: ConnectionState) => error?.code.startsWith('microphone-')

/** Clears the error, unless it is a microphone error that still persists. */
function connect(state: ConnectionState) {
  state.status = 'connected'
  state.attempt = 0
  if (!isOfMicrophone(state) || !isMicrophoneTrouble(state.microphone)) state.error = null
}

function show(state: ConnectionState, { payload }: { payload: { error: VoiceError } }) {
  state.error = payload.error
}

/** Sessions stored by earlier versions have no mode. */
export const isTalkMode = (talk: unknown): talk is TalkMode =>
  talk === 'hands-free' || talk === 'push-to-talk' || talk === 'text'

export function createConnectionReducer(actions: VoiceAgentActions, talk: TalkMode) {
  const initial = { ...initialConnection, talk }
  return createReducer(initial, (builder) => {
    builder
      .addCase(actions.connectRequested, begin)
      .addCase(actions.callBegan, begin)
      .addCase(actions.disconnectRequested, (state, { payload }) => {
        // Without this check, a subscriber that ends every call would loop forever: it would still see the call, and end it again.
        if (!isCallWanted(state.status)) return
        state.status = 'disconnected'
        state.isEnding = true
        state.endReason = payload?.reason ?? null
      })
      .addCase(actions.connectionAttempted, (state, { payload }) => {
        state.connectionId = payload.connectionId
        state.attempt = payload.attempt
        state.nextRetryAt = null
      })
      .addCase(actions.connectionEstablished, connect)
      .addCase(actions.connectionInterrupted, (state, { payload }) => {
        state.status = 'reconnecting'
        state.error = payload.error
      })
      .addCase(actions.connectionRecovered, connect)
      .addCase(actions.connectionLost, (state, { payload }) => {
        state.status = 'reconnecting'
        state.connectionId = null
        state.playback = 'idle'
        state.error = payload.error
      })
      .addCase(actions.connectionReplaced, (state) => {
        state.status = 'connecting'
        state.connectionId = null
        state.playback = 'idle'
      })
      .addCase(actions.reconnectScheduled, (state, { payload }) => {
        state.status = 'reconnecting'
        state.attempt = payload.attempt
        state.maxAttempts = payload.maxAttempts ?? null
        state.nextRetryAt = payload.nextRetryAt
      })
      .addCase(actions.connectionFailed, (state, { payload }) => {
        end(state, 'failed', payload.error)
      })
      .addCase(actions.connectionClosed, (state) => {
        end(state, 'disconnected', null)
        state.isMuted = false
      })
      .addCase(actions.microphoneChanged, (state, { payload }) => {
        state.microphone = payload.microphone
        if (payload.error) state.error = payload.error
        else if (isOfMicrophone(state)) state.error = null
      })
      .addCase(actions.muteRequested, (state) => {
        state.isMuted = true
        if (state.microphone === 'live' || state.microphone === 'muted-by-system') state.microphone = 'muted'
      })
      .addCase(actions.unmuteRequested, (state) => {
        state.isMuted = false
        if (state.microphone === 'muted') state.microphone = 'live'
      })
      .addCase(actions.talkModeRequested, (state, { payload }) => {
        state.talk = payload.talk
        // A transport with its own media may not report the microphone change.
        const isHeard = payload.talk === 'hands-free' && !state.isMuted
        if (state.microphone === 'live' || state.microphone === 'muted')
          state.microphone = isHeard ? 'live' : 'muted'
      })
      .addCase(actions.startTalkingRequested, (state) => {
        if (state.microphone === 'muted') state.microphone = 'live'
      })
      .addCase(actions.stopTalkingRequested, (state) => {
        if (state.microphone === 'live') state.microphone = 'muted'
      })
      .addCase(actions.selectMicrophoneRequested, (state, { payload }) => {
        state.microphoneId = payload.deviceId
        if (state.deviceFallback?.device === 'microphone') state.deviceFallback = null
      })
      .addCase(actions.selectSpeakerRequested, (state, { payload }) => {
        state.speakerId = payload.deviceId
        if (state.deviceFallback?.device === 'speaker') state.deviceFallback = null
      })
      .addCase(actions.volumeRequested, (state, { payload }) => {
        state.volume = payload.volume
      })
      .addCase(actions.deviceFellBack, (state, { payload: { device, reason, deviceId } }) => {
        if (device === 'microphone') state.microphoneId = deviceId
        else state.speakerId = deviceId
        state.deviceFallback = { device, reason }
      })
      .addCase(actions.playbackChanged, (state, { payload }) => {
        state.playback = payload.playback
      })
      .addCase(actions.sendTextRequested, (state) => {
        // Clears the error of a text that was refused before this one.
        const code = state.error?.code
        if (code === 'text-too-long' || code === 'invalid-option') state.error = null
      })
      .addCase(actions.agentErrorReported, show)
      .addCase(actions.textRefused, show)
      .addCase(actions.protocolErrorsReported, (state, { payload }) => {
        state.protocolErrors += payload.count
        if (payload.error) state.error = payload.error
      })
      .addCase(actions.sessionEnded, withoutCall)
      .addCase(actions.agentReset, () => initial)
      .addCase(actions.sessionRehydrated, (state, { payload }) => {
        // Choices made on this page are newer than the stored ones.
        if (payload.devices && areDevicesSame(state, initial)) {
          const { devices } = payload
          Object.assign(state, chosenDevices(devices))
          if (!isTalkMode(devices.talk)) state.talk = talk
        }
        // The previous session's ended call must not be shown with this one.
        // Assigned, because a reducer that has changed its draft may not return another state.
        if (state.status === 'disconnected' || state.status === 'failed')
          Object.assign(state, withoutCall(state))
        // The call in the state is the other tab's. A user who was muted there stays muted.
        if (payload.isTaken) Object.assign(state, withoutCall(state), { isMuted: state.isMuted })
        if (payload.isTaken && payload.isCallEnded) end(state, 'disconnected', null)
      })
  })
}
