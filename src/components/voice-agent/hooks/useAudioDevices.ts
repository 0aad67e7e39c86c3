import { useCallback, useSyncExternalStore } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { type AudioDevices, unknownDevices } from '../../../lib/voice-agent/audio/audio-devices.js'
import { type AgentHandle, type AgentSource, useAgentSource, useAgentState } from './agent-source.js'

/** The available devices, and the selected ones. */
export interface ChosenAudioDevices extends AudioDevices {
  /** Null for the system's default. */
  microphoneId: string | null
  speakerId: string | null
  /** 0 to 1. */
  volume: number
}

const selectMicrophoneId = (state: VoiceAgentState) => state.connection.microphoneId
const selectSpeakerId = (state: VoiceAgentState) => state.connection.speakerId
const selectVolume = (state: VoiceAgentState) => state.connection.volume

/** @internal */
export function useDevicesOfSource(source: AgentSource): ChosenAudioDevices {
  const list = source.agent?.devices
  const subscribe = useCallback((listener: () => void) => list?.subscribe(listener) ?? (() => {}), [list])
  const devices = useSyncExternalStore(
    subscribe,
    () => list?.get() ?? unknownDevices,
    () => unknownDevices,
  )
  return {
    ...devices,
    microphoneId: useAgentState(source, selectMicrophoneId),
    speakerId: useAgentState(source, selectSpeakerId),
    volume: useAgentState(source, selectVolume),
  }
}

/**
 * Returns the microphones and speakers, and follows them as they are plugged in and out. Never asks for permission: until the user allows the
 * microphone, devices have no names and both lists are empty. Choose with `selectMicrophone`, `selectSpeaker` and `setVolume`.
 *
 * @param config The agent; by default the one from the `<VoiceAgentProvider>` above.
 * @throws VoiceAgentError `invalid-option` without a config or a provider.
 */
export function useAudioDevices(config?: { agent: AgentHandle }): ChosenAudioDevices {
  return useDevicesOfSource(useAgentSource(config).source)
}
