import { isCallWanted } from '../../store/index.js'
import type { HandlerContext } from '../context.js'
import type { TabIdentity } from './ports.js'

/** Has the tab remember a call that was asked for, while there is no session yet whose stored head would say so. */
export function handleCallWish(
  { actions, selectors, startListening }: HandlerContext,
  tab: Pick<TabIdentity, 'wishForCall'>,
): void {
  const isWished = (state: unknown) => {
    const { connection, session } = selectors.selectVoiceAgent(state)
    return session.id === null && isCallWanted(connection.status)
  }
  startListening({
    predicate: (action, current, previous) =>
      isWished(current) !== isWished(previous) && !actions.sessionDiscarded.match(action),
    effect: (_action, api) => tab.wishForCall(isWished(api.getState())),
  })
}
