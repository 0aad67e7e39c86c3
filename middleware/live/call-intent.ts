import type { CallIntent } from '../drivers/storage/ports.js'
import type { Event } from './events.js'
import type { Live } from './state.js'

/** Returns what the tab must remember, for its next page, of a call that no stored session records. */
export function callIntentOf({ call, session, job }: Live): CallIntent {
  if (job?.kind === 'restore') {
    // The other tab still has it.
    if (job.taken) return null
    if (job.isCallDue && job.step !== 'calling' && job.step !== 'idle') return 'wanted'
    // The session that is being restored is stored with its call.
    if (job.isOfTab && !job.isCallAllowed && session === null && call === null) return 'ended'
  }
  return call !== null && session === null ? 'wanted' : null
}

const decisions: readonly Event['type'][] = [
  'tabTokenRead',
  'storageTaskDone',
  'createSessionRequested',
  'endSessionRequested',
  'disconnectRequested',
  'resetRequested',
  'eraseAllRequested',
  'erasedElsewhere',
  'stateReplaced',
]

/** True if from then on the intent that the previous page left is known, or no longer matters. */
export const decidesCallIntent = (event: Event): boolean =>
  decisions.includes(event.type) || (event.type === 'restoreRequested' && event.payload.sessionId !== null)
