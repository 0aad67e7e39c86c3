import type { Page } from '@playwright/test'

/** Waits for the next sound packet on any connection. Returns the milliseconds it took. Polls every 10 ms in the page itself. */
export function soundComesBack(page: Page, timeoutMs = 60_000): Promise<number> {
  return page.evaluate(async (limit) => {
    const packetsOf = async (peer: RTCPeerConnection) => {
      let packets = 0
      for (const report of (await peer.getStats()).values()) {
        if (report.type === 'inbound-rtp') packets += report.packetsReceived
      }
      return packets
    }
    const from = performance.now()
    const before = new Map<RTCPeerConnection, number>()
    for (const peer of window.peersUnderTest) before.set(peer, await packetsOf(peer))
    while (performance.now() - from < limit) {
      for (const peer of window.peersUnderTest) {
        if ((await packetsOf(peer)) > (before.get(peer) ?? 0)) return performance.now() - from
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error(`No sound arrived within ${limit} ms.`)
  }, timeoutMs)
}
