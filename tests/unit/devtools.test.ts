import { type EnhancedStore, instrument, type PerformAction } from '@redux-devtools/instrument'
import { configureStore, type Middleware, type StoreEnhancer, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { devToolsOptions, devToolsOptionsWithoutText } from 'redux-voice-agent/devtools'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, onTestFinished, vi } from 'vitest'

const { actionSanitizer, stateSanitizer } = devToolsOptionsWithoutText

it('shows only the lengths of what was said and of tool arguments', () => {
  const message = {
    id: 'm1',
    text: 'A secret',
    tool: { name: 'pay', arguments: { card: 'secret' }, status: 'failed', error: 'secret' },
  }
  const state = {
    conversation: {
      messages: { tail: [message] },
      interim: { id: 'u', text: 'secret' },
      draft: 'A secret too',
    },
    error: { code: 'connection-lost' },
  }
  expect(stateSanitizer(state)).toEqual({
    conversation: {
      messages: {
        tail: [
          {
            id: 'm1',
            text: '(8 characters)',
            tool: { name: 'pay', arguments: '(left out)', status: 'failed', error: '(6 characters)' },
          },
        ],
      },
      interim: { id: 'u', text: '(6 characters)' },
      draft: '(12 characters)',
    },
    error: { code: 'connection-lost' },
  })
  const action = {
    type: 'voiceAgent/toolCallAnswered',
    payload: { toolCallId: 't1', answer: { result: ['secret'] } },
  }
  expect(JSON.stringify(actionSanitizer(action))).not.toContain('secret')
  const typed = { type: 'voiceAgent/draftChanged', payload: { text: 'secret' } }
  expect(JSON.stringify(actionSanitizer(typed))).not.toContain('secret')
  // Like objects from parsers and query strings.
  const bare = Object.assign(Object.create(null), { text: 'secret' })
  expect(stateSanitizer({ bare })).toEqual({ bare: { text: '(6 characters)' } })
})

it("passes non-plain objects through, and omits an app's message to the agent", () => {
  class Money {
    readonly result = 3
  }
  const state = { due: new Date(0), rates: new Map([['text', 1]]), price: new Money() }
  const shown: Record<string, unknown> = stateSanitizer(state)
  for (const [key, value] of Object.entries(state)) expect(shown[key]).toBe(value)

  const told = {
    type: 'voiceAgent/clientMessageRequested',
    payload: { name: 'address', data: { street: 'secret' } },
  }
  expect(actionSanitizer(told)).toEqual({ ...told, payload: { name: 'address', data: '(left out)' } })
  // For example, an RTK Query action.
  const loaded = { type: 'api/executeQuery/fulfilled', payload: { data: { id: 7 } } }
  expect(actionSanitizer(loaded)).toEqual(loaded)
})

it('combines frequent events into the actions that tell the story', async () => {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    persistence: false,
  })
  const dispatched: UnknownAction[] = []
  const note: Middleware = () => (next) => (action) => {
    dispatched.push(action as UnknownAction)
    return next(action)
  }
  configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware, note),
  })
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  await voiceAgent.agent.connect()
  for (const text of ['Two', 'Two cups', 'Two cups, please'])
    transport.emit({ type: 'userTranscriptReceived', text, final: text.endsWith('please') })
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a1' })
  for (let delta = 0; delta < 1_000; delta++) {
    transport.emit({ type: 'assistantTextAppended', turnId: 'a1', delta: ' word' })
    await vi.advanceTimersByTimeAsync(20)
  }
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'a1' })
  await voiceAgent.agent.disconnect()
  await voiceAgent.dispose()
  expect(dispatched.length).toBeGreaterThan(500)
  // As DevTools applies them: one joined expression, plus the predicate.
  const denied = new RegExp(devToolsOptions.actionsDenylist.join('|'))
  const shown = dispatched.filter(
    (action) => devToolsOptions.predicate({}, action) && !denied.test(action.type),
  )
  expect(shown.map(({ type }) => type.split('/')[1])).toEqual([
    'connectRequested',
    'callBegan',
    'storageStatusChanged',
    'tabIdentified',
    'tokenRefreshed',
    'sessionCreated',
    'connectionAttempted',
    'connectionEstablished',
    'userTranscriptReceived',
    'assistantTurnStarted',
    'assistantTurnCompleted',
    'disconnectRequested',
    'connectionClosed',
  ])
})

it("with `trace`, each action leads from the facade to the app's line that caused it", async () => {
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    persistence: false,
  })
  const { maxAge, traceLimit } = devToolsOptions
  const enhancer = instrument(undefined, { maxAge, trace: true, traceLimit })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefault) => getDefault().concat(enhancer as StoreEnhancer),
  }) as unknown as EnhancedStore<object, UnknownAction, object>
  const connectButtonPressed = () => voiceAgent.agent.connect()
  await connectButtonPressed()
  const sendButtonPressed = () => voiceAgent.agent.sendText('Hello')
  sendButtonPressed()
  await voiceAgent.dispose()
  const performed: PerformAction<UnknownAction>[] = Object.values(store.liftedStore.getState().actionsById)
  const stackOf = (name: string) => performed.find(({ action }) => action.type.endsWith(`/${name}`))?.stack
  expect(stackOf('connectRequested')).toContain('connectButtonPressed')
  expect(stackOf('sendTextRequested')).toContain('sendButtonPressed')
})
