import { createSelector } from '@reduxjs/toolkit'
import { type Message, sortUnsent, type VoiceAgentState } from '../../../../store/index.js'
import { useAgentSource, type VoiceAssistantConfig } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'

/** The texts that no agent is known to have read, oldest first. */
export interface Outbox {
  /** They wait for a connection, or for the agent's acknowledgement. */
  pending: readonly Message[]
  /** Their call ended before. Offer `resendText`. */
  notSent: readonly Message[]
  /** Sends a text again that was not sent, by its id. Without a call, starts one. */
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
 * Returns the texts of a conversation that are not sent.
 *
 * @param config See `useWebRTCVoiceAssistant`; not needed inside a `<VoiceAgentProvider>`.
 * @throws VoiceAgentError `invalid-option` without config and provider; `not-mounted` if no store contains the agent.
 * @example
 * const { notSent, resendText } = useOutbox()
 * return notSent.map(({ id, text }) => <button key={id} onClick={() => resendText(id)}>Send again: {text}</button>)
 */
export function useOutbox(config?: VoiceAssistantConfig): Outbox {
  const { source, commands } = useAgentSource(config)
  return { ...useAgentState(source, selectUnsent), resendText: commands.resendText }
}
