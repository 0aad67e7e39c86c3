import { combineSlices, configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceAgentState } from 'redux-voice-agent'
import { memoryStorage, scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createAgentCore } from '../../../src/lib/voice-agent/agent/agent-core.js'
import { WebRTCVoiceAgent } from '../../../src/lib/voice-agent/webrtc/main.js'
import { answerOf, countingTokens, leaveTwoSessions, rest, setUp } from './support.js'

describe('a root reset before the code of calls is loaded', () => {
  it.each([
    ['connect', 'superseded', (page: ReturnType<typeof setUp>) => page.agent.connect()],
    ['createSession', 'superseded', (page: ReturnType<typeof setUp>) => page.sessionManager.createSession()],
    ['disconnect', 'resolved', (page: ReturnType<typeof setUp>) => page.agent.disconnect()],
    ['newSession', 'resolved', (page: ReturnType<typeof setUp>) => page.agent.newSession()],
    ['reset', 'resolved', (page: ReturnType<typeof setUp>) => page.agent.reset()],
  ])('settles %s()', async (_name, answer, request) => {
    const page = setUp()
    const requested = request(page)
    page.logOut()
    expect(await answerOf(requested)).toBe(answer)
    await rest()
    expect(page.state().connection.status).toBe('idle')
    expect(page.transport.open).toBe(0)
  })

  it('does not keep a session that the user has deleted', async () => {
    const { storage, earlier, last } = await leaveTwoSessions()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 } })
    const deleting = page.sessionManager.deleteSession(earlier)
    page.logOut()
    expect(await answerOf(deleting)).toBe('resolved')
    expect((await storage.records.list()).map(({ id }) => id)).toEqual([last])
  })
})

it('an action dispatched before the reducer is injected starts no call', async () => {
  const transport = scriptedTransport()
  const options = {
    apiEndpoint: '/x',
    transport,
    refreshToken: countingTokens(),
    persistence: false as const,
  }
  const voiceAgent = createVoiceAgent(options)
  const reducer = combineSlices({ other: (state = 0) => state }).withLazyLoadedSlices<{
    voiceAgent: VoiceAgentState
  }>()
  const store = configureStore({
    reducer,
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
    devTools: false,
  })
  store.dispatch(voiceAgent.actions.connectRequested())
  await rest()
  expect(transport.open).toBe(0)
  reducer.inject({ reducerPath: voiceAgent.reducerPath, reducer: voiceAgent.reducer } as never)
  store.dispatch({ type: 'injected' })
  await voiceAgent.agent.connect()
  expect(voiceAgent.selectors.selectConnectionStatus(store.getState())).toBe('connected')
  expect(transport.open).toBe(1)
  await voiceAgent.dispose()
})

it('an agent works after the end of another one whose path is a prefix of its own', async () => {
  const create = <Path extends string>(reducerPath: Path) =>
    createVoiceAgent({
      apiEndpoint: '/x',
      reducerPath,
      transport: scriptedTransport(),
      refreshToken: countingTokens(),
      persistence: false,
    })
  const [first, second] = [create('voice'), create('voice/two')]
  configureStore({
    reducer: { voice: first.reducer, 'voice/two': second.reducer },
    middleware: (getDefault) => getDefault().concat(first.middleware, second.middleware),
    devTools: false,
  })
  await first.dispose()
  expect(await answerOf(second.agent.connect())).toBe('resolved')
  await second.dispose()
})

it('an invalid request is answered although a store subscriber throws', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const page = setUp()
  page.store.subscribe(() => {
    throw new Error('A subscriber failed.')
  })
  expect(() => page.agent.setVolume(50)).toThrow('volume')
  expect(await answerOf(page.sessionManager.deleteSession(5 as never))).toBe('invalid-option')
})

describe('timers', () => {
  afterEach(() => void vi.useRealTimers())

  it('code that cannot be loaded is requested at a steady pace, however often a call was requested', async () => {
    vi.useFakeTimers()
    const load = vi.fn(async () => {
      throw new Error('The file is gone.')
    })
    const options = { apiEndpoint: '/x', persistence: false as const }
    const core = createAgentCore(options, load)
    const agent = new WebRTCVoiceAgent(options, core)
    configureStore({
      reducer: { voiceAgent: core.reducer },
      middleware: (getDefault) => getDefault().concat(core.middleware),
      devTools: false,
    })
    for (let click = 0; click < 10; click++) {
      await agent.connect().catch(() => undefined)
      await vi.advanceTimersByTimeAsync(100)
    }
    load.mockClear()
    await vi.advanceTimersByTimeAsync(300_000)
    expect(load.mock.calls.length).toBeLessThan(15)
    await agent.dispose()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tokens that arrive almost expired are not requested without a pause', async () => {
    vi.useFakeTimers()
    const refreshToken = countingTokens(5)
    const page = setUp(undefined, { refreshToken })
    const creating = page.sessionManager.createSession()
    await vi.advanceTimersByTimeAsync(10)
    await creating
    await vi.advanceTimersByTimeAsync(10_000)
    expect(refreshToken.mock.calls.length).toBeLessThan(12)
  })
})

describe('a server that names a session which is already stored', () => {
  it('does not overwrite its conversation', async () => {
    const storage = memoryStorage()
    const refreshToken = async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 'same' })
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, refreshToken })
    await page.agent.connect()
    page.agent.sendText('said first')
    await page.agent.newSession()
    await page.agent.connect()
    page.agent.sendText('said second')
    await page.agent.disconnect()
    const sessions = await storage.records.list()
    const stored = await Promise.all(sessions.map(({ id }) => storage.records.getItem(id)))
    expect(stored.flatMap((session) => session?.messages.map(({ text }) => text)).sort()).toEqual([
      'said first',
      'said second',
    ])
    expect(stored).toHaveLength(2)
  })
})
