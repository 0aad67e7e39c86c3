import { createSelector } from '@reduxjs/toolkit'
import { type Message, sortUnsent, type VoiceAgentState } from '../../../../store/index.js'
import { useAgentSource, type VoiceAssistantConfig } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'

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
