import { memoryStorage } from 'redux-voice-agent/testing'
import { expect, it, vi } from 'vitest'
import { initialLive, type Live } from '../../../middleware/live/state.js'
import { callIntentOf, transition } from '../../../middleware/live/transition.js'
import { deferred, idOf, leaveTwoSessions, setUp } from './support.js'

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

it('the End of a call whose page crashes before it can store it is known to the next page', async () => {
  const storage = memoryStorage('tab')
  const { setItem } = storage.records
  const crash = deferred()
  const open = () => setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
  const page = open()
  await page.agent.connect()
  page.agent.sendText('said before the End')
  await page.voiceAgent.persistor.flush()
  const id = idOf(page)
  storage.records.setItem = () => crash.promise
  const ended = page.agent.disconnect()
  expect(page.transport.open).toBe(0)
  // Nothing that the page says from now on reaches the disk.
  storage.records.setItem = setItem
  await storage.records.release(id)
  const next = open()
  await next.sessionManager.initialize()
  expect([idOf(next), next.transport.open, next.state().session.restore.reason]).toEqual([
    id,
    0,
    'call-had-ended',
  ])
  crash.reject(new Error('The page has crashed.'))
  await ended
})

it('the End of a call that is due, but has not begun again, is known to the next page', async () => {
  const { storage, last } = await leaveTwoSessions()
  const open = () => setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
  const page = open()
  const ended = new Promise<void>((resolve) => {
    const stop = page.store.subscribe(() => {
      if (page.state().session.id === null) return
      stop()
      resolve(page.agent.disconnect())
    })
  })
  await page.sessionManager.initialize()
  await ended
  expect([page.state().session.restore.reason, page.transport.requests]).toEqual(['reconnect-not-wanted', []])
  await page.voiceAgent.dispose()
  const next = open()
  await next.sessionManager.initialize()
  expect([idOf(next), next.transport.open]).toEqual([last, 0])
})

it('the End of a call is no longer noted once the user has withdrawn the consent', async () => {
  const storage = memoryStorage('tab')
  const noted = vi.spyOn(storage.tab, 'setCallIntent')
  const page = setUp(undefined, { persistence: { storage, debounceMs: 0 } })
  await page.agent.connect()
  await page.agent.disconnect()
  expect(noted).toHaveBeenLastCalledWith('ended')
  await page.agent.setConsent(false)
  expect(noted).toHaveBeenLastCalledWith(null)
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
