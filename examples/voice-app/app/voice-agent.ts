import { createVoiceAgent } from 'redux-voice-agent'

/** The shop's assistant: all that an existing app has to make. */
export const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })
