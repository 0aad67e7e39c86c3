import { configureStore } from '@reduxjs/toolkit'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import { createVoiceAgent, type Message, type VoiceAgentOptions } from 'redux-voice-agent'
import { VoiceAgentProvider } from 'redux-voice-agent/react'
import { type ScriptedTransport, scriptedTransport } from 'redux-voice-agent/testing'
import { expect, onTestFinished, vi } from 'vitest'
import { ofTheMachine } from '../../support/of-the-machine.js'

/** Options of an agent without network, microphone and storage. */
export function scriptedOptions(): Omit<VoiceAgentOptions, 'reducerPath'> & { transport: ScriptedTransport } {
  return {
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: async () => ({
      token: 'token',
      expiresAt: Date.now() + 3_600_000,
      sessionId: 'agent-session',
    }),
    persistence: false,
  }
}

/** Renders into a new container, which is removed after the test. */
export function render(node: ReactNode) {
  const container = document.createElement('div')
  document.body.append(container)
  const root = createRoot(container)
  root.render(node)
  onTestFinished(() => {
    root.unmount()
    container.remove()
  })
  return { container, render: (next: ReactNode) => root.render(next), unmount: () => root.unmount() }
}

/** Waits for an element. The timeout is long, because the first test in a file may wait for Vite to compile the code. */
export function find<E extends HTMLElement>(container: HTMLElement, selector: string): Promise<E> {
  return vi.waitFor(() => {
    const found = container.querySelector<E>(selector)
    if (!found) throw new Error(`There is no ${selector}.`)
    return found
  }, 15_000)
}

export const button = (container: HTMLElement, part: string) =>
  find<HTMLButtonElement>(container, `[data-rva-part=${part}]`)

/** Records console warnings and errors until the test ends, without printing them. */
export function recordConsole(): unknown[][] {
  const logged: unknown[][] = []
  for (const level of ['warn', 'error'] as const) {
    const spy = vi.spyOn(console, level).mockImplementation((...args) => {
      if (!ofTheMachine.test(String(args[0]))) logged.push(args)
    })
    onTestFinished(() => spy.mockRestore())
  }
  return logged
}

/** Resolves after the next paint. */
export const painted = () =>
  new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))

/** Creates messages of a past conversation, one every ten seconds, the last a minute ago. */
export function pastMessages(count: number): Message[] {
  const end = Date.now() - 60_000
  return Array.from({ length: count }, (_, index) => ({
    id: `past-${index}`,
    role: index % 2 === 0 ? 'user' : 'assistant',
    text: `Message ${index}: ${'a few words about the shop and its kettles, '.repeat(1 + (index % 5))}and so on.`,
    status: 'final',
    createdAt: end - (count - index) * 10_000,
  }))
}

/** Mounts an agent in an app's store. Any messages appear as a restored conversation. */
export function mountAgent(
  messages: Message[] = [],
  overrides: Partial<ReturnType<typeof scriptedOptions>> = {},
) {
  const options = { ...scriptedOptions(), ...overrides }
  const voiceAgent = createVoiceAgent(options)
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) =>
      getDefaultMiddleware({ serializableCheck: false, immutableCheck: false }).concat(voiceAgent.middleware),
    devTools: false,
  })
  onTestFinished(() => voiceAgent.dispose())
  if (messages.length > 0) {
    const { actions } = voiceAgent
    store.dispatch(
      actions.sessionRehydrated({
        id: 'earlier',
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
  }
  const inApp = (children: ReactNode) => (
    <Provider store={store}>
      <VoiceAgentProvider agent={voiceAgent}>{children}</VoiceAgentProvider>
    </Provider>
  )
  return { voiceAgent, transport: options.transport, store, inApp }
}

/** Mounts a separate agent on this database, as another tab would. */
export const mountTab = (databaseName: string) =>
  mountAgent([], {
    persistence: { databaseName, debounceMs: 5 },
    refreshToken: async (request) => ({
      token: 'token',
      expiresAt: Date.now() + 3_600_000,
      sessionId: request?.sessionId ?? crypto.randomUUID(),
    }),
  })

export type Tab = ReturnType<typeof mountTab>

/** Starts a call, adds a user turn and saves it. Returns the session id. */
export async function talk({ voiceAgent, transport }: Tab, text: string): Promise<string> {
  await voiceAgent.sessionManager.initialize()
  await voiceAgent.agent.connect()
  transport.emit({ type: 'userTranscriptReceived', text, final: true })
  await voiceAgent.persistor.flush()
  return voiceAgent.sessionManager.getCurrentSession()?.sessionId ?? ''
}

/** Simulates ten seconds with this round-trip time, so that a warning appears or disappears. */
export function sampleNetwork({ store, voiceAgent }: ReturnType<typeof mountAgent>, roundTripMs: number) {
  const { connection, stats } = voiceAgent.selectors.selectVoiceAgent(store.getState())
  const begin = stats.network.at(-1)?.at ?? 0
  for (let second = 1; second <= 10; second++) {
    const sample = { at: begin + second * 1000, roundTripMs, jitterMs: 5, lossReceived: 0, lossSent: 0 }
    store.dispatch(
      voiceAgent.actions.networkSampled({
        connectionId: connection.connectionId ?? '',
        sample: { ...sample, bitrateReceived: 30_000, bitrateSent: 30_000, silentMs: 0 },
      }),
    )
  }
}

/** Records the announcements of an element's live regions, as a screen reader would speak them. */
export function listen(container: HTMLElement) {
  const heard: string[] = []
  const observer = new MutationObserver((records) => {
    for (const { addedNodes, target } of records) {
      for (const node of addedNodes) {
        const region = (target as Element).closest?.('[data-rva-part=announcer]')
        if (!region || !node.textContent) continue
        const urgency = region.getAttribute('data-urgency') === 'assertive' ? '! ' : ''
        heard.push(urgency + node.textContent)
      }
    }
  })
  observer.observe(container, { childList: true, subtree: true })
  onTestFinished(() => observer.disconnect())
  return {
    /** Waits until the announcements since the last call are as expected. */
    expect: async (...expected: string[]) => {
      await vi.waitFor(() => expect(heard).toEqual(expected))
      heard.length = 0
    },
    heard,
  }
}
