import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'

/** What a view can ask of an agent. None of them throws or rejects: what goes wrong is in the state, as `error`. */
export interface VoiceAssistantCommands {
  /** Starts a call. Resolves when it is there, or has failed. */
  connect: () => Promise<void>
  /** Ends the call. The conversation stays. */
  disconnect: () => Promise<void>
  /** Sends a typed turn. */
  sendText: (text: string) => void
  /** Stops the agent's turn. */
  interrupt: () => void
  mute: () => void
  unmute: () => void
  /** Starts sound that the browser held back. Call it from a click. */
  resumePlayback: () => void
  /** Asks for the microphone again after trouble with it. Call it from a click. */
  retryMicrophone: () => void
  /** Another microphone, at once during a call; null for the system's default. */
  selectMicrophone: (deviceId: string | null) => void
  /** Another speaker, where the browser lets a page choose. */
  selectSpeaker: (deviceId: string | null) => void
  /** Lets the person choose a speaker from the browser's own list. Call it from a click. */
  promptForSpeaker: () => void
  /** Of the agent's voice, from 0 to 1. iOS ignores it. */
  setVolume: (volume: number) => void
  /** Reconnects now, instead of at the end of the countdown. */
  retry: () => void
  /** Ends the call and begins an empty conversation. The earlier one stays stored. */
  newSession: () => Promise<void>
  /** Loads stored messages from before those loaded. */
  loadEarlierMessages: () => Promise<void>
}

/**
 * Commands to whichever agent there is when they are called; while there is none, they do nothing.
 * Made once, so that they are the same functions for as long as a component is mounted.
 */
export function createCommands(getAgent: () => WebRTCVoiceAgent | null): VoiceAssistantCommands {
  /** What went wrong is in the state already; a rejected promise beside it would only be reported as unhandled. */
  async function ask(command: (agent: WebRTCVoiceAgent) => Promise<void> | void): Promise<void> {
    const agent = getAgent()
    try {
      if (agent) await command(agent)
    } catch {}
  }
  return {
    connect: () => ask((agent) => agent.connect()),
    disconnect: () => ask((agent) => agent.disconnect()),
    sendText: (text) => void ask((agent) => agent.sendText(text)),
    interrupt: () => void ask((agent) => agent.interrupt()),
    mute: () => void ask((agent) => agent.mute()),
    unmute: () => void ask((agent) => agent.unmute()),
    resumePlayback: () => void ask((agent) => agent.resumePlayback()),
    retryMicrophone: () => void ask((agent) => agent.retryMicrophone()),
    selectMicrophone: (deviceId) => void ask((agent) => agent.selectMicrophone(deviceId)),
    selectSpeaker: (deviceId) => void ask((agent) => agent.selectSpeaker(deviceId)),
    promptForSpeaker: () => void ask((agent) => agent.promptForSpeaker()),
    setVolume: (volume) => void ask((agent) => agent.setVolume(volume)),
    retry: () => void ask((agent) => agent.retry()),
    newSession: () => ask((agent) => agent.newSession()),
    loadEarlierMessages: () => ask((agent) => agent.loadEarlierMessages()),
  }
}
