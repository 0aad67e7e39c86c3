import type { Page } from '@playwright/test'

/**
 * Packets of WebRTC that get through, or don't. Make it before the page makes a peer connection: later it takes no effect.
 *
 * With any latency, the goodbye of a peer connection does not leave the browser when its page goes, as after a crash.
 */
export async function controlNetwork(page: Page) {
  const session = await page.context().newCDPSession(page)
  const emulate = (packetLoss: number, latency = 1) =>
    session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency,
      downloadThroughput: -1,
      uploadThroughput: -1,
      packetLoss,
    })
  await emulate(0)
  return {
    cut: () => emulate(100),
    heal: () => emulate(0),
    /** Decides if the connections that are made from now on say goodbye. */
    letGoodbyesLeave: (isLeaving: boolean) => emulate(0, isLeaving ? 0 : 1),
  }
}
