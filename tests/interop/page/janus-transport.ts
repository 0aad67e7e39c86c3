import { VoiceAgentError } from 'redux-voice-agent'
import type { Peer, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { type JanusSession, openJanusSession } from './janus-session.js'

/** Text that Janus' EchoTest puts before the words that it echoes. */
const prefix = 'Janus EchoTest here! You wrote: '
const openTimeout = 10_000
const echoTimeout = 4_000

const ufragOf = ({ sdp = '' }: RTCSessionDescriptionInit) => /^a=ice-ufrag:(.*?)\r?$/m.exec(sdp)?.[1]

/** A transport that uses only the package's exports. The agent is Janus' EchoTest, which repeats everything. */
export function janusTransport(): VoiceTransportFactory {
  return ({ apiEndpoint, emit, openPeer }) => {
    const closed = new AbortController()
    let link: { peer: Peer; session: JanusSession; answer: RTCSessionDescriptionInit } | null = null
    let turns = 0
    let onEcho: (text: string) => void = () => {}

    function onMessage(echo: string) {
      const text = echo.startsWith(prefix) ? echo.slice(prefix.length) : echo
      if (text.startsWith('ping ')) return onEcho(text)
      const turnId = `echo-${crypto.randomUUID()}`
      emit({ type: 'assistantTurnStarted', turnId })
      emit({ type: 'assistantTextAppended', turnId, delta: text })
      emit({ type: 'assistantTurnCompleted', turnId })
    }

    return {
      async connect({ token, signal: asked }) {
        const signal = AbortSignal.any([asked, closed.signal])
        const onHangup = () => emit({ type: 'connectionState', state: 'closed' })
        const session = await openJanusSession(apiEndpoint, 'janus.plugin.echotest', {
          token,
          signal,
          onHangup,
        })
        const peer = await openPeer({ dataChannel: 'text', signal, onMessage })
        const answer = await session.negotiate(await peer.createOffer())
        await peer.acceptAnswer(answer)
        peer.onCandidate((candidate) => session.trickle(candidate))
        await peer.opened(openTimeout)
        link = { peer, session, answer }
        peer.openMicrophoneGate()
        return 'fresh'
      },

      /** Succeeds when the same Janus answers with new ICE credentials, and then echoes something over the recovered connection. */
      async restartIce({ signal }) {
        if (!link) throw new VoiceAgentError('not-connected')
        const { peer, session, answer } = link
        const next = await session.negotiate(await peer.createOffer({ iceRestart: true }))
        if (ufragOf(next) === ufragOf(answer)) throw new VoiceAgentError('connection-lost')
        await peer.acceptAnswer(next)
        link = { peer, session, answer: next }
        peer.onCandidate((candidate) => session.trickle(candidate))
        const ping = `ping ${++turns}`
        const limit = AbortSignal.any([signal, closed.signal, AbortSignal.timeout(echoTimeout)])
        await new Promise<void>((resolve, reject) => {
          onEcho = (text) => text === ping && resolve()
          limit.addEventListener('abort', () => reject(limit.reason), { once: true })
          peer.send(ping)
        })
      },

      send(message) {
        if (message.type === 'text') link?.peer.send(message.text)
      },

      close() {
        closed.abort()
        link?.peer.close()
      },
    }
  }
}
