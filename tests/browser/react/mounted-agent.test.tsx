import { configureStore, createSlice, type Reducer } from '@reduxjs/toolkit'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { Provider } from 'react-redux'
import { createVoiceAgent } from 'redux-voice-agent'
import { useWebRTCVoiceAssistant, VoiceAgentProvider, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pressAfterChange } from './places.js'
import { button, find, recordConsole, render, scriptedOptions } from './support.js'

const cart = createSlice({ name: 'cart', initialState: { count: 0 }, reducers: {} })

function mountInShop() {
  const options = scriptedOptions()
  const voiceAgent = createVoiceAgent(options)
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer, cart: cart.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
  })
  onTestFinished(() => voiceAgent.dispose())
  const inShop = (children: ReactNode) => (
    <Provider store={store}>
      <VoiceAgentProvider agent={voiceAgent}>{children}</VoiceAgentProvider>
    </Provider>
  )
  return { voiceAgent, transport: options.transport, inShop }
}

test('in an existing store, the call continues when its page is left', async () => {
  const { transport, inShop } = mountInShop()
  const view = render(inShop(<WebRTCVoiceAssistant />))
  ;(await button(view.container, 'primary')).click()
  await find(view.container, '[data-connection=connected]')

  view.render(inShop(<p>Checkout</p>))
  await vi.waitFor(() => expect(view.container.textContent).toBe('Checkout'))
  expect(transport.open).toBe(1)

  view.render(inShop(<WebRTCVoiceAssistant />))
  await find(view.container, '[data-connection=connected]')
  expect(transport.requests).toHaveLength(1)
})

test('a whole call in a store with all checks logs nothing to the console', async () => {
  const logged = recordConsole()
  const { voiceAgent, transport, inShop } = mountInShop()
  const { container } = render(inShop(<WebRTCVoiceAssistant config={{ agent: voiceAgent }} />))
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
  transport.emit({ type: 'assistantTurnStarted', turnId: 'turn' })
  transport.emit({ type: 'assistantSpeechStarted' })
  for (let word = 0; word < 20; word++)
    transport.emit({ type: 'assistantTextAppended', turnId: 'turn', delta: 'word ' })
  transport.emit({ type: 'assistantTurnInterrupted', turnId: 'turn' })
  await pressAfterChange(await button(container, 'primary'), () =>
    expect(container.querySelector('[data-connection=disconnected]')).not.toBeNull(),
  )
  expect(logged).toEqual([])
})

test('two components of one agent show the same state, and commands do not throw', async () => {
  const { voiceAgent, inShop } = mountInShop()
  let sendText: ((text: string) => void) | undefined
  function Bare() {
    const assistant = useWebRTCVoiceAssistant()
    sendText = assistant.sendText
    return <output data-state={assistant.connectionState}>{assistant.messages.length}</output>
  }
  const { container } = render(
    inShop(
      <>
        <WebRTCVoiceAssistant />
        <Bare />
      </>,
    ),
  )
  await find(container, 'output[data-state=idle]')
  sendText?.('Too early')
  await voiceAgent.agent.connect()
  await find(container, 'output[data-state=connected]')
  sendText?.('Now')
  await vi.waitFor(() => expect(container.querySelector('output')?.textContent).toBe('1'))
  expect(container.querySelectorAll('article')).toHaveLength(1)
})

test.for(['reducer', 'middleware'])('a missing %s throws in the first render', (missing) => {
  const voiceAgent = createVoiceAgent(scriptedOptions())
  const added = missing === 'reducer' ? cart.reducer : voiceAgent.reducer
  const store = configureStore({
    reducer: { [missing === 'reducer' ? 'cart' : voiceAgent.reducerPath]: added as Reducer },
    middleware: (getDefault) =>
      missing === 'middleware' ? getDefault() : getDefault().concat(voiceAgent.middleware),
  })
  const app = (
    <Provider store={store}>
      <WebRTCVoiceAssistant config={{ agent: voiceAgent }} />
    </Provider>
  )
  expect(() => renderToString(app)).toThrow(expect.objectContaining({ code: 'not-mounted' }))
  // In the same task, before the agent starts restoring.
  void voiceAgent.dispose()
})

test('a second agent says that the store has another one', () => {
  const { inShop } = mountInShop()
  const second = createVoiceAgent(scriptedOptions())
  onTestFinished(() => second.dispose())
  expect(() => renderToString(inShop(<WebRTCVoiceAssistant config={{ agent: second }} />))).toThrow(
    "No store has this agent's middleware: add it in configureStore.",
  )
})

test('a mounted agent without <Provider>, or without its facade, throws an error that says which', () => {
  const { voiceAgent } = mountInShop()
  const assistant = (agent: typeof voiceAgent) => <WebRTCVoiceAssistant config={{ agent }} />
  expect(() => renderToString(assistant(voiceAgent))).toThrow(
    expect.objectContaining({
      code: 'not-mounted',
      message: expect.stringContaining("react-redux's <Provider store={store}>; there is none."),
    }),
  )
  const store = configureStore({ reducer: { cart: cart.reducer } })
  const inner = <Provider store={store}>{assistant(voiceAgent.agent as never)}</Provider>
  expect(() => renderToString(inner)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('as voiceAgent; got voiceAgent.agent.') }),
  )
})

test('a store that has only the reducer throws in the first render, although another store has the middleware', () => {
  const { voiceAgent } = mountInShop()
  const store = configureStore({ reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer } })
  const app = (
    <Provider store={store}>
      <WebRTCVoiceAssistant config={{ agent: voiceAgent }} />
    </Provider>
  )
  expect(() => renderToString(app)).toThrow(
    expect.objectContaining({
      code: 'not-mounted',
      message: expect.stringContaining('must have voiceAgent.middleware'),
    }),
  )
})

test('a component of a disposed agent shows the last state', async () => {
  const { voiceAgent, inShop } = mountInShop()
  await voiceAgent.agent.connect()
  await voiceAgent.dispose()
  const { container } = render(inShop(<WebRTCVoiceAssistant />))
  await find(container, '[data-rva-part=root]')
})
