import { WebRTCVoiceAgent } from 'redux-voice-agent'
import { smallWebRtcTransport } from 'redux-voice-agent/transports'
import { expect, it, vi } from 'vitest'

it('a browser without WebRTC is told so, and a call is not tried again', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.stubGlobal('RTCPeerConnection', undefined)
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: 'https://example.com',
    transport: smallWebRtcTransport(),
    talk: 'text',
    refreshToken: async () => ({ token: 't', sessionId: 's', expiresAt: Date.now() + 600_000 }),
  })
  await expect(agent.connect()).rejects.toMatchObject({ code: 'webrtc-unsupported', recoverable: false })
  expect(agent.selectors.selectConnection(agent.store.getState()).status).toBe('failed')
  await agent.dispose()
  vi.unstubAllGlobals()
})
