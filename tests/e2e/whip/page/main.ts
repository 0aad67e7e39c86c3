/** An app without a view. The query contains the gateway's address, its token, and whether its ICE servers are used. */
import { WebRTCVoiceAgent } from 'redux-voice-agent'
import { type VoiceTransport, type WhipChannel, whipTransport } from 'redux-voice-agent/transports'

declare global {
  interface Window {
    agentUnderTest: WebRTCVoiceAgent
    transportUnderTest: VoiceTransport
    /** History that the gateway reports to have received. */
    gatewayKnows: string[] | null
  }
}

const address = new URLSearchParams(location.search)
let begun: () => void = () => {}
let turns = 0
window.gatewayKnows = null

const channel: WhipChannel = {
  label: 'words',
  parse(text) {
    const { kind, words, knows } = JSON.parse(text)
    if (kind === 'begun') {
      window.gatewayKnows = knows
      begun()
      return null
    }
    const turnId = `${performance.timeOrigin}-${++turns}`
    return [
      { type: 'assistantTurnStarted', turnId },
      { type: 'assistantTextAppended', turnId, delta: words },
      { type: 'assistantTurnCompleted', turnId },
    ]
  },
  format: (message) =>
    message.type === 'text' ? JSON.stringify({ kind: 'text', words: message.text }) : null,
  begin: ({ context }, send) =>
    new Promise((resolve) => {
      begun = () => resolve(context.length > 0 ? 'reseeded' : 'fresh')
      send(JSON.stringify({ kind: 'begin', context }))
    }),
}

const connect = whipTransport({
  endpoint: address.get('endpoint') ?? '',
  useServersIceServers: address.has('ice'),
  ...(address.has('silent') ? {} : { channel }),
})

window.agentUnderTest = new WebRTCVoiceAgent({
  apiEndpoint: '/none',
  transport: (host) => {
    window.transportUnderTest = connect(host)
    return window.transportUnderTest
  },
  refreshToken: async ({ sessionId }) => ({
    token: address.get('token') ?? 'for-the-gateway',
    expiresAt: Date.now() + 3_600_000,
    sessionId: sessionId ?? crypto.randomUUID(),
  }),
})
