import { isCallWanted } from '../../store/index.js'
import type { HandlerContext } from '../context.js'
import type { TabIdentity } from './ports.js'

/** Has the tab remember a call that was asked for, while there is no session yet whose stored head would say so. */
export function handleCallWish(
  { actions, selectors, startListening, getState }: HandlerContext,
  tab: Pick<TabIdentity, 'setPendingCall'>,
): void {
  const isWished = (state: unknown) => {
    const { connection, session } = selectors.selectVoiceAgent(state)
    return session.id === null && isCallWanted(connection.status)
  }
  // A call may have been asked for, and ended, while this code was being loaded; or there is no store yet.
  const state = getState()
  if (state !== undefined && selectors.selectConnectionStatus(state) !== 'idle') {
    tab.setPendingCall(isWished(state))
  }
  startListening({
    predicate: (action, current, previous) =>
      isWished(current) !== isWished(previous) && !actions.sessionDiscarded.match(action),
    effect: (_action, api) => tab.setPendingCall(isWished(api.getState())),
  })
}
