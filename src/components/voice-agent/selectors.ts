import {
  countMessages,
  isCallWanted,
  isUserSpeaking,
  type RestoreState,
  type VoiceAgentState,
} from '../../../store/index.js'

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
export const selectMessageCount = ({ conversation }: VoiceAgentState) => countMessages(conversation)

/** Connection, conversation and microphone in one word, for the status line. */
export type StatusKind =
  | 'restoring'
  | 'idle'
  | 'connecting'
  | 'prompting'
  | 'listening'
  | 'hearing'
  | 'thinking'
  | 'awaiting-approval'
  | 'speaking'
  | 'muted'
  | 'push-to-talk'
  | 'typing-only'
  | 'reconnecting'
  | 'disconnected'
  | 'failed'

function connectedStatus({ connection, conversation }: VoiceAgentState): StatusKind {
  if (conversation.status === 'speaking') return 'speaking'
  if (conversation.status === 'processing') return 'thinking'
  const isHeard = isUserSpeaking(conversation.turns.user)
  if (conversation.turns.approvals.length > 0 && !isHeard) return 'awaiting-approval'
  // "Listening" only if the microphone is live.
  if (connection.microphone === 'live') return isHeard ? 'hearing' : 'listening'
  if (connection.microphone === 'muted') return connection.talk === 'push-to-talk' ? 'push-to-talk' : 'muted'
  if (connection.microphone === 'muted-by-system') return 'muted'
  return connection.microphone === 'prompting' ? 'prompting' : 'typing-only'
}

export function selectStatusKind(state: VoiceAgentState): StatusKind {
  const { status, microphone } = state.connection
  if (status === 'connected') return connectedStatus(state)
  if (status === 'connecting') return microphone === 'prompting' ? 'prompting' : 'connecting'
  if (status === 'idle' && selectRestoration(state) === 'restoring') return 'restoring'
  return status
}

/** Progress and result of restoring the earlier conversation. */
export type Restoration = 'none' | 'restoring' | 'restored' | 'failed'

export function selectRestoration({
  session,
  conversation,
}: {
  session: { restore: RestoreState }
  conversation: { restoredCount: number }
}): Restoration {
  const { phase, conversation: outcome } = session.restore
  if (outcome === 'failed') return 'failed'
  // An empty conversation does not count as restored, because there is nothing to show.
  if (outcome === 'restored') return conversation.restoredCount > 0 ? 'restored' : 'none'
  // In the phases after reading, the conversation is already restored, or there is none.
  const isReading =
    phase !== 'idle' && phase !== 'done' && phase !== 'reconnecting' && phase !== 'emitting-messages'
  return isReading ? 'restoring' : 'none'
}
