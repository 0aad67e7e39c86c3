import { configureStore, createDynamicMiddleware } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { answerOf, countingTokens, rest } from './support.js'

let errors: unknown[][]
beforeEach(() => {
  errors = []
  vi.spyOn(console, 'error').mockImplementation((...args) => void errors.push(args))
})
afterEach(() => void vi.restoreAllMocks())

function create<Path extends string = 'voiceAgent'>(reducerPath?: Path) {
  const transport = scriptedTransport()
  const refreshToken = countingTokens()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken,
    persistence: false,
    ...(reducerPath ? { reducerPath } : {}),
  })
  onTestFinished(() => voiceAgent.dispose())
  return { transport, refreshToken, voiceAgent }
}

function mountTwo() {
  const first = create()
  const last = create()
  const store = configureStore({
    reducer: { voiceAgent: last.voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(first.voiceAgent.middleware, last.voiceAgent.middleware),
  })
  const count = (what: (one: typeof first) => number) => what(first) + what(last)
  return { first, last, store, count }
}

it('only the agent that was mounted last acts, and the app is warned once', async () => {
  const { last, store, count } = mountTwo()
  await last.voiceAgent.agent.connect()
  await rest()
  expect(count(({ transport }) => transport.requests.length)).toBe(1)
  expect(count(({ refreshToken }) => refreshToken.mock.calls.length)).toBe(1)
  expect(last.transport.open).toBe(1)
  expect(store.getState().voiceAgent.connection.status).toBe('connected')
  expect(errors).toHaveLength(1)
  expect(String(errors[0]?.[0])).toMatch(/voiceAgent/)
})

it('an action makes one call', async () => {
  const { last, store, count } = mountTwo()
  store.dispatch(last.voiceAgent.actions.connectRequested())
  await vi.waitFor(() => expect(store.getState().voiceAgent.connection.status).toBe('connected'))
  await rest()
  expect(count(({ transport }) => transport.requests.length)).toBe(1)
  store.dispatch(last.voiceAgent.actions.sendTextRequested('hello'))
  expect(count(({ transport }) => transport.sent.length)).toBe(1)
  store.dispatch(last.voiceAgent.actions.disconnectRequested())
  await rest()
  expect(count(({ transport }) => transport.open)).toBe(0)
  expect(errors).toHaveLength(1)
})

it('the facade of the agent that was mounted first leaves no promise pending, and makes no second call', async () => {
  const { first, last, count } = mountTwo()
  expect(await answerOf(first.voiceAgent.agent.connect())).not.toBe('pending')
  expect(await answerOf(last.voiceAgent.agent.connect())).toBe('resolved')
  await rest()
  expect(first.transport.requests).toEqual([])
  expect(count(({ transport }) => transport.open)).toBe(1)
})

it('disposing of the first one does not affect the call of the last one', async () => {
  const { first, last, store } = mountTwo()
  await last.voiceAgent.agent.connect()
  await first.voiceAgent.dispose()
  await rest()
  expect(last.transport.open).toBe(1)
  expect(store.getState().voiceAgent.connection.status).toBe('connected')
})

it('two agents under two paths are separate, without a warning', async () => {
  const shop = create('shop')
  const support = create('support')
  configureStore({
    reducer: { shop: shop.voiceAgent.reducer, support: support.voiceAgent.reducer },
    middleware: (getDefault) =>
      getDefault().concat(shop.voiceAgent.middleware, support.voiceAgent.middleware),
  })
  await Promise.all([shop.voiceAgent.agent.connect(), support.voiceAgent.agent.connect()])
  expect([shop.transport.open, support.transport.open]).toEqual([1, 1])
  expect(errors).toEqual([])
})

it('two stores with an agent each under the same path are separate, without a warning', async () => {
  const pages = [create(), create()].map(({ voiceAgent, transport }) => {
    configureStore({
      reducer: { voiceAgent: voiceAgent.reducer },
      middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
    })
    return { voiceAgent, transport }
  })
  await Promise.all(pages.map(({ voiceAgent }) => voiceAgent.agent.connect()))
  expect(pages.map(({ transport }) => transport.open)).toEqual([1, 1])
  expect(errors).toEqual([])
})

it('the call of an agent that is replaced ends with it, because nothing else could end it', async () => {
  const first = create()
  const last = create()
  const dynamic = createDynamicMiddleware()
  const store = configureStore({
    reducer: { voiceAgent: last.voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(dynamic.middleware),
  })
  dynamic.addMiddleware(first.voiceAgent.middleware)
  store.dispatch({ type: 'assistantAdded' })
  await first.voiceAgent.agent.connect()
  dynamic.addMiddleware(last.voiceAgent.middleware)
  store.dispatch({ type: 'assistantReplaced' })
  expect(first.transport.open).toBe(0)
  await last.voiceAgent.agent.connect()
  expect(last.transport.open).toBe(1)
  expect(store.getState().voiceAgent.connection.status).toBe('connected')
  await first.voiceAgent.dispose()
  expect(last.transport.open).toBe(1)
})
