import type { VoiceTransportFactory } from 'redux-voice-agent/transports'

/** Media that a provider's library would send. */
export const library: { sent: unknown } = { sent: null }

/** A transport with media of its own, as one on a provider's library: the track comes from the host, and is sent as it is. */
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
