import type { PeerShape } from '../../../../middleware/drivers/call/ports.js'
import { type PreparedPeer, preparePeer } from './peer-connection.js'

/** Holds one peer connection that is made before a transport asks for it. It has sent nothing. */
export interface PeerReserve {
  /** Makes it, unless there is one. Reports no error: `openPeer` fails likewise, and says why. */
  prepare(shape: PeerShape): void
  /** Returns it if it has this shape; otherwise closes it. */
  take(shape: PeerShape): PreparedPeer | null
  drop(): void
}

export function createPeerReserve(configuration: RTCConfiguration): PeerReserve {
  let held: (PeerShape & { peer: PreparedPeer }) | null = null

  function drop() {
    held?.peer.pc.close()
    held = null
  }

  return {
    prepare(shape) {
      if (held) return
      try {
        const peer = preparePeer(configuration, shape)
        held = { ...shape, peer }
        // Makes the certificate now, which the offer would wait for.
        peer.pc.createOffer().catch(() => undefined)
      } catch {
        drop()
      }
    },
    take({ dataChannel, direction = 'sendrecv' }) {
      const taken = held
      if (taken?.dataChannel !== dataChannel || (taken.direction ?? 'sendrecv') !== direction) drop()
      else {
        held = null
        return taken.peer
      }
      return null
    },
    drop,
  }
}
