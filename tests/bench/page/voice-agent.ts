import { configureStore, type Middleware } from '@reduxjs/toolkit'
import { createVoiceAgent, type Message, type PersistenceOptions } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { createStorage } from '../../../src/lib/voice-agent/storage/index.js'

export const databaseName = 'bench-redux-voice-agent'
export const sessionId = 'bench'

/** A voice agent without a call, in its own store. */
export function createAgent(persistence: PersistenceOptions | false, extra: Middleware[] = []) {
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: () => Promise.reject(new Error('No call is made here.')),
    persistence,
  })
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer },
    middleware: (defaults) => defaults().concat(voiceAgent.middleware, ...extra),
  })
  return { voiceAgent, store }
}

/** A store with the agent's reducer and state, but without middleware. */
export function createReducerOnly({ voiceAgent, store }: ReturnType<typeof createAgent>) {
  return configureStore({ reducer: { voiceAgent: voiceAgent.reducer }, preloadedState: store.getState() })
}

/** Stores a session with these messages, as the middleware would. */
export async function storeSession(messages: Message[], name = databaseName): Promise<void> {
  const { records, tab } = createStorage({ databaseName: name })
  await records.open(() => {})
  const { tabId } = await tab.claim()
  await records.setItem(sessionId, {
    head: {
      id: sessionId,
      tabId,
      createdAt: Date.now(),
      updatedAt: Date.now(),
      connectionStatus: 'disconnected',
      conversationStatus: 'idle',
      startedAt: null,
      endedAt: null,
      reconnectAttempts: 0,
      messageCount: messages.length,
    },
    messages,
    firstLoadedIndex: 0,
    revision: 1,
    _persist: { version: 1, rehydrated: true },
  })
  tab.release()
  await records.close()
}
