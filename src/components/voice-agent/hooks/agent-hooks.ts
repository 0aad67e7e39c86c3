import { createSelector } from '@reduxjs/toolkit'
import { useCallback, useSyncExternalStore } from 'react'
import {
  type ConnectionQuality,
  connectionQualityOf,
  type Message,
  selectAllMessages,
  sortUnsent,
  type VoiceAgentState,
} from '../../../../store/index.js'
import type { AudioSource } from '../../../lib/voice-agent/audio/audio-level.js'
import { type AgentHandle, useAgentSource, useAgentState, type VoiceAssistantConfig } from './agent-source.js'
import type { VoiceAssistantCommands } from './commands.js'

/**
 * Returns a voice agent's commands without its state: a component that only starts or ends calls does not re-render as text streams.
 *
 * @param config See `useWebRTCVoiceAssistant`; not needed inside a `<VoiceAgentProvider>`.
 * @throws VoiceAgentError `invalid-option` without a config or a provider; `not-mounted` if no store contains the agent.
 * @example
 * const { connect } = useVoiceAgentCommands()
 * return <button onClick={connect}>Ask the shop</button>
 */
export function useVoiceAgentCommands(config?: VoiceAssistantConfig): VoiceAssistantCommands {
  return useAgentSource(config).commands
}

const selectMessages = ({ conversation }: VoiceAgentState): readonly Message[] =>
  selectAllMessages(conversation)

/**
 * Returns the loaded messages, oldest first. Re-renders only when a message changes. Unchanged messages keep their identity, so
 * a memoized row re-renders only for its own changes.
 *
 * @param config See `useWebRTCVoiceAssistant`; not needed inside a `<VoiceAgentProvider>`.
 * @throws VoiceAgentError `invalid-option` without a config or a provider; `not-mounted` if no store contains the agent.
 * @example
 * const Row = memo(({ message }: { message: Message }) => <li>{message.text}</li>)
 *
 * function Messages() {
 *   return <ol>{useMessages().map((message) => <Row key={message.id} message={message} />)}</ol>
 * }
 */
export function useMessages(config?: VoiceAssistantConfig): readonly Message[] {
  return useAgentState(useAgentSource(config).source, selectMessages)
}

/** Texts that are not known to have reached an agent, oldest first. */
export interface Outbox {
  /** Waiting for a connection, or for the agent's acknowledgement. */
  pending: readonly Message[]
  /** Their call ended before they were sent. Offer `resendText`. */
  notSent: readonly Message[]
  /** Resends an unsent text, by its id. Starts a call if there is none. */
  resendText: (id: string) => void
}

const selectUnsent = /* @__PURE__ */ createSelector(
  [
    ({ conversation }: VoiceAgentState) => conversation.messages,
    ({ conversation }: VoiceAgentState) => conversation.outbox,
  ],
  (messages, outbox) => sortUnsent({ messages, outbox }),
)

/**
 * Returns the conversation's unsent texts.
 *
 * @param config See `useWebRTCVoiceAssistant`; not needed inside a `<VoiceAgentProvider>`.
 * @throws VoiceAgentError `invalid-option` without a config or a provider; `not-mounted` if no store contains the agent.
 * @example
 * const { notSent, resendText } = useOutbox()
 * return notSent.map(({ id, text }) => <button key={id} onClick={() => resendText(id)}>Send again: {text}</button>)
 */
export function useOutbox(config?: VoiceAssistantConfig): Outbox {
  const { source, commands } = useAgentSource(config)
  return { ...useAgentState(source, selectUnsent), resendText: commands.resendText }
}

/**
 * Rates the connection with ITU-T's E-model over the last five seconds: `excellent`, `good` or `poor`; `lost` while the agent reconnects.
 * Null without a call, and until the first measurement.
 *
 * @param config The agent; by default the one from the `<VoiceAgentProvider>` above.
 * @throws VoiceAgentError `invalid-option` without a config or a provider.
 */
export function useConnectionQuality(config?: { agent: AgentHandle }): ConnectionQuality | null {
  return useAgentState(useAgentSource(config).source, connectionQualityOf)
}

/**
 * Returns how loud a voice is, from 0, silence (−60 dBFS and below), to 1, full scale. Re-renders when the level changes, up to
 * 16 times a second; to draw without rendering, subscribe to `agent.audioLevel(source)`. The level is measured only during a call,
 * while the page is visible and a component uses it.
 *
 * @param config The agent; by default the one from the `<VoiceAgentProvider>` above.
 * @throws VoiceAgentError `invalid-option` without a config or a provider.
 * @example const level = useAudioLevel('agent')
 */
export function useAudioLevel(source: AudioSource, config?: { agent: AgentHandle }): number {
  const { agent } = useAgentSource(config).source
  const level = agent?.audioLevel(source)
  const subscribe = useCallback((listener: () => void) => level?.subscribe(listener) ?? (() => {}), [level])
  return useSyncExternalStore(
    subscribe,
    () => level?.get() ?? 0,
    () => 0,
  )
}
