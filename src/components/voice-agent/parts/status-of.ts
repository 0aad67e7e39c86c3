import type { RestoreState, VoiceAgentState } from '../../../../store/index.js'

/** What the status line says: connection, conversation and microphone in one word. */
export type StatusKind =
  | 'restoring'
  | 'idle'
  | 'connecting'
  | 'prompting'
  | 'listening'
  | 'hearing'
  | 'thinking'
  | 'speaking'
  | 'muted'
  | 'typing-only'
  | 'reconnecting'
  | 'disconnected'
  | 'failed'

function connectedStatus({ connection, conversation }: VoiceAgentState): StatusKind {
  if (conversation.status === 'speaking') return 'speaking'
  if (conversation.status === 'processing') return 'thinking'
  // Never "Listening" unless the microphone really lets sound through.
  if (connection.microphone === 'live')
    return conversation.interim?.speechMs === null ? 'hearing' : 'listening'
  if (connection.microphone === 'muted') return 'muted'
  return connection.microphone === 'prompting' ? 'prompting' : 'typing-only'
}

/** The one word for a state. */
export function statusOf(state: VoiceAgentState): StatusKind {
  const { status, microphone } = state.connection
  if (status === 'connected') return connectedStatus(state)
  if (status === 'connecting') return microphone === 'prompting' ? 'prompting' : 'connecting'
  if (status === 'idle' && restorationOf(state) === 'restoring') return 'restoring'
  return status
}

/** How far bringing the earlier conversation back has come. */
export type Restoration = 'none' | 'restoring' | 'restored' | 'failed'

export function restorationOf({
  session,
  conversation,
}: {
  session: { restore: RestoreState }
  conversation: { restoredCount: number }
}): Restoration {
  const { phase, conversation: outcome } = session.restore
  if (outcome === 'failed') return 'failed'
  // Only a message that was there makes a conversation that came back: an empty one has nothing to say about it.
  if (outcome === 'restored') return conversation.restoredCount > 0 ? 'restored' : 'none'
  // Reconnecting and what follows it come after the conversation itself, which is not there then.
  const isReading =
    phase !== 'idle' && phase !== 'done' && phase !== 'reconnecting' && phase !== 'emitting-messages'
  return isReading ? 'restoring' : 'none'
}
