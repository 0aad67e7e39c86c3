import { VoiceAgentError } from 'redux-voice-agent'
import type { Peer, VoiceTransportFactory } from 'redux-voice-agent/transports'

/** The documented line transport, with interruption, *moved*, and a keep-alive timer. */
export function fullLineTransport(): VoiceTransportFactory {
  return ({ apiEndpoint, emit, openPeer }) => {
    const closed = new AbortController()
    let peer: Peer | null = null
    let timer: ReturnType<typeof setInterval> | undefined
    const onPageHide = () => peer?.close()

    function onMessage(text: string) {
      if (closed.signal.aborted) return
      const { kind, id, words } = JSON.parse(text)
      if (kind === 'user') emit({ type: 'userTranscriptReceived', text: words, final: true })
      if (kind === 'begin') emit({ type: 'assistantTurnStarted', turnId: id })
      if (kind === 'words') emit({ type: 'assistantTextAppended', turnId: id, delta: words })
      if (kind === 'end') emit({ type: 'assistantTurnCompleted', turnId: id })
      if (kind === 'cut') emit({ type: 'assistantTurnInterrupted', turnId: id })
      if (kind === 'moved') emit({ type: 'agentLeft', reason: 'moved' })
    }

    return {
      async connect({ token, sessionId, context, signal: requested }) {
        const signal = AbortSignal.any([requested, closed.signal])
        peer = await openPeer({ dataChannel: 'lines', signal, onMessage })
        const { sdp } = await peer.createOffer()
        const response = await fetch(`${apiEndpoint}/call`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ sdp, sessionId, context }),
          signal,
        })
        if (response.status === 401) throw new VoiceAgentError('unauthorized')
        if (response.status >= 500) throw new VoiceAgentError('signalling-unavailable')
        if (!response.ok) throw new VoiceAgentError('signalling-rejected')
        const answer = await response.json()
        await peer.acceptAnswer({ type: 'answer', sdp: answer.sdp })
        await peer.opened(10_000)
        const opened = peer
        timer = setInterval(() => opened.send(JSON.stringify({ kind: 'ping' })), 1_000)
        addEventListener('pagehide', onPageHide)
        peer.openMicrophoneGate()
        return answer.continued
      },
      send(message) {
        if (message.type === 'text') return peer?.send(JSON.stringify({ kind: 'user', words: message.text }))
        if (message.type === 'interrupt') return peer?.send(JSON.stringify({ kind: 'stop' }))
      },
      close() {
        closed.abort()
        clearInterval(timer)
        removeEventListener('pagehide', onPageHide)
        peer?.close()
      },
    }
  }
}
