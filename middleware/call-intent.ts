import type { CallIntent, TabIdentity } from './drivers/storage/ports.js'
import type { Event } from './live/events.js'
import type { Live } from './live/state.js'

/** Returns the user's decision about a call that no stored session records, for the tab's next page. */
export function callIntentOf({ call, session, job, consent, endedIds }: Live): CallIntent {
  // Nothing is stored without consent.
  if (consent === false) return null
  if (job?.kind === 'restore') {
    // The other tab still has the call.
    if (job.taken) return null
    if (job.isCallDue && job.step !== 'calling' && job.step !== 'idle') return 'wanted'
    // The session of the tab's token, which is not known yet.
    if (job.isOfTab && job.sessionId === null && !job.isCallAllowed && call === null) return 'ended'
  }
  if (call !== null) return session === null ? 'wanted' : null
  // The page may be left before it has stored the end. Even if it can't read that session, the tab's next page may.
  return endedIds.length === 0 ? null : 'ended'
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
const isDecision = (event: Event): boolean =>
  decisions.includes(event.type) || (event.type === 'restoreRequested' && event.payload.sessionId !== null)

/** True if the next page may learn about the call. Nothing is stored without consent. */
const leavesMark = ({ call, consent }: Live): boolean => call !== null && consent === true

/** Tells the tab's next page that there was a call. */
export interface CallMark {
  isSet(): boolean
  set(isOn: boolean): void
}

/** Records what the tab's next page needs to know about the call before it has read the stored session. */
export interface CallIntentRecord {
  /** Called with each event, and the live record before and after it. */
  update(event: Event, before: Live, after: Live): void
  /** True if a decision can be recorded only once the tab has its id, so an agent that ends must wait for that. */
  isPending(live: Live): boolean
}

export function createCallIntentRecord(
  tab: Pick<TabIdentity, 'setCallIntent'>,
  callMark: CallMark,
): CallIntentRecord {
  /** True once an event has decided whether the next page calls. */
  let isDecided = false
  return {
    update(event, before, after) {
      const intent = callIntentOf(after)
      if (intent !== callIntentOf(before) || isDecision(event)) tab.setCallIntent(intent)
      if (leavesMark(after) !== leavesMark(before)) callMark.set(leavesMark(after))
      isDecided ||= isDecision(event)
    },
    isPending: (live) => callIntentOf(live) === 'ended' || (isDecided && live.tab === null),
  }
}
