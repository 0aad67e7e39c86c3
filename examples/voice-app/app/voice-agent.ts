import { createVoiceAgent } from 'redux-voice-agent'
import { tools } from './tools.js'

/** The voice agent of the shop, created as in any existing app. */
export const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', tools })
