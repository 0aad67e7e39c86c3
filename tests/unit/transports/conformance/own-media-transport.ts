import type { VoiceTransportFactory } from 'redux-voice-agent/transports'

/** Media that a provider's library would send. */
export const library: { sent: unknown } = { sent: null }

/** A transport that handles media itself, like one based on a provider's library: it sends the host's track unchanged. */
export function ownMediaTransport(): VoiceTransportFactory {
  return ({ openMicrophone }) => {
    const closed = new AbortController()
    return {
      async connect({ signal: requested }) {
        const signal = AbortSignal.any([requested, closed.signal])
        const send = (track: MediaStreamTrack | null) => {
          library.sent = track
        }
        const track = await openMicrophone({ signal, onTrack: send })
        signal.throwIfAborted()
        send(track)
        return 'fresh'
      },
      send() {},
      close() {
        closed.abort()
        library.sent = null
      },
    }
  }
}
