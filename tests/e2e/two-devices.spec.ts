import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test'
import { collectComplaints, test, unexpected } from './fixtures.js'
import { type Assistant, assistantOn } from './support/assistant.js'
import { countPeers, receivedEnergy, watchPeers } from './support/peers.js'
import { type Given, onToken } from './support/tokens.js'

// The older device logs for developers why its call ended.
const tolerated = [/call-moved/]
test.use({ tolerated })

interface Device {
  page: Page
  context: BrowserContext
  assistant: Assistant
}

/** Opens another browser for the same user. Its app requests the first device's session, with that device's token as proof. */
async function secondDevice(browser: Browser, baseURL: string, proof: () => Given): Promise<Device> {
  const context = await browser.newContext({ baseURL, permissions: ['microphone'] })
  await watchPeers(context)
  await context.route('**/api/voice-agent/token', async (route) => {
    const { token, session_id } = proof()
    const headers = { ...route.request().headers(), authorization: `Bearer ${token}` }
    const response = await route.fetch({ headers, postData: { session_id } })
    await route.fulfill({ response })
  })
  const page = await context.newPage()
  await page.clock.install()
  await page.goto('/')
  return { page, context, assistant: assistantOn(page) }
}

/** Expects the device to say that the call has moved, and not to call again within a minute. */
async function expectMoved({ page, assistant }: Pick<Device, 'page' | 'assistant'>, made: number) {
  await expect(assistant.connection).toHaveAttribute('data-state', 'failed')
  await expect(page.getByRole('button', { name: 'Use here' })).toBeVisible()
  await page.clock.runFor('01:00')
  expect(await countPeers(page)).toEqual({ made, live: 0 })
  await expect(page.getByRole('button', { name: 'Use here' })).toBeVisible()
}

test('of two devices with one session, one has the call; the other says that it has moved, and takes it back with *Use here*', async ({
  page,
  context,
  browser,
  baseURL,
}) => {
  let given: Given = { token: '', session_id: '' }
  onToken(context, (latest) => {
    given = latest
  })
  await page.clock.install()
  await page.goto('/')
  const first = assistantOn(page)
  await first.start()
  await first.greeted()

  const second = await secondDevice(browser, baseURL ?? '', () => given)
  const complaints = collectComplaints(second.context)
  try {
    await second.assistant.startButton.click()
    await second.assistant.isConnected()
    await expectMoved({ page, assistant: first }, 1)
    expect(await countPeers(second.page)).toEqual({ made: 1, live: 1 })
    await second.assistant.isConnected()

    await page.getByRole('button', { name: 'Use here' }).click()
    await first.isConnected()
    await expectMoved(second, 1)
    expect(await countPeers(page)).toEqual({ made: 2, live: 1 })
    await first.ask('Are you there?')
    await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
    expect(unexpected(complaints, tolerated)).toEqual([])
  } finally {
    await second.context.close()
  }
})
