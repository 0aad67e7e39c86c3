import { WebRTCVoiceAgent } from '../../../../src/index.js'
import { openAiRealtimeTransport } from '../../../../src/transports.js'
import type { Client } from './main.js'
import { startProvider } from './provider.js'

/** This package's OpenAI transport, which stores its conversation as always. */
export function createClient(): Client {
  startProvider()
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: openAiRealtimeTransport(),
  })
  const initialized = agent.sessionManager.initialize()
  return { prepare: async () => void (await initialized), connect: () => agent.connect() }
}
