import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { mirrorTabs } from 'redux-voice-agent/mirror'
import { scriptedTransport } from 'redux-voice-agent/testing'

/** An app without a view, so that only the package uses the main thread. */
function startApp(query: URLSearchParams) {
  const transport = scriptedTransport(() => 'resumed')
  const mirror = mirrorTabs({
    offer: 'any',
    whenOwnerGone: query.has('takeOver') ? 'take-over' : 'ask',
  })
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    autoReconnect: 'always',
    transport,
    refreshToken: async ({ sessionId }) => ({
      token: 'token-in-the-clear',
      expiresAt: Date.now() + 3_600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
    persistence: {
      debounceMs: Number(query.get('debounce') ?? 200),
      maxWaitMs: Number(query.get('debounce') ?? 500),
    },
    mirror,
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) =>
      getDefault({ serializableCheck: false, immutableCheck: false }).concat(voiceAgent.middleware),
    devTools: false,
  })
  const state = () => store.getState().voiceAgent
  const messages = () => voiceAgent.selectors.selectMessages(store.getState())

  return {
    restored: () => voiceAgent.sessionManager.initialize(),
    connect: () => voiceAgent.agent.connect(),
    follow: (id: string) => mirror.follow(id),
    takeOver: () => mirror.takeOver(),
    mirrors: () => mirror.mirrors,
    sessionId: () => state().session.id,
    status: () => state().session.mirror?.status ?? null,
    offered: () => state().session.mirror,
    call: () => state().connection.status,
    calls: () => transport.requests.length,
    count: () => state().conversation.firstLoadedIndex + state().conversation.messages.count,
    say: (text: string) => voiceAgent.agent.sendText(text),
    save: () => voiceAgent.persistor.flush(),
    texts: () => messages().map(({ text }) => text),
    /** The agent says `count` sentences, as fast as possible. */
    talk(count: number, label: string) {
      for (let index = 0; index < count; index++) {
        const turnId = `${label}-${index}`
        transport.emit({ type: 'assistantTurnStarted', turnId })
        transport.emit({ type: 'assistantTextAppended', turnId, delta: `${label} ${index}: canary words` })
        transport.emit({ type: 'assistantTurnCompleted', turnId })
      }
    },
    /** The agent says 30 words per second for `ms` milliseconds. */
    async stream(ms: number) {
      const turnId = crypto.randomUUID()
      transport.emit({ type: 'assistantTurnStarted', turnId })
      const start = performance.now()
      while (performance.now() - start < ms) {
        transport.emit({ type: 'assistantTextAppended', turnId, delta: ' word' })
        await new Promise((resolve) => setTimeout(resolve, 33))
      }
      transport.emit({ type: 'assistantTurnCompleted', turnId })
    },
    /** Resolves when this tab shows that many messages, with the time in milliseconds since the epoch. */
    reaches: (count: number) =>
      new Promise<number>((resolve) => {
        const check = () => {
          const { firstLoadedIndex, messages: log } = state().conversation
          if (firstLoadedIndex + log.count < count) return
          stop()
          resolve(performance.timeOrigin + performance.now())
        }
        const stop = store.subscribe(check)
        check()
      }),
    now: () => performance.timeOrigin + performance.now(),
    /** Records the session's messages between tabs, as a page without the key sees them. */
    listen(id: string) {
      const channel = new BroadcastChannel(`redux-voice-agent:redux-voice-agent:mirror:${id}`)
      const seen: string[] = []
      channel.onmessage = ({ data }) =>
        seen.push(
          JSON.stringify(data, (_name, value: unknown) =>
            value instanceof ArrayBuffer ? new TextDecoder('latin1').decode(value) : value,
          ),
        )
      return seen
    },
    seen: [] as string[],
  }
}

export type MirrorApp = ReturnType<typeof startApp>

declare global {
  interface Window {
    mirrorApp: MirrorApp
  }
}

window.mirrorApp = startApp(new URLSearchParams(location.search))
