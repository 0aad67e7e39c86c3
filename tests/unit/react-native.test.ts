import { configureStore } from '@reduxjs/toolkit'
import type { VoiceAgentOptions } from 'redux-voice-agent'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

/** Browser globals that React Native lacks. The others are Node's here, including `AbortSignal`, for which React Native needs a polyfill. */
const missing = [
  ...['document', 'location', 'indexedDB', 'localStorage', 'sessionStorage', 'crypto', 'BroadcastChannel'],
  ...['DOMException', 'structuredClone', 'requestIdleCallback', 'addEventListener', 'removeEventListener'],
  ...['RTCPeerConnection', 'MediaStream', 'AudioContext', 'Audio', 'HTMLElement', 'CSS', 'matchMedia'],
]

beforeAll(() => {
  for (const name of missing) vi.stubGlobal(name, undefined)
  // Its `window` is the global object, without event listeners.
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('navigator', { product: 'ReactNative' })
})
afterAll(() => vi.unstubAllGlobals())

/** Mounts an agent that was loaded with these globals. */
async function mount(options: Pick<VoiceAgentOptions, 'persistence' | 'autoReconnect'>) {
  const { createVoiceAgent } = await import('redux-voice-agent')
  const { scriptedTransport } = await import('redux-voice-agent/testing')
  const transport = scriptedTransport(({ resume }) => (resume ? 'resumed' : 'fresh'))
  const voiceAgent = createVoiceAgent({
    apiEndpoint: 'https://shop.example/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    reconnect: () => 0,
    ...options,
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
  })
  const errors: unknown[] = []
  voiceAgent.agent.on('error', (error) => errors.push(error))
  return { transport, voiceAgent, store, errors }
}

it('imports every entry point', async () => {
  for (const entry of ['core', 'react', 'texts', 'transports', 'storage', 'devtools', 'testing'] as const) {
    const load = {
      core: () => import('redux-voice-agent'),
      react: () => import('redux-voice-agent/react'),
      texts: () => import('redux-voice-agent/texts'),
      transports: () => import('redux-voice-agent/transports'),
      storage: () => import('redux-voice-agent/storage'),
      devtools: () => import('redux-voice-agent/devtools'),
      testing: () => import('redux-voice-agent/testing'),
    }[entry]
    await expect(load(), entry).resolves.toBeTypeOf('object')
  }
})

it('has a call over a custom transport, with a reconnection, and stores nothing', async () => {
  const { transport, voiceAgent, store, errors } = await mount({ persistence: false })
  const { agent, selectors } = voiceAgent
  await agent.connect()
  transport.emit({ type: 'microphoneChanged', microphone: 'live' })
  agent.sendText('What teas do you have?')
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a1' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a1', delta: 'Sen' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a1', delta: 'cha.' })
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'a1' })

  const reconnected = new Promise<void>((resolve) => void agent.once('reconnected', resolve))
  transport.emit({ type: 'connectionState', state: 'failed' })
  await reconnected
  expect(transport.requests.map(({ resume }) => resume)).toEqual([false, true])
  transport.emit({ type: 'userTranscriptReceived', text: 'Thank you', final: true })

  expect(selectors.selectMessages(store.getState()).map(({ text }) => text)).toEqual([
    'What teas do you have?',
    'Sencha.',
    'Thank you',
  ])
  await agent.disconnect()
  expect(store.getState().voiceAgent).toMatchObject({
    connection: { status: 'disconnected' },
    session: { storage: 'memory', error: null },
  })
  await voiceAgent.dispose()
  expect(transport.open).toBe(0)
  expect(errors).toMatchObject([{ code: 'connection-lost' }])
})

it('stores in memory, and says so, if persistence was left on', async () => {
  const { transport, voiceAgent, store } = await mount({})
  // Without a page, restores don't start automatically.
  expect(await voiceAgent.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
  await voiceAgent.agent.connect()
  transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
  expect(store.getState().voiceAgent.session).toMatchObject({
    storage: 'memory',
    error: { code: 'storage-unavailable' },
    restore: { reason: 'no-session' },
  })
  expect(voiceAgent.selectors.selectMessages(store.getState())).toHaveLength(1)
  await voiceAgent.dispose()
})

it('restores automatically from a custom storage', async () => {
  const { memoryStorage } = await import('redux-voice-agent/testing')
  const persistence = { storage: memoryStorage() }
  const before = await mount({ persistence })
  await before.voiceAgent.agent.connect()
  before.transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
  await before.voiceAgent.dispose()

  const { transport, voiceAgent, store } = await mount({ persistence, autoReconnect: 'always' })
  const { messages } = await new Promise<{ messages: { text: string }[] }>((restored) =>
    voiceAgent.agent.once('sessionRestored', restored),
  )
  expect(messages).toMatchObject([{ text: 'Hello' }])
  await vi.waitFor(() => expect(store.getState().voiceAgent.connection.status).toBe('connected'))
  expect(transport.requests).toMatchObject([{ resume: true, sessionId: 's1' }])
  await voiceAgent.dispose()
})
