import type { Page } from '@playwright/test'

/**
 * Controls whether WebRTC packets get through. Call it before the page creates a peer connection; later, it has no effect.
 *
 * With any latency, the farewell of a peer connection does not leave the browser when its page closes, as after a crash.
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
    /** Decides whether connections created from now on send a farewell. */
    letGoodbyesLeave: (isLeaving: boolean) => emulate(0, isLeaving ? 0 : 1),
  }
}
