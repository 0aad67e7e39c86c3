import type { Peer, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { openJanusSession } from './janus-session.js'

/** What Janus' EchoTest says before the words that it echoes. */
const prefix = 'Janus EchoTest here! You wrote: '
const openTimeout = 10_000

/** A transport of the tests' own, from what the package exports and nothing else: the agent is Janus' EchoTest, which repeats everything. */
export function janusTransport(): VoiceTransportFactory {
  return ({ apiEndpoint, emit, openPeer }) => {
    const closed = new AbortController()
    let peer: Peer | null = null

    function onMessage(echo: string) {
      const text = echo.startsWith(prefix) ? echo.slice(prefix.length) : echo
      const turnId = `echo-${crypto.randomUUID()}`
      emit({ type: 'assistant-turn-started', turnId })
      emit({ type: 'assistant-text', turnId, delta: text })
      emit({ type: 'assistant-turn-completed', turnId })
    }

    return {
      async connect({ token, signal: asked }) {
        const signal = AbortSignal.any([asked, closed.signal])
        const onHangup = () => emit({ type: 'connection-state', state: 'closed' })
        const session = await openJanusSession(apiEndpoint, 'janus.plugin.echotest', {
          token,
          signal,
          onHangup,
        })
        const opened = await openPeer({ dataChannel: 'text', signal, onMessage })
        peer = opened
        await opened.acceptAnswer(await session.negotiate(await opened.createOffer()))
        opened.onCandidate((candidate) => session.trickle(candidate))
        await opened.opened(openTimeout)
        opened.openMicrophoneGate()
        return 'fresh'
      },

      send(message) {
        if (message.type === 'text') peer?.send(message.text)
      },

      close() {
        closed.abort()
        peer?.close()
      },
    }
  }
}
