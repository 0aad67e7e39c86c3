import type { BrowserContext, Page } from '@playwright/test'

declare global {
  interface Window {
    /** All peer connections that the page created, in order. */
    peersUnderTest: RTCPeerConnection[]
  }
}

/** Keeps a reference to each peer connection, so that tests can measure its traffic. */
export async function watchPeers(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    window.peersUnderTest = []
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        window.peersUnderTest.push(this)
      }
    }
  })
}

/** Counts the peer connections that the page created, and those still in use. */
export function countPeers(page: Page): Promise<{ made: number; live: number }> {
  return page.evaluate(() => ({
    made: window.peersUnderTest.length,
    live: window.peersUnderTest.filter(({ connectionState }) => connectionState !== 'closed').length,
  }))
}

/** Sound energy received on the newest live connection, in units of `totalAudioEnergy`. */
export function receivedEnergy(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const peer = window.peersUnderTest.findLast(({ connectionState }) => connectionState === 'connected')
    const reports = peer ? [...(await peer.getStats()).values()] : []
    return reports.reduce(
      (sum: number, { type, kind, totalAudioEnergy }) =>
        type === 'inbound-rtp' && kind === 'audio' ? sum + (totalAudioEnergy ?? 0) : sum,
      0,
    )
  })
}
