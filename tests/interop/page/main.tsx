/** An app with the package's component. Its URL says which peer it calls, and how. */
import { configureStore } from '@reduxjs/toolkit'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import {
  createVoiceAgent,
  type TokenRefreshCallback,
  type VoiceAgent,
  type VoiceTool,
} from 'redux-voice-agent'
import { mirrorTabs } from 'redux-voice-agent/mirror'
import { VoiceAgentProvider, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { smallWebRtcTransport, whipTransport } from 'redux-voice-agent/transports'
import { liveKitTransport } from 'redux-voice-agent/transports/livekit'
import { z } from 'zod'
import { hearPage } from './hearing.js'
import { janusTransport } from './janus-transport.js'
import { hearAgent } from './loudness.js'

declare global {
  interface Window {
    voiceAgentUnderTest: VoiceAgent<'voiceAgent'>
  }
}

const address = new URLSearchParams(location.search)
const endpoint = address.get('endpoint') ?? ''

/** Requests the test app's own server for LiveKit. */
async function askApp(path: string, sessionId: string | null) {
  const response = await fetch(`${endpoint}/${path}`, { method: 'POST', body: JSON.stringify({ sessionId }) })
  return response.json()
}

/** LiveKit's token response also contains the server's URL. */
const getLiveKitToken: TokenRefreshCallback = async ({ sessionId }) => {
  const { participant_token, server_url, expires_at, session_id } = await askApp(
    'token',
    sessionId ?? address.get('session'),
  )
  return { token: participant_token, url: server_url, expiresAt: expires_at, sessionId: session_id }
}

/** A stock Pipecat bot and Janus require no token. The example's server issues its own. */
const getNoToken: TokenRefreshCallback = async ({ sessionId }) => ({
  token: 'none is asked for',
  expiresAt: Date.now() + 3_600_000,
  sessionId: sessionId ?? crypto.randomUUID(),
})

const transports = {
  pipecat: () => smallWebRtcTransport(),
  // The example's server, which issues tokens.
  example: () => smallWebRtcTransport(),
  // As on Pipecat Cloud.
  start: () => smallWebRtcTransport({ startUrl: `${address.get('endpoint')}/start` }),
  janus: janusTransport,
  livekit: () =>
    liveKitTransport({ requestAgent: ({ sessionId }) => askApp('agent', sessionId).then(() => undefined) }),
  whep: () => whipTransport({ whepEndpoint: ({ apiEndpoint }) => `${apiEndpoint}/whep` }),
}
const { iceServers, iceTransportPolicy }: RTCConfiguration = JSON.parse(address.get('rtc') ?? '{}')

const addToCart: VoiceTool<{ sku: string }> = {
  description: 'Puts a product into the cart.',
  parameters: z.object({ sku: z.string() }),
  run: ({ sku }) => ({ added: sku }),
}

const analytics = address.has('hears') ? await hearPage() : undefined

if (address.has('loudness')) await hearAgent()

const voiceAgent = createVoiceAgent({
  apiEndpoint: endpoint,
  transport: transports[address.get('transport') as keyof typeof transports](),
  ...(address.get('transport') === 'example' ? {} : { refreshToken: getNoToken }),
  ...(address.get('transport') === 'livekit'
    ? { refreshToken: getLiveKitToken, tools: { add_to_cart: addToCart } }
    : {}),
  ...(analytics ? { analytics } : {}),
  ...(address.has('mirror') ? { mirror: mirrorTabs({ offer: 'any' }) } : {}),
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
