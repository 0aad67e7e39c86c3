/**
 * The viewer of a share, its hook, and the transcript for a preview. Needs `react` and `react-redux`, but no microphone or store.
 *
 * @packageDocumentation
 */
'use client'

export {
  SharedConversation,
  type SharedConversationProps,
} from '../components/voice-agent/share/SharedConversation.js'
export { SharedMessages, type SharedMessagesProps } from '../components/voice-agent/share/SharedMessages.js'
export {
  type SharedConversationFlow,
  type SharedConversationOptions,
  useSharedConversation,
} from '../components/voice-agent/share/useSharedConversation.js'
