import { createVoiceAgent } from 'redux-voice-agent'
import { openAiRealtimeTransport } from 'redux-voice-agent/transports'
import { labsOptions } from './labs.js'
import { tools } from './tools.js'

/** Set by `vite-config.ts`; empty without an OpenAI API key. */
declare const OPENAI_CALLS_URL: string

/** The shop's voice agent, created as in any existing app. */
export const voiceAgent = createVoiceAgent({
  apiEndpoint: '/api/voice-agent',
  tools,
  ...labsOptions(),
  ...(OPENAI_CALLS_URL ? { transport: openAiRealtimeTransport({ callsUrl: OPENAI_CALLS_URL }) } : {}),
})
