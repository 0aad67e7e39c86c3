import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentState } from '../store/index.js'

/** One of the agent's actions while the store processes it. */
interface Passage {
  action: UnknownAction
  before: VoiceAgentState
  /** True if the store showed the present when the action was dispatched. */
  isSynced: boolean
  /** `announced`: reported to the listener before its effect on the state was known. */
  status: 'passing' | 'announced' | 'applied'
}

/**
 * Tracks the agent's present state, independent of the state in the store, because DevTools may travel back in time or import
 * another log. Only the agent's own actions change the present.
 */
export interface Present {
  get(): VoiceAgentState
  /** True if the store shows the present. */
  isShown(): boolean
  /** Passes one of the agent's actions on to the store. */
  passOwn<Result>(action: UnknownAction, next: (action: UnknownAction) => Result): Result
  /** Passes an app action on, at the cost of two comparisons. */
  passForeign<Result>(action: UnknownAction, next: (action: UnknownAction) => Result): Result
  /** Applies the action that is being passed on, so that its listener is notified before something else happens. */
  applyPending(): void
}

export interface PresentListener {
  /** Called in dispatch order, including for actions that a subscriber dispatches in between. */
  onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  /** Called if an announced action changed the present only after it was announced. */
  onLateChange(before: VoiceAgentState, after: VoiceAgentState): void
  /** Called if an app action replaced the agent's state, such as a reset of the whole store on logout. */
  onReplaced(): void
}

/** @param show Returns the agent's state in the store. */
export function createPresent(
  reducer: Reducer<VoiceAgentState>,
  show: () => VoiceAgentState,
  listener: PresentListener,
): Present {
  let present = show()
  /** The agent's actions that are being passed on, innermost last. */
  const passages: Passage[] = []
  /** The present before the app action that is being passed on; null if there is none, or while the store shows another state. */
  let beforeForeign: VoiceAgentState | null = null

  /** Compares by value, because after time travel the store has the same state in other objects. */
  function isSame(shown: VoiceAgentState): boolean {
    return (
      shown.session.id === present.session.id &&
      shown.session.revision === present.session.revision &&
      shown.session.restore.phase === present.session.restore.phase &&
      shown.connection.status === present.connection.status &&
      shown.connection.connectionId === present.connection.connectionId &&
      shown.conversation.messages.count === present.conversation.messages.count
    )
  }

  function sync(shown: VoiceAgentState): boolean {
    if (shown !== present && isSame(shown)) present = shown
    return shown === present
  }

  /** Detects that an app action replaced the state. A subscriber may have changed the present meanwhile through an own action. */
  function applyForeign(before: VoiceAgentState | null) {
    const shown = show()
    if (before === null || shown === before || shown === present) return
    present = shown
    listener.onReplaced()
  }

  /** Applies the action to the present: after it was passed on, or before a subscriber's action in between. */
  function applyOwn(passage: Passage, isThrough: boolean) {
    const { action, before, isSynced } = passage
    const shown = show()
    const former = present
    const wasAnnounced = passage.status === 'announced'
    if (isSynced && shown === before && !isThrough) {
      // A later middleware may not have passed it on yet.
      passage.status = 'announced'
      if (!wasAnnounced) listener.onAction(action, former, present)
      return
    }
    passage.status = 'applied'
    // The action changes the present even if the store shows another state, or DevTools have locked it.
    present = isSynced && shown !== before ? shown : reducer(present, action)
    if (!wasAnnounced) listener.onAction(action, former, present)
    else if (present !== former) listener.onLateChange(former, present)
  }

  function applyPending() {
    const outer = passages.at(-1)
    if (outer && outer.status !== 'applied') applyOwn(outer, false)
    applyForeign(beforeForeign)
  }

  return {
    get: () => present,
    isShown: () => sync(show()),
    applyPending,
    passOwn(action, next) {
      applyPending()
      const before = show()
      const passage: Passage = { action, before, isSynced: sync(before), status: 'passing' }
      passages.push(passage)
      try {
        return next(action)
      } finally {
        passages.pop()
        if (passage.status !== 'applied') applyOwn(passage, true)
      }
    },
    passForeign(action, next) {
      const outer = beforeForeign
      if (outer !== null || passages.length > 0) applyPending()
      const before = show()
      beforeForeign = before === present ? before : null
      try {
        return next(action)
      } finally {
        const changed = show() === before ? null : beforeForeign
        beforeForeign = outer
        applyForeign(changed)
      }
    },
  }
}
