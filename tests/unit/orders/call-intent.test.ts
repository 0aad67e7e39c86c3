import { expect, it } from 'vitest'
import { initialLive, type Live } from '../../../middleware/live/state.js'
import { callIntentOf, transition } from '../../../middleware/live/transition.js'
import { idOf, leaveTwoSessions, setUp } from './support.js'

it('the End of a stored call, whose page could not store it, is known to the next page', async () => {
  const { storage, last } = await leaveTwoSessions()
  const open = (persisted: typeof storage) =>
    setUp(undefined, { persistence: { storage: persisted, debounceMs: 0 }, autoReconnect: 'always' })
  const setItem = async () => {
    throw new Error('The disk is full.')
  }
  const page = open({ ...storage, records: { ...storage.records, setItem } })
  // Before the session is read.
  await page.agent.disconnect()
  await page.sessionManager.initialize()
  expect([idOf(page), page.transport.open]).toEqual([last, 0])
  const next = open(storage)
  await next.sessionManager.initialize()
  expect([idOf(next), next.transport.open]).toEqual([last, 0])
})

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
