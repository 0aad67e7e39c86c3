import type { CallIntent } from '../drivers/storage/ports.js'
import type { Event } from './events.js'
import type { Live } from './state.js'

/** Returns the user's decision about a call that no stored session records, for the tab's next page. */
export function callIntentOf({ call, session, job }: Live): CallIntent {
  if (job?.kind === 'restore') {
    // The other tab still has the call.
    if (job.taken) return null
    if (job.isCallDue && job.step !== 'calling' && job.step !== 'idle') return 'wanted'
    // The session being restored is stored with its call, which would come back.
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

/** True if the event makes the previous page's intent known or irrelevant. */
export const decidesCallIntent = (event: Event): boolean =>
  decisions.includes(event.type) || (event.type === 'restoreRequested' && event.payload.sessionId !== null)
