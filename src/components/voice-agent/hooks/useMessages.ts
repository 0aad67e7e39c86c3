import { type Message, selectAllMessages, type VoiceAgentState } from '../../../../store/index.js'
import { useAgentSource, type VoiceAssistantConfig } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'

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
