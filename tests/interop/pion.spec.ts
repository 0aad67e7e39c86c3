import { countPeers, receivedEnergy } from '../e2e/support/peers.js'
import { test as base, connectionOf, expect } from './fixtures.js'
import { startPion } from './support/pion.js'

const test = base.extend<{ path: string }, { pion: Awaited<ReturnType<typeof startPion>> }>({
  pion: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const pion = await startPion()
      await use(pion)
      await pion.stop()
    },
    // The first run builds it.
    { scope: 'worker', timeout: 600_000 },
  ],
  // Pion's example does not expose `Location` to other origins, as a production server must, so the page uses its own origin.
  path: async ({ page, pion }, use) => {
    await page.route('**/pion/*', async (route) => {
      const request = route.request()
      const url = `${pion.url}/${new URL(request.url()).pathname.split('/').at(-1)}`
      const response = await route.fetch({ url }).catch(() => null)
      if (response) await route.fulfill({ response })
      else await route.abort()
    })
    await use('/pion')
  },
})

// Pion's example answers `sendrecv` to a send-only offer, which a browser would reject.
test("WHIP with WHEP, to Pion's own example: the user's sound comes back over the second connection", async ({
  page,
  call,
  path,
}) => {
  const assistant = await call({ transport: 'whep', endpoint: path })
  await assistant.startButton.click()
  await assistant.isConnected()
  expect(await countPeers(page)).toEqual({ made: 2, live: 2 })
  // The microphone beeps, and the newest peer plays it.
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
  expect((await connectionOf(page)).playback).toBe('playing')

  await assistant.muteButton.click()
  await expect.poll(async () => (await connectionOf(page)).microphone).toBe('muted')
  await assistant.endButton.click()
  await expect.poll(() => countPeers(page)).toEqual({ made: 2, live: 0 })
})
