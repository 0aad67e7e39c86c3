export interface KeepaliveLimits {
  /** From the answer to a connected peer, in ms. @default 60_000 */
  connectMs?: number
  /** From connected to an open data channel, in ms. @default 10_000 */
  channelMs?: number
  /** Silence on the open channel, in ms: long enough for a client to come back by an ICE restart. @default 15_000 */
  silenceMs?: number
}

/** Calls `gone` once when a peer misses one of the limits. */
export function createKeepalive(gone: () => void, limits: KeepaliveLimits = {}) {
  const { connectMs = 60_000, channelMs = 10_000, silenceMs = 15_000 } = limits
  let stage: 'connecting' | 'connected' | 'open' = 'connecting'
  let timer = setTimeout(gone, connectMs)

  const expectWithin = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(gone, ms)
  }

  return {
    connected(): void {
      if (stage !== 'connecting') return
      stage = 'connected'
      expectWithin(channelMs)
    },
    /** The channel opened, or something came over it. */
    heard(): void {
      stage = 'open'
      expectWithin(silenceMs)
    },
    stop(): void {
      clearTimeout(timer)
    },
  }
}
