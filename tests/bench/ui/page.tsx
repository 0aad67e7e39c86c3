import { configureStore } from '@reduxjs/toolkit'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import { createVoiceAgent, type Message } from 'redux-voice-agent'
import { preloadVoiceAssistant, VoiceAgentProvider, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { scriptedTransport } from 'redux-voice-agent/testing'

/** Milliseconds. */
export interface UiFigures {
  /** Main-thread time until the panel is rendered and laid out; minimum of seven. */
  firstPaint: number
  /** From then until every message is in the document. */
  complete: number
  /** Main-thread time for a streamed delta, rendered and laid out, one per frame; mean of 400. */
  delta: number
  /** Time between frames while scrolling from the end to the start and back. */
  frames: number[]
}

const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
const host = document.querySelector('main') as HTMLElement

function messagesOf(count: number): Message[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `message-${index}`,
    role: index % 2 === 0 ? 'user' : 'assistant',
    text: `Message ${index}: ${'a few words about the shop and its kettles, '.repeat(1 + (index % 5))}and so on.`,
    status: 'final',
    createdAt: Date.now() - (count - index) * 10_000,
  }))
}

function mount(messages: Message[]) {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 'token', expiresAt: Date.now() + 3_600_000, sessionId: 'bench' }),
    persistence: false,
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) =>
      getDefaultMiddleware({ serializableCheck: false, immutableCheck: false }).concat(voiceAgent.middleware),
  })
  store.dispatch(
    voiceAgent.actions.sessionRehydrated({
      id: 'bench',
      tabId: 'tab',
      createdAt: 0,
      revision: 1,
      startedAt: null,
      endedAt: null,
      reconnectAttempts: 0,
      messages,
      firstLoadedIndex: 0,
    }),
  )
  const root = createRoot(host)
  const start = performance.now()
  flushSync(() =>
    root.render(
      <Provider store={store}>
        <VoiceAgentProvider agent={voiceAgent}>
          <WebRTCVoiceAssistant />
        </VoiceAgentProvider>
      </Provider>,
    ),
  )
  const viewport = host.querySelector('[data-rva-part=viewport]') as HTMLElement
  void viewport.scrollHeight
  return { voiceAgent, transport, viewport, root, ms: performance.now() - start }
}

async function scroll(viewport: HTMLElement): Promise<number[]> {
  const frames: number[] = []
  const end = viewport.scrollHeight
  let last = await frame()
  for (const direction of [-1, 1]) {
    // Larger steps for a long conversation: about five seconds in each direction, whatever its length.
    for (let step = 0; step < 300; step++) {
      viewport.scrollTop += (direction * end) / 300
      const now = await frame()
      frames.push(now - last)
      last = now
    }
  }
  return frames
}

async function measureUi(count: number): Promise<UiFigures> {
  const messages = messagesOf(count)
  const paints: number[] = []
  await preloadVoiceAssistant()
  for (let round = 0; round < 7; round++) {
    const { root, voiceAgent, ms } = mount(messages)
    paints.push(ms)
    root.unmount()
    await voiceAgent.dispose()
    await frame()
  }
  const { voiceAgent, transport, viewport, root } = mount(messages)
  const start = performance.now()
  while (host.querySelectorAll('article').length < count) await frame()
  const complete = performance.now() - start

  await voiceAgent.agent.connect()
  let streamed = 0
  for (let turn = 0; turn < 10; turn++) {
    transport.emit({ type: 'assistantTurnStarted', turnId: `turn-${turn}` })
    for (let delta = 0; delta < 40; delta++) {
      // Deltas within one frame are merged.
      await frame()
      const begun = performance.now()
      flushSync(() =>
        transport.emit({ type: 'assistantTextAppended', turnId: `turn-${turn}`, delta: 'word ' }),
      )
      void viewport.scrollHeight
      streamed += performance.now() - begun
    }
    transport.emit({ type: 'assistantTurnCompleted', turnId: `turn-${turn}` })
    await frame()
  }
  const frames = await scroll(viewport)
  root.unmount()
  await voiceAgent.dispose()
  return { firstPaint: Math.min(...paints), complete, delta: streamed / 400, frames }
}

Object.assign(globalThis, { measureUi })
