import { countPeers, receivedEnergy } from '../e2e/support/peers.js'
import { test as base, expect } from './fixtures.js'
import { startJanus } from './support/janus.js'
import { controlNetwork } from './support/network.js'

const test = base.extend<{ janus: Awaited<ReturnType<typeof startJanus>> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
  janus: async ({}, use) => {
    const janus = await startJanus()
    await use(janus)
    await janus.stop()
  },
})

test('a third-party transport to Janus: sound and words come back, and an ICE restart recovers the connection', async ({
  page,
  call,
  janus,
}) => {
  const network = await controlNetwork(page)
  const assistant = await call({ transport: 'janus', endpoint: janus.endpoint })
  await assistant.startButton.click()
  await assistant.isConnected()
  expect((await assistant.ask('Is anybody there?')).text).toContain('Is anybody there?')
  // The microphone beeps, and Janus echoes it.
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)

  await network.cut()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
  await network.heal()
  await assistant.isConnected()
  expect((await assistant.ask('And now?')).text).toContain('And now?')
  const before = await receivedEnergy(page)
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(before)
  // The same connection, over a new path.
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  expect(janus.output()).toContain('ICE restart')
})
