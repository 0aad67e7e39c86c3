export interface KeepaliveLimits {
  /** Milliseconds from the answer to a connected peer. @default 60_000 */
  connectMs?: number
  /** Milliseconds from a connected peer to an open data channel. @default 10_000 */
  channelMs?: number
  /** Milliseconds of silence on the open channel. It must leave time for an ICE restart. @default 15_000 */
  silenceMs?: number
}

/** Calls `gone` once if a peer exceeds one of the limits. */
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
    /** Call it when the channel opens and with each message. */
    heard(): void {
      stage = 'open'
      expectWithin(silenceMs)
    },
    stop(): void {
      clearTimeout(timer)
    },
  }
}
