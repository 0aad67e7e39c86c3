import { isCallWanted, type VoiceAgentState } from '../../../store/index.js'

/** Selectors of one agent's state that several parts use. */
export const selectConnection = ({ connection }: VoiceAgentState) => connection
export const selectIsCallOn = ({ connection }: VoiceAgentState) => isCallWanted(connection.status)
export const selectConnectionStatus = ({ connection }: VoiceAgentState) => connection.status
export const selectDraft = ({ conversation }: VoiceAgentState) => conversation.draft
export const selectOutbox = ({ conversation }: VoiceAgentState) => conversation.outbox
export const selectTalk = ({ connection }: VoiceAgentState) => connection.talk
export const selectMicrophone = ({ connection }: VoiceAgentState) => connection.microphone
export const selectRestoredCount = ({ conversation }: VoiceAgentState) => conversation.restoredCount
export const selectRestore = ({ session }: VoiceAgentState) => session.restore
export const selectSessionId = ({ session }: VoiceAgentState) => session.id
export const selectTabId = ({ session }: VoiceAgentState) => session.tabId
export const selectMirror = ({ session }: VoiceAgentState) => session.mirror
export const selectStorage = ({ session }: VoiceAgentState) => session.storage

/** Number of messages in the whole conversation, including those that are not loaded. */
export const selectMessageCount = ({ conversation }: VoiceAgentState) =>
  conversation.firstLoadedIndex + conversation.messages.count
