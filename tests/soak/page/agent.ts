import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent, type RestoreOutcome } from '../../../src/index.js'
import { workerStore } from '../../../src/storage/stores.js'
import { createDeviceKeyProvider } from '../../../src/storage.js'
import { scriptedTransport } from '../../../src/testing.js'
import type { Message } from '../../../store/index.js'
import type { PageOptions } from './options.js'

const inOpfs = {
  store: workerStore(() => new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' })),
  keyProvider: createDeviceKeyProvider(),
}

/** An app's store with the agent. Only the agent's provider is scripted; all storage is real. */
export function createApp({ debounceMs, maxWaitMs, restore, store: place }: PageOptions) {
  const transport = scriptedTransport(({ resume }) => (resume ? 'resumed' : 'fresh'))
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async ({ sessionId }) => ({
      token: crypto.randomUUID(),
      expiresAt: Date.now() + 3_600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
    autoReconnect: 'always',
    persistence: { debounceMs, maxWaitMs, restore, ...(place === 'opfs' ? inOpfs : {}) },
  })
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer },
    middleware: (defaults) => defaults().concat(voiceAgent.middleware),
  })
  const { selectors, sessionManager, agent } = voiceAgent

  async function loadEarlier(): Promise<void> {
    // Rejects if the storage fails or does not answer.
    while (store.getState().voiceAgent.conversation.firstLoadedIndex > 0) await agent.loadEarlierMessages()
  }

  return {
    agent,
    sessionManager,
    emit: transport.emit,
    messages: (): readonly Message[] => selectors.selectMessages(store.getState()),
    session: () => store.getState().voiceAgent.session,
    /** Status of the call and the session, without the conversation. */
    describe() {
      const { session, connection, conversation } = store.getState().voiceAgent
      return { session, status: connection.status, firstLoadedIndex: conversation.firstLoadedIndex }
    },
    /** Waits until the whole conversation is loaded and the agent listens. */
    async take(outcome: RestoreOutcome): Promise<void> {
      await loadEarlier()
      if (outcome.agent === 'none') await agent.connect()
    },
  }
}

export type App = ReturnType<typeof createApp>
