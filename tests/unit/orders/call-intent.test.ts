import { VoiceAgentError } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import { describe, expect, it, vi } from 'vitest'
import { callIntentOf } from '../../../middleware/call-intent.js'
import { initialLive, type Live } from '../../../middleware/live/state.js'
import { transition } from '../../../middleware/live/transition.js'
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
  const restored: Live = { ...initialLive, storage: 'open', session: { id: 's1' }, endedIds: ['s1'] }
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

describe('the End of a call, which its page could not store, stays known although the next page', () => {
  /** Opens pages of a tab that has noted the End of its stored call. */
  async function leaveEnded() {
    const { storage, last, earlier } = await leaveTwoSessions()
    storage.tab.setCallIntent('ended')
    let failure: VoiceAgentError | null = null
    const { getItem } = storage.records
    const { save } = storage.tokens
    storage.records.getItem = async (sessionId) => {
      if (failure) throw failure
      return getItem(sessionId)
    }
    storage.tokens.save = async (...args) => {
      // Without a key, a token stays in memory.
      if (!failure) await save(...args)
    }
    const open = async (code?: 'key-unavailable' | 'storage-unreachable') => {
      failure = code ? new VoiceAgentError(code) : null
      const persistence = { storage, debounceMs: 0 }
      const page = setUp(undefined, { persistence, autoReconnect: 'always' })
      await page.sessionManager.initialize()
      return page
    }
    const unlock = () => {
      failure = null
    }
    return { open, unlock, last, earlier }
  }

  const outcomeOf = ({ transport, ...page }: Awaited<ReturnType<typeof setUp>>) => [
    page.state().session.id,
    transport.open,
    page.state().session.restore.conversation,
  ]

  it.for(['key-unavailable', 'storage-unreachable'] as const)(
    'could not read the session (%s)',
    async (code) => {
      const { open, last } = await leaveEnded()
      const failed = await open(code)
      expect(failed.state().session.restore.conversation).toBe('failed')
      await failed.voiceAgent.dispose()
      expect(outcomeOf(await open())).toEqual([last, 0, 'restored'])
    },
  )

  it('has ended another call in the meantime', async () => {
    const { open, last } = await leaveEnded()
    const failed = await open('key-unavailable')
    await failed.agent.connect()
    await failed.agent.disconnect()
    await failed.voiceAgent.dispose()
    expect(outcomeOf(await open())).toEqual([last, 0, 'restored'])
  })

  it('looks for another session before it has read its own', async () => {
    const { open, last } = await leaveEnded()
    const failed = await open('key-unavailable')
    await failed.sessionManager.restoreSession('unknown')
    await failed.voiceAgent.dispose()
    expect(outcomeOf(await open())).toEqual([last, 0, 'restored'])
  })

  it('can read the session only later, when the user asks for it', async () => {
    const { open, unlock, last } = await leaveEnded()
    const page = await open('key-unavailable')
    unlock()
    await page.sessionManager.restoreSession(last)
    expect(outcomeOf(page)).toEqual([last, 0, 'restored'])
  })

  it('has ended another call since, and can read the session only then', async () => {
    const { open, unlock, last } = await leaveEnded()
    const page = await open('key-unavailable')
    await page.agent.connect()
    await page.agent.disconnect()
    unlock()
    await page.sessionManager.restoreSession(last)
    expect(outcomeOf(page)).toEqual([last, 0, 'restored'])
  })

  it('opens another session before it can read its own', async () => {
    const { open, unlock, last, earlier } = await leaveEnded()
    const page = await open('key-unavailable')
    unlock()
    await page.sessionManager.restoreSession(earlier)
    expect(outcomeOf(page)).toEqual([earlier, 0, 'restored'])
    await page.sessionManager.restoreSession(last)
    expect(outcomeOf(page)).toEqual([last, 0, 'restored'])
  })
})

it('a call of a page that could not read its session is continued by the next page', async () => {
  const { storage, last } = await leaveTwoSessions()
  storage.tab.setCallIntent('ended')
  const { getItem } = storage.records
  storage.records.getItem = async () => {
    throw new VoiceAgentError('key-unavailable')
  }
  const open = () => setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
  const page = open()
  await page.sessionManager.initialize()
  await page.agent.connect()
  await page.voiceAgent.persistor.flush()
  const id = idOf(page)
  expect(id).not.toBe(last)
  await page.voiceAgent.dispose()
  storage.records.getItem = getItem
  const next = open()
  await next.sessionManager.initialize()
  expect([idOf(next), next.transport.open]).toEqual([id, 1])
})
