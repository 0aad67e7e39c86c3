import type { VoiceAgentState } from '../../../store/index.js'

/** Of one agent's state, what several parts follow. */
export const selectConnection = ({ connection }: VoiceAgentState) => connection
export const selectConnectionStatus = ({ connection }: VoiceAgentState) => connection.status
export const selectRestoredCount = ({ conversation }: VoiceAgentState) => conversation.restoredCount
export const selectRestore = ({ session }: VoiceAgentState) => session.restore
export const selectSessionId = ({ session }: VoiceAgentState) => session.id
export const selectStorage = ({ session }: VoiceAgentState) => session.storage

/** Of the whole conversation, those that are not loaded included. */
export const selectMessageCount = ({ conversation }: VoiceAgentState) =>
  conversation.firstLoadedIndex + conversation.messages.count
