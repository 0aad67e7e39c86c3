import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { messagesUpTo } from '../page/messages.js'

const begun = performance.now()
const transport = scriptedTransport()
const voiceAgent = createVoiceAgent({
  apiEndpoint: '/api/voice-agent',
  transport,
  refreshToken: async ({ sessionId }) => ({
    token: 'token',
    expiresAt: Date.now() + 3_600_000,
    sessionId: sessionId ?? crypto.randomUUID(),
  }),
  autoReconnect: 'never',
})
const store = configureStore({
  reducer: { voiceAgent: voiceAgent.reducer },
  middleware: (defaults) => defaults().concat(voiceAgent.middleware),
})
const count = () => store.getState().voiceAgent.conversation.messages.count

/** Milliseconds from the app's module to the newest messages in the store; null if nothing was stored. */
async function restored(): Promise<number | null> {
  return new Promise((resolve) => {
    store.subscribe(() => {
      if (count() > 0) resolve(performance.now() - begun)
      else if (store.getState().voiceAgent.session.restore.phase === 'done') resolve(null)
    })
  })
}

const start = {
  restored: restored(),
  async seed(messages: number): Promise<void> {
    await start.restored
    await voiceAgent.agent.connect()
    for (const { id, text, createdAt } of messagesUpTo(messages)) {
      store.dispatch(voiceAgent.actions.userTranscriptReceived({ id, text, final: true, at: createdAt }))
    }
    await voiceAgent.persistor.flush()
  },
}

declare global {
  interface Window {
    start: typeof start
  }
}
window.start = start
