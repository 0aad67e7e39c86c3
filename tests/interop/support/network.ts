import type { Page } from '@playwright/test'

/** Packets of WebRTC that get through, or don't. Make it before the page makes a peer connection: later it takes no effect. */
export async function controlNetwork(page: Page) {
  const session = await page.context().newCDPSession(page)
  const lose = (packetLoss: number) =>
    session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 1,
      downloadThroughput: -1,
      uploadThroughput: -1,
      packetLoss,
    })
  await lose(0)
  return { cut: () => lose(100), heal: () => lose(0) }
}
