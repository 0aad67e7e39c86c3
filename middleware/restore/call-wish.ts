import { isAnyOf } from '@reduxjs/toolkit'
import type { HandlerContext } from '../context.js'
import type { TabIdentity } from './ports.js'

/** Has the tab remember a call that was asked for, while there is no session yet whose stored head would say so. */
export function handleCallWish(
  { actions, selectors, startListening, getState }: HandlerContext,
  tab: Pick<TabIdentity, 'wishForCall'>,
): void {
  startListening({
    actionCreator: actions.connectRequested,
    effect: () => {
      if (selectors.selectSession(getState()).id === null) tab.wishForCall(true)
    },
  })
  startListening({
    matcher: isAnyOf(
      actions.sessionCreated,
      actions.sessionRehydrated,
      actions.connectionFailed,
      actions.connectionClosed,
    ),
    effect: () => tab.wishForCall(false),
  })
}
