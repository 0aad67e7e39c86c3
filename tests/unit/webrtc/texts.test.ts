import { WebRTCVoiceAgent } from 'redux-voice-agent'
import { expect, it } from 'vitest'

it.each(['sendText', 'setDraft'] as const)('%s refuses anything but a string', (method) => {
  const agent = new WebRTCVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: false })
  expect(() => agent[method](5 as unknown as string)).toThrow(`${method} expects a string; it got number.`)
})
