import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent, type PersistenceOptions } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { onTestFinished } from 'vitest'

type Persistence = PersistenceOptions & { databaseName: string; autoReconnect?: 'never' }

/** A page of an app, in the tab of the current sessionStorage. */
export function openPage({ autoReconnect, ...persistence }: Persistence) {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async (request) => ({
      token: 't',
      expiresAt: Date.now() + 60_000,
      sessionId: request.sessionId ?? crypto.randomUUID(),
    }),
    persistence: { debounceMs: 10, ...persistence },
    reconnect: { maxAttempts: 0 },
    ...(autoReconnect ? { autoReconnect } : {}),
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  onTestFinished(() => voiceAgent.dispose())
  const texts = () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text)
  const { agent, persistor, sessionManager } = voiceAgent
  return {
    voiceAgent,
    agent,
    persistor,
    sessionManager,
    transport,
    texts,
    state: () => store.getState().voiceAgent,
    subscribe: store.subscribe,
  }
}

/** The same in a new tab. */
export function openTab(persistence: Persistence) {
  sessionStorage.clear()
  return openPage(persistence)
}

/** A tab with a call and one saved message. */
export async function openTalkingTab(persistence: Persistence, text = 'before') {
  const page = openTab(persistence)
  await page.sessionManager.initialize()
  await page.agent.connect()
  page.agent.sendText(text)
  await page.persistor.flush()
  return { ...page, databaseName: persistence.databaseName, id: page.state().session.id ?? '' }
}
