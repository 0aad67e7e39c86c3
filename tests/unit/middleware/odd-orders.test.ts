import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { setUp } from './support.js'

const expiresAt = () => Date.now() + 600_000

/** Collects unhandled rejections until the test ends. Reading them waits for pending ones. */
function watchRejections() {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  return async () => {
    // Node reports them once the microtasks of a task are done.
    await new Promise((resolve) => setImmediate(resolve))
    return unhandled
  }
}

/** Issues a new session with each token that is requested without one. */
function countingTokens() {
  let count = 0
  return async ({ sessionId }: { sessionId: string | null }) => ({
    token: 't',
    expiresAt: expiresAt(),
    sessionId: sessionId ?? `s${++count}`,
  })
}

it('a call requested right after the end of a session belongs to the next one', async () => {
  const { agent, state, transport } = setUp(undefined, { refreshToken: countingTokens() })
  await agent.connect()
  const ended = agent.newSession()
  await agent.connect()
  await ended
  expect([state().connection.status, state().session.id, transport.open]).toEqual(['connected', 's2', 1])
  expect(transport.requests.map(({ sessionId }) => sessionId)).toEqual(['s1', 's2'])
})

it('two requests for a session in the same task create one session', async () => {
  const { agent, voiceAgent } = setUp(undefined, { refreshToken: countingTokens() })
  const created = vi.fn()
  agent.on('sessionCreated', created)
  const { sessionManager } = voiceAgent
  const [first, second] = await Promise.all([sessionManager.createSession(), sessionManager.createSession()])
  expect(first?.sessionId).toBe(second?.sessionId)
  expect(created).toHaveBeenCalledOnce()
})

it('an agent that was used before it was in a store works once it is', async () => {
  const unhandled = watchRejections()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: countingTokens(),
    persistence: false,
  })
  await expect(voiceAgent.sessionManager.initialize()).rejects.toMatchObject({ code: 'not-mounted' })
  configureStore({
    reducer: { voiceAgent: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  expect(await voiceAgent.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
  await voiceAgent.dispose()
  expect(await unhandled()).toEqual([])
})

it('an agent whose reducer is missing says so, whatever is requested', async () => {
  const { agent, sessionManager, middleware, dispose } = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: countingTokens(),
    persistence: false,
  })
  onTestFinished(dispose)
  configureStore({
    reducer: (state = {}) => state,
    middleware: (getDefault) => getDefault().concat(middleware),
  })
  const notMounted = expect.objectContaining({ code: 'not-mounted' })
  expect(() => agent.getSessionStats()).toThrow(notMounted)
  expect(() => agent.interrupt()).toThrow(notMounted)
  for (const asked of [
    agent.connect(),
    agent.disconnect(),
    sessionManager.initialize(),
    sessionManager.createSession(),
    sessionManager.endSession(),
  ]) {
    await expect(asked).rejects.toEqual(notMounted)
  }
})

it('an agent with its own store rejects calls after it was disposed', async () => {
  const { WebRTCVoiceAgent } = await import('redux-voice-agent')
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: countingTokens(),
    persistence: false,
  })
  await agent.connect()
  await agent.dispose()
  await expect(agent.connect()).rejects.toMatchObject({ code: 'disposed' })
})

it('an agent disposed during a call leaves a store without a call', async () => {
  const { agent, transport, voiceAgent, state } = setUp()
  await agent.connect()
  transport.emit({ type: 'microphoneChanged', microphone: 'live' })
  transport.emit({ type: 'playbackChanged', playback: 'playing' })
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'And then ' })
  const statuses: unknown[] = []
  agent.on('connectionStateChanged', (status) => statuses.push(status))
  await voiceAgent.dispose()
  expect(state().connection).toMatchObject({
    status: 'disconnected',
    connectionId: null,
    microphone: 'off',
    playback: 'idle',
    error: null,
  })
  expect(state().conversation.status).toBe('idle')
  expect(state().conversation.messages.tail).toMatchObject([{ text: 'And then ', status: 'interrupted' }])
  expect(state().stats.endedAt).not.toBeNull()
  expect(statuses).toEqual(['disconnected'])
  expect(transport.open).toBe(0)
})

it('a token that fails after the call has ended leaves no unhandled rejection', async () => {
  const unhandled = watchRejections()
  let fail = (_error: Error) => {}
  const refreshToken = vi.fn(() => new Promise<never>((_resolve, reject) => (fail = reject)))
  const { agent } = setUp(undefined, { refreshToken })
  const connecting = agent.connect()
  connecting.catch(() => undefined)
  await vi.waitFor(() => expect(refreshToken).toHaveBeenCalled())
  void agent.disconnect()
  await expect(connecting).rejects.toMatchObject({ code: 'not-connected' })
  fail(new Error('too late'))
  expect(await unhandled()).toEqual([])
})

it('a transport that hangs up and throws in the same task causes one failed call', async () => {
  const unhandled = watchRejections()
  const close = vi.fn()
  const { agent, state } = setUp(undefined, {
    transport: ({ emit }) => ({
      connect() {
        emit({ type: 'agentLeft' })
        throw new Error('not a promise')
      },
      send() {},
      close,
    }),
  })
  await expect(agent.connect()).rejects.toMatchObject({ code: 'internal' })
  expect(await unhandled()).toEqual([])
  expect(state().connection.status).toBe('failed')
  expect(close).toHaveBeenCalledOnce()
})

it('a transport is closed once when the call is ended', async () => {
  const close = vi.fn()
  const { agent } = setUp(undefined, {
    transport: () => ({ connect: async () => 'fresh', send() {}, close }),
  })
  await agent.connect()
  await agent.disconnect()
  expect(close).toHaveBeenCalledOnce()
})

it.each([
  ['nothing', () => undefined],
  ['NaN', () => Number.NaN],
  ['a negative number', () => -1],
  [
    'an error',
    () => {
      throw new Error('secret')
    },
  ],
])('a reconnect policy that returns %s ends the call, and says why', async (_what, policy) => {
  const { agent, state, transport } = setUp(undefined, { reconnect: policy as never })
  await agent.connect()
  transport.emit({ type: 'connectionState', state: 'failed' })
  await vi.waitFor(() => expect(state().connection.status).toBe('failed'))
  expect(state().connection.error).toMatchObject({ code: 'invalid-option' })
  expect(state().connection.error?.message).toMatch(/reconnect/)
  expect(state().connection.error?.message).not.toMatch(/secret/)
  expect(transport.requests).toHaveLength(1)
})

it('each turn is reported once, including interrupted ones', async () => {
  const { agent, transport } = setUp()
  const told: string[] = []
  agent.on('message', ({ text, status }) => told.push(`${text}, ${status}`))
  await agent.connect()
  const say = (turnId: string, delta: string) => {
    transport.emit({ type: 'assistantTurnStarted', turnId })
    transport.emit({ type: 'assistantTextAppended', turnId, delta })
  }
  say('1', 'One')
  transport.emit({ type: 'assistantTurnInterrupted', turnId: '1' })
  // Duplicate events that a provider may send for the same turn.
  transport.emit({ type: 'assistantTurnCompleted', turnId: '1' })
  say('2', 'Two')
  await agent.disconnect()
  expect(told).toEqual(['One, interrupted', 'Two, interrupted'])
})

it('a second disposal waits for the first one', async () => {
  const { voiceAgent } = setUp()
  const first = voiceAgent.dispose()
  expect(voiceAgent.dispose()).toBe(first)
  await first
})
