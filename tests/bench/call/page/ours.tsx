import { configureStore } from '@reduxjs/toolkit'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import { createVoiceAgent } from '../../../../src/index.js'
import { VoiceAgentProvider, WebRTCVoiceAssistant } from '../../../../src/react.js'
import type { Client } from './main.js'

/** An app's store with an agent that stores its conversation; with the component, or without UI. */
export function createClient(hasUi: boolean): Client {
  const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })
  const { agent, actions, sessionManager } = voiceAgent
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
  })
  const app = document.getElementById('app')
  if (hasUi && app)
    createRoot(app).render(
      <Provider store={store}>
        <VoiceAgentProvider agent={voiceAgent}>
          <WebRTCVoiceAssistant />
        </VoiceAgentProvider>
      </Provider>,
    )
  const initialized = sessionManager.initialize()
  const status = () => store.getState().voiceAgent.connection.status

  /** Resolves when `isWanted` returns true, immediately if it already does. */
  const reaches = (isWanted: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!isWanted()) return
        unsubscribe()
        resolve()
      }
      const unsubscribe = store.subscribe(check)
      check()
    })

  return {
    prepare: async () => void (await initialized),
    connect: () => agent.connect(),
    mute: () => agent.mute(),
    async callOnLoad() {
      await initialized
      if (status() !== 'connected') throw new Error('No call was restored.')
    },
    async store(messages) {
      await agent.connect()
      for (let number = 0; number < messages; number++) {
        const text = `Message ${number}: a few words about the shop and its kettles, and what they cost.`
        store.dispatch(
          actions.userTranscriptReceived({ id: `bench-${number}`, text, final: true, at: Date.now() }),
        )
      }
      await voiceAgent.persistor.flush()
    },
    async reconnected() {
      await reaches(() => status() !== 'connected')
      await reaches(() => status() === 'connected')
    },
  }
}
