import type { TalkMode } from '../../../../store/index.js'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'

/** A view's commands to its agent. They never throw or reject; failures end up in the state, as `error`. */
export interface VoiceAssistantCommands {
  /** Starts a call. Resolves when the call is established or has failed. */
  connect: () => Promise<void>
  /** Ends the call. The conversation stays. */
  disconnect: () => Promise<void>
  /** Sends a typed turn. */
  sendText: (text: string) => void
  /** Resends an unsent text, by its id. Starts a call if there is none. */
  resendText: (id: string) => void
  /** Replaces the draft, which is encrypted and restored with the session. Call it on every change in your own composer. */
  setDraft: (text: string) => void
  /** Stops the agent's turn. */
  interrupt: () => void
  /** Chooses how the user talks, even during a call. Call it from a click, because leaving `text` requests the microphone. */
  setTalkMode: (talk: TalkMode) => void
  /** Opens the microphone for push to talk, and interrupts the agent. */
  startTalking: () => void
  stopTalking: () => void
  mute: () => void
  unmute: () => void
  /** Starts playback that the browser blocked. Call it from a click. */
  resumePlayback: () => void
  /** Requests the microphone again after an error. Call it from a click. */
  retryMicrophone: () => void
  /** Selects a microphone, even during a call; null selects the system's default. */
  selectMicrophone: (deviceId: string | null) => void
  /** Selects a speaker, if the browser supports it; null selects the system's default. */
  selectSpeaker: (deviceId: string | null) => void
  /** Opens the browser's list of speakers. Call it from a click. */
  promptForSpeaker: () => void
  /** Sets the volume of the agent's voice, from 0 to 1. iOS ignores it. */
  setVolume: (volume: number) => void
  /** Reconnects now, without waiting for the countdown. */
  retry: () => void
  /** Approves a tool call that is waiting for the user (`message.tool.status` is `awaiting-approval`), by its message's id. */
  approveTool: (toolCallId: string) => void
  /** Declines a tool call. It does not run, and the agent is notified. */
  declineTool: (toolCallId: string) => void
  /** Ends the call and begins an empty conversation. The previous one stays stored. */
  newSession: () => Promise<void>
  /** Loads stored messages from before the loaded ones. */
  loadEarlierMessages: () => Promise<void>
}

/**
 * Creates commands for the agent that `getAgent` returns at call time; without an agent they do nothing.
 * A component creates them once, so their identity is stable while it is mounted.
 */
export function createCommands(getAgent: () => WebRTCVoiceAgent | null): VoiceAssistantCommands {
  /** Ignores errors: they are already in the state, and a rejection would be reported as unhandled. */
  async function run(command: (agent: WebRTCVoiceAgent) => Promise<void> | void): Promise<void> {
    const agent = getAgent()
    try {
      if (agent) await command(agent)
    } catch {}
  }
  return {
    connect: () => run((agent) => agent.connect()),
    disconnect: () => run((agent) => agent.disconnect()),
    sendText: (text) => void run((agent) => agent.sendText(text)),
    resendText: (id) => void run((agent) => agent.resendText(id)),
    setDraft: (text) => void run((agent) => agent.setDraft(text)),
    interrupt: () => void run((agent) => agent.interrupt()),
    setTalkMode: (talk) => void run((agent) => agent.setTalkMode(talk)),
    startTalking: () => void run((agent) => agent.startTalking()),
    stopTalking: () => void run((agent) => agent.stopTalking()),
    mute: () => void run((agent) => agent.mute()),
    unmute: () => void run((agent) => agent.unmute()),
    resumePlayback: () => void run((agent) => agent.resumePlayback()),
    retryMicrophone: () => void run((agent) => agent.retryMicrophone()),
    selectMicrophone: (deviceId) => void run((agent) => agent.selectMicrophone(deviceId)),
    selectSpeaker: (deviceId) => void run((agent) => agent.selectSpeaker(deviceId)),
    promptForSpeaker: () => void run((agent) => agent.promptForSpeaker()),
    setVolume: (volume) => void run((agent) => agent.setVolume(volume)),
    retry: () => void run((agent) => agent.retry()),
    approveTool: (toolCallId) => void run((agent) => agent.approveTool(toolCallId)),
    declineTool: (toolCallId) => void run((agent) => agent.declineTool(toolCallId)),
    newSession: () => run((agent) => agent.newSession()),
    loadEarlierMessages: () => run((agent) => agent.loadEarlierMessages()),
  }
}
