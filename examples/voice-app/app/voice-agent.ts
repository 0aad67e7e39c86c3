import { createVoiceAgent } from 'redux-voice-agent'
import { tools } from './tools.js'

/** The shop's assistant: all that an existing app has to make. */
export const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', tools })
