import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentState } from '../store/index.js'

/** An own action on its way through the store. */
interface Passage {
  action: UnknownAction
  before: VoiceAgentState
  /** True if the store showed the present when the action came. */
  isSynced: boolean
  /** `announced`: reported before its effect on the state was known. */
  status: 'passing' | 'announced' | 'settled'
}

/**
 * Tracks the agent's present state, independent of the state that the store shows: DevTools may travel back in time, or import
 * another log. It follows only the agent's own actions.
 */
export interface Present {
  get(): VoiceAgentState
  /** True if the store shows the present. */
  isShown(): boolean
  /** Passes an own action on to the store. */
  passOwn<Result>(action: UnknownAction, next: (action: UnknownAction) => Result): Result
  /** Passes an action of the app on, at the price of two comparisons. */
  passForeign<Result>(action: UnknownAction, next: (action: UnknownAction) => Result): Result
}

export interface PresentListener {
  /** Called in the order in which the actions were dispatched, including actions that a subscriber dispatches in between. */
  onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  /** Called if an announced action changed the present only afterwards. */
  onLateChange(before: VoiceAgentState, after: VoiceAgentState): void
  /** Called if an action of the app replaced the agent's state, like a reset of the whole store on logout. */
  onReplaced(): void
}

/** @param show Returns the agent's state in the store. */
export function createPresent(
  reducer: Reducer<VoiceAgentState>,
  show: () => VoiceAgentState,
  listener: PresentListener,
): Present {
  let present = show()
  /** The own actions that are being passed on, the innermost last. */
  const passages: Passage[] = []
  /** The present before the app's action that is being passed on; null for none, and while the store shows another state. */
  let beforeForeign: VoiceAgentState | null = null

  /** Back from the past, the store shows the same state in other objects. */
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

  /** An own action of a subscriber may have changed the present meanwhile. */
  function settleForeign(before: VoiceAgentState | null) {
    const shown = show()
    if (before === null || shown === before || shown === present) return
    present = shown
    listener.onReplaced()
  }

  /** Applies the action to the present: after it passed, or before one that a subscriber dispatches in between. */
  function settleOwn(passage: Passage, isThrough: boolean) {
    const { action, before, isSynced } = passage
    const shown = show()
    const former = present
    const wasAnnounced = passage.status === 'announced'
    if (isSynced && shown === before && !isThrough) {
      // A middleware after this one may not have passed it on yet.
      passage.status = 'announced'
      if (!wasAnnounced) listener.onAction(action, former, present)
      return
    }
    passage.status = 'settled'
    // The action takes effect on the present even if the store shows another state, or DevTools have locked it.
    present = isSynced && shown !== before ? shown : reducer(present, action)
    if (!wasAnnounced) listener.onAction(action, former, present)
    else if (present !== former) listener.onLateChange(former, present)
  }

  /** Takes up the actions that are being passed on, before another one of a subscriber. */
  function settleOuter() {
    const outer = passages.at(-1)
    if (outer && outer.status !== 'settled') settleOwn(outer, false)
    settleForeign(beforeForeign)
  }

  return {
    get: () => present,
    isShown: () => sync(show()),
    passOwn(action, next) {
      settleOuter()
      const before = show()
      const passage: Passage = { action, before, isSynced: sync(before), status: 'passing' }
      passages.push(passage)
      try {
        return next(action)
      } finally {
        passages.pop()
        if (passage.status !== 'settled') settleOwn(passage, true)
      }
    },
    passForeign(action, next) {
      const outer = beforeForeign
      if (outer !== null || passages.length > 0) settleOuter()
      const before = show()
      beforeForeign = before === present ? before : null
      try {
        return next(action)
      } finally {
        const changed = show() === before ? null : beforeForeign
        beforeForeign = outer
        settleForeign(changed)
      }
    },
  }
}
