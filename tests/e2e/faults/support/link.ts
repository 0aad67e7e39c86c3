import type { BrowserContext, Page } from '@playwright/test'

/** The network path of a page's media and data. Signalling continues over HTTP. */
export interface Link {
  cut(): Promise<void>
  heal(): Promise<void>
}

/** Chromium drops only UDP packets. An ICE restart over a TCP candidate would survive the outage. */
async function withoutTcp(page: Page): Promise<void> {
  await page.route('**/api/voice-agent/offer', async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    const response = await route.fetch()
    const answer = (await response.json()) as { sdp?: string }
    const sdp = answer.sdp?.replaceAll(/^a=candidate:\S+ \d+ tcp .*\r\n/gim, '')
    await route.fulfill({ response, json: { ...answer, ...(sdp ? { sdp } : {}) } })
  })
}

/** Call before a peer connection is created: Chromium drops packets only of connections that started under emulation. */
export async function linkOf(context: BrowserContext, page: Page): Promise<Link> {
  await withoutTcp(page)
  const devTools = await context.newCDPSession(page)
  const lose = (packetLoss: number) =>
    devTools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 1,
      downloadThroughput: -1,
      uploadThroughput: -1,
      packetLoss,
    })
  await lose(0)
  return { cut: () => lose(100).then(() => {}), heal: () => lose(0).then(() => {}) }
}
