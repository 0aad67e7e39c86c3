import { configureStore } from '@reduxjs/toolkit'
import { StrictMode } from 'react'
import { Provider } from 'react-redux'
import { createVoiceAgent } from 'redux-voice-agent'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'

/** A store with its agent: one per request on the server, one for the page in the browser. */
export function createApp() {
  const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
  })
  const app = (
    <StrictMode>
      <Provider store={store}>
        <h1>Tea</h1>
        <WebRTCVoiceAssistant config={{ agent: voiceAgent }} />
      </Provider>
    </StrictMode>
  )
  return { app, store, voiceAgent }
}
