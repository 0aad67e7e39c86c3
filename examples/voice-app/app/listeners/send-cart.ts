import { createListenerMiddleware } from '@reduxjs/toolkit'
import { selectCartLines } from '../cart-lines.js'
import type { RootState } from '../reducer.js'
import { voiceAgent } from '../voice-agent.js'

const { actions, selectors } = voiceAgent

/** Sends the cart to the agent when a call is established, and after each change of the cart during a call. */
export function createSendCartMiddleware() {
  const listener = createListenerMiddleware<RootState>()
  listener.startListening({
    predicate: (action, state, before) =>
      actions.connectionEstablished.match(action) || selectCartLines(state) !== selectCartLines(before),
    effect: (_action, { dispatch, getState }) => {
      const state = getState()
      if (selectors.selectConnectionStatus(state) !== 'connected') return
      const items = selectCartLines(state).map(({ product: { id, name }, quantity }) => ({
        id,
        name,
        quantity,
      }))
      dispatch(actions.clientMessageRequested({ name: 'cart', data: { items } }))
    },
  })
  return listener.middleware
}
