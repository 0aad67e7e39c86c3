import type { Message, VoiceAgentState } from '../../../../store/index.js'
import { selectAllMessages } from '../../../../store/messages.js'
import { useAgentSource, type VoiceAssistantConfig } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'

const selectMessages = ({ conversation }: VoiceAgentState): readonly Message[] =>
  selectAllMessages(conversation)

/**
 * The messages that are loaded, oldest first. Renders when one of them changes, and for nothing else; the others stay the same
 * objects, so that a memoised row renders once for each of its own changes.
 *
 * @param config As for `useWebRTCVoiceAssistant`; not needed inside a `<VoiceAgentProvider>`.
 * @throws VoiceAgentError `invalid-option` without config and provider; `not-mounted` when the agent is in no store.
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
