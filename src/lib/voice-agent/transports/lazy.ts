import { loadChunk } from '../../../../middleware/load-chunk.js'
import type { VoiceTransport, VoiceTransportFactory } from '../../../../middleware/webrtc/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'

/**
 * A transport whose code is loaded with its first connection. One that can't be loaded is a connection that failed, and the next one
 * tries again.
 */
export function lazyTransport(load: () => Promise<VoiceTransportFactory>): VoiceTransportFactory {
  return (host) => {
    const closed = new AbortController()
    let transport: VoiceTransport | null = null

    return {
      async connect(request) {
        const create = await loadChunk(load)
        request.signal.throwIfAborted()
        closed.signal.throwIfAborted()
        transport = create(host)
        return transport.connect(request)
      },
      send: (message) => transport?.send(message),
      async restartIce(request) {
        if (!transport?.restartIce) throw new VoiceAgentError('not-connected')
        await transport.restartIce(request)
      },
      close() {
        closed.abort()
        transport?.close()
      },
    }
  }
}
