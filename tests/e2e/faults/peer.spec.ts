import { setTimeout as delay } from 'node:timers/promises'
import { countPeers } from '../support/peers.js'
import { expect, isPipecat, test } from './support/faults.js'
import { linkOf } from './support/link.js'
import { soundComesBack } from './support/sound.js'

test('only the data channel closes', async ({ page, assistant, faults }) => {
  await assistant.start()
  await faults.mark()
  await page.evaluate(() => window.channelsUnderTest.at(-1)?.close())
  await expect.poll(async () => (await countPeers(page)).made).toBe(2)
  const recoveryMs = await soundComesBack(page)
  await assistant.isConnected()
  await faults.record('data channel closed alone', recoveryMs)
  expect(await countPeers(page)).toEqual({ made: 2, live: 1 })
})

test('offline without packet loss: the call continues @long', async ({
  page,
  context,
  assistant,
  faults,
}) => {
  await assistant.start()
  await faults.mark()
  await context.setOffline(true)
  const recoveryMs = await soundComesBack(page)
  await delay(6_000)
  await context.setOffline(false)
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  await faults.record('offline for 6 s, packets still flow', recoveryMs)
})

test('offline with full packet loss, then online again @long', async ({
  page,
  context,
  assistant,
  faults,
}) => {
  test.setTimeout(90_000)
  const link = await linkOf(context, page)
  await assistant.start()
  // A loss is detected within 4 s only after the agent has been heard for a while.
  await assistant.greeted()
  await faults.mark()
  await context.setOffline(true)
  await link.cut()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
  await delay(3_000)
  await link.heal()
  await context.setOffline(false)
  const recoveryMs = await soundComesBack(page)
  await assistant.isConnected()
  await faults.record('offline and cut off for 8 s', recoveryMs)
  expect(recoveryMs).toBeLessThan(isPipecat ? 15_000 : 5_000)
})

for (const [seconds, tag] of [
  [10, '@long'],
  [25, '@long'],
] as const) {
  // `Page.setWebLifecycleState` fires no events and doesn't stop WebRTC, so the page's process is stopped instead.
  test(`the tab is frozen for ${seconds} s ${tag}`, async ({ page, browser, assistant, faults }) => {
    test.setTimeout(120_000)
    await assistant.start()
    // A loss is detected only after the agent has been heard for a while.
    await assistant.greeted()
    await faults.mark()
    const devTools = await browser.newBrowserCDPSession()
    const { processInfo } = await devTools.send('SystemInfo.getProcessInfo')
    const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
    for (const pid of renderers) process.kill(pid, 'SIGSTOP')
    await delay(seconds * 1_000)
    for (const pid of renderers) process.kill(pid, 'SIGCONT')
    const recoveryMs = await soundComesBack(page)
    // The following silence reveals a server that gave the call up.
    await delay(6_000)
    await assistant.isConnected()
    await assistant.say('Are you there?')
    await expect(assistant.ofAgent('final').last()).toBeVisible()
    await faults.record(`tab frozen for ${seconds} s`, recoveryMs)
  })
}
