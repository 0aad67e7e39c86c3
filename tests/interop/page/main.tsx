/** An app with the package's component in it. The address says whom it calls, and how. */
import { configureStore } from '@reduxjs/toolkit'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import { createVoiceAgent, type VoiceAgent } from 'redux-voice-agent'
import { VoiceAgentProvider, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { smallWebRtcTransport, whipTransport } from 'redux-voice-agent/transports'
import { janusTransport } from './janus-transport.js'

declare global {
  interface Window {
    voiceAgentUnderTest: VoiceAgent<'voiceAgent'>
  }
}

const address = new URLSearchParams(location.search)
const transports = {
  pipecat: () => smallWebRtcTransport(),
  // The example's server, which issues tokens.
  example: () => smallWebRtcTransport(),
  // As on Pipecat Cloud.
  start: () => smallWebRtcTransport({ startUrl: `${address.get('endpoint')}/start` }),
  janus: janusTransport,
  whep: () => whipTransport({ whepEndpoint: ({ apiEndpoint }) => `${apiEndpoint}/whep` }),
}
const { iceServers, iceTransportPolicy }: RTCConfiguration = JSON.parse(address.get('rtc') ?? '{}')

const voiceAgent = createVoiceAgent({
  apiEndpoint: address.get('endpoint') ?? '',
  transport: transports[address.get('transport') as keyof typeof transports](),
  // A stock Pipecat bot, and Janus, ask for none.
  ...(address.get('transport') !== 'example' && {
    refreshToken: async ({ sessionId }) => ({
      token: 'none is asked for',
      expiresAt: Date.now() + 3_600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
  }),
  ...(iceServers ? { iceServers } : {}),
  ...(iceTransportPolicy ? { iceTransportPolicy } : {}),
})
window.voiceAgentUnderTest = voiceAgent

const store = configureStore({
  reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
  middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
})

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Provider store={store}>
      <VoiceAgentProvider agent={voiceAgent}>
        <WebRTCVoiceAssistant />
      </VoiceAgentProvider>
    </Provider>
  </StrictMode>,
)
