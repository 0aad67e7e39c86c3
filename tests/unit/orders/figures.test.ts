import { VoiceAgentError } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reconnectAfterMinute, statusIs } from '../middleware/support.js'
import { answerOf, leaveTwoSessions, type Page, setUp } from './support.js'

const start = 1_800_000_000_000
beforeEach(() => void vi.useFakeTimers({ now: start, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms)

describe('tokenExpiresIn', () => {
  it('is null before there is a token, and counts down from its lifetime', async () => {
    const page = setUp()
    expect(page.agent.getSessionStats().tokenExpiresIn).toBeNull()
    await page.agent.connect()
    expect(page.agent.getSessionStats().tokenExpiresIn).toBe(600_000)
    pass(1_000)
    expect(page.agent.getSessionStats().tokenExpiresIn).toBe(599_000)
    await page.agent.disconnect()
    expect(page.agent.getSessionStats().tokenExpiresIn).toBe(599_000)
  })

  it.each(['always', 'never'] as const)(
    'is that of the stored token after a restore: autoReconnect %s',
    async (autoReconnect) => {
      const { storage } = await leaveTwoSessions()
      pass(60_000)
      const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect })
      await page.sessionManager.initialize()
      expect(page.refreshToken).not.toHaveBeenCalled()
      expect(page.agent.getSessionStats().tokenExpiresIn).toBe(540_000)
    },
  )

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['newSession()', ({ agent }) => agent.newSession()],
    ['reset()', ({ agent }) => agent.reset()],
    ['a reset of the root state', async (page) => page.logOut()],
  ])('is null after %s', async (_name, end) => {
    const page = setUp()
    await page.agent.connect()
    await end(page)
    expect(page.agent.getSessionStats().tokenExpiresIn).toBeNull()
  })
})

describe('duration', () => {
  it('is 0 before a call, grows during one, and stands still after it', async () => {
    const page = setUp()
    pass(1_000)
    expect(page.agent.getSessionStats().duration).toBe(0)
    await page.agent.connect()
    pass(5_000)
    expect(page.agent.getSessionStats().duration).toBe(5_000)
    await page.agent.disconnect()
    pass(60_000)
    expect(page.agent.getSessionStats().duration).toBe(5_000)
  })

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['the agent leaves', async ({ transport }) => transport.emit({ type: 'agentLeft' })],
    [
      'a fatal error of the agent',
      async ({ transport }) =>
        transport.emit({
          type: 'agentErrorReported',
          error: { code: 'agent-error', message: 'Over.', recoverable: false },
          fatal: true,
        }),
    ],
    ['dispose()', ({ voiceAgent }) => voiceAgent.dispose()],
  ])('stands still after a call that ended otherwise: %s', async (_name, end) => {
    const page = setUp()
    await page.agent.connect()
    pass(5_000)
    const over = new Promise<void>((resolve) => {
      page.agent.on('connectionStateChanged', (status) => {
        if (status === 'failed' || status === 'disconnected') resolve()
      })
    })
    await end(page)
    await over
    const selectStats = () =>
      page.voiceAgent.selectors.selectSessionStats(page.store.getState(), Date.now()).duration
    const before = selectStats()
    pass(60_000)
    expect([before, selectStats()]).toEqual([5_000, 5_000])
  })

  it('grows while the call reconnects, because the call is live', async () => {
    const agent = { isDown: false }
    const page = setUp(
      () => {
        if (agent.isDown) throw new VoiceAgentError('agent-unreachable')
        return 'fresh'
      },
      { reconnect: reconnectAfterMinute() },
    )
    await page.agent.connect()
    agent.isDown = true
    const lost = statusIs(page.agent, 'reconnecting')
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await lost
    pass(5_000)
    expect(page.agent.getSessionStats().duration).toBe(5_000)
  })

  it('does not grow in a restored session whose page was closed during its call', async () => {
    const { storage } = await leaveTwoSessions()
    pass(3_600_000)
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'never' })
    await page.sessionManager.initialize()
    const { duration } = page.agent.getSessionStats()
    pass(3_600_000)
    expect(page.agent.getSessionStats().duration).toBe(duration)
    // The hour between the two pages does not count as a call.
    expect(duration).toBeLessThan(60_000)
  })

  it('belongs to the open session', async () => {
    const page = setUp()
    await page.agent.connect()
    pass(5_000)
    await page.agent.newSession()
    expect(page.agent.getSessionStats().duration).toBe(0)
    await page.agent.connect()
    pass(1_000)
    expect(page.agent.getSessionStats().duration).toBe(1_000)
  })
})

describe('needsReconnection()', () => {
  const fail = () => {
    throw new VoiceAgentError('signalling-rejected')
  }

  it('is false before a call, during one and after its end', async () => {
    const page = setUp()
    expect(page.agent.needsReconnection()).toBe(false)
    await page.agent.connect()
    expect(page.agent.needsReconnection()).toBe(false)
    await page.agent.disconnect()
    expect(page.agent.needsReconnection()).toBe(false)
  })

  it('is false after a first attempt that failed, because there is no call to restore', async () => {
    const page = setUp(fail)
    expect(await answerOf(page.agent.connect())).toBe('signalling-rejected')
    expect(page.agent.needsReconnection()).toBe(false)
  })

  it('is false after a failed attempt if the previous call was ended', async () => {
    let isRefused = false
    const page = setUp(() => (isRefused ? fail() : 'fresh'))
    await page.agent.connect()
    await page.agent.disconnect()
    isRefused = true
    expect(await answerOf(page.agent.connect())).toBe('signalling-rejected')
    expect(page.agent.needsReconnection()).toBe(false)
  })

  it('is false when the agent has left', async () => {
    const page = setUp()
    await page.agent.connect()
    const over = statusIs(page.agent, 'disconnected')
    page.transport.emit({ type: 'agentLeft' })
    await over
    expect(page.agent.needsReconnection()).toBe(false)
  })

  it('is false while reconnecting, and true after giving up', async () => {
    let isRefused = false
    const page = setUp(() => (isRefused ? fail() : 'fresh'))
    await page.agent.connect()
    isRefused = true
    const failed = statusIs(page.agent, 'failed')
    const seen: boolean[] = []
    page.agent.on('connectionStateChanged', (status) => {
      if (status === 'reconnecting') seen.push(page.agent.needsReconnection())
    })
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await failed
    expect(new Set(seen)).toEqual(new Set([false]))
    expect(page.agent.needsReconnection()).toBe(true)
    await page.agent.newSession()
    expect(page.agent.needsReconnection()).toBe(false)
  })

  it('is true in a restored session whose page was closed during its call, until the call is live again', async () => {
    const { storage, earlier } = await leaveTwoSessions()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'never' })
    await page.sessionManager.initialize()
    expect(page.agent.needsReconnection()).toBe(true)
    await page.agent.connect()
    expect(page.agent.needsReconnection()).toBe(false)
    await page.sessionManager.restoreSession(earlier)
    expect(page.agent.needsReconnection()).toBe(false)
  })
})

describe('selectors', () => {
  it('return the same object for the same state and arguments', async () => {
    const page = setUp(undefined, { persistence: { storage: memoryStorage('tab'), debounceMs: 0 } })
    await page.agent.connect()
    page.agent.sendText('hello')
    const { selectors } = page.voiceAgent
    const state = page.store.getState()
    expect(selectors.selectMessages(state)).toBe(selectors.selectMessages(state))
    expect(selectors.selectSessionStats(state, start)).toBe(selectors.selectSessionStats(state, start))
    expect(selectors.selectContext(state, 10)).toBe(selectors.selectContext(state, 10))
  })

  it('keep no statistics of an earlier time in memory', () => {
    const { voiceAgent, store } = setUp()
    const { selectSessionStats } = voiceAgent.selectors
    const state = store.getState()
    const first = selectSessionStats(state, 1)
    selectSessionStats(state, 2)
    expect(selectSessionStats(state, 1)).toEqual(first)
    expect(selectSessionStats(state, 1)).not.toBe(first)
  })
})
