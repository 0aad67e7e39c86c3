import { expect, it } from 'vitest'
import { initialLive, type Live } from '../../../middleware/live/state.js'
import { callIntentOf, transition } from '../../../middleware/live/transition.js'

it('the end of a stored call stays noted for the next page until another call begins', () => {
  // The user pressed End while the session was read. The page may be left before it has stored that.
  const restored: Live = { ...initialLive, storage: 'open', session: { id: 's1', isCallEnded: true } }
  expect(callIntentOf(restored)).toBe('ended')
  const [called] = transition(restored, {
    type: 'connectRequested',
    requestId: 'r1',
  } as Parameters<typeof transition>[1])
  expect(called.call).not.toBeNull()
  expect(callIntentOf(called)).toBeNull()
  const [ended] = transition(called, {
    type: 'endSessionRequested',
    requestId: 'r2',
    at: 0,
  } as Parameters<typeof transition>[1])
  expect(callIntentOf(ended)).toBeNull()
})
