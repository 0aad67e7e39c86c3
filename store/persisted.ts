import { areDevicesSame } from './connection.js'
import type { VoiceAgentState } from './state.js'

/** Compares all but the network samples, which are not restored. */
export function differInStats(
  { stats: before }: VoiceAgentState,
  { stats: after }: VoiceAgentState,
): boolean {
  return (
    before.startedAt !== after.startedAt ||
    before.endedAt !== after.endedAt ||
    before.reconnectAttempts !== after.reconnectAttempts
  )
}

/** True if a change needs a save. Compares everything that `takeSnapshot` reads by reference. */
export function differsWherePersisted(before: VoiceAgentState, after: VoiceAgentState): boolean {
  return (
    before.conversation.messages !== after.conversation.messages ||
    before.conversation.status !== after.conversation.status ||
    before.conversation.draft !== after.conversation.draft ||
    before.conversation.outbox !== after.conversation.outbox ||
    before.connection.status !== after.connection.status ||
    !areDevicesSame(before.connection, after.connection) ||
    before.session.id !== after.session.id ||
    before.session.title !== after.session.title ||
    differInStats(before, after)
  )
}
