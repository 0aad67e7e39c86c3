import { expect, test } from './fixtures.js'

/** Chunks that only a call needs, by module name. */
const ofACall = /\/assets\/(small-webrtc|call-chunk)-[^/]+\.js$/

const ofThePanels = /\/assets\/panels-[^/]+\.js$/

test.use({ tolerated: [/Failed to load resource|ERR_FAILED|chunk-load-failed/] })

test('a page loads the code of a call when it is idle, without a click', async ({ page, assistant }) => {
  const loaded: string[] = []
  page.on('requestfinished', (request) => loaded.push(request.url()))
  await page.reload()
  await expect(assistant.startButton).toBeVisible()
  await expect.poll(() => loaded.filter((url) => ofACall.test(url)).length).toBeGreaterThan(1)
})

test('call code that cannot be loaded is not an error until a call needs it, and the next call retries', async ({
  page,
  assistant,
}) => {
  let failed = 0
  await page.route(ofACall, (route) => {
    failed++
    return route.abort()
  })
  await page.reload()
  await expect(assistant.startButton).toBeVisible()
  await expect.poll(() => failed).toBeGreaterThan(0)
  await expect(page.getByText("A part of this page couldn't be loaded")).toHaveCount(0)
  await assistant.startButton.click()
  await expect(page.getByText("A part of this page couldn't be loaded").first()).toBeVisible()
  await page.unroute(ofACall)
  await assistant.tryAgain()
  await assistant.isConnected()
})

test('a call that was live before a reload retries its code until it loads', async ({ page, assistant }) => {
  await assistant.start()
  await page.route(ofACall, (route) => route.abort())
  await page.reload()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
  await page.unroute(ofACall)
  await assistant.isConnected()
})

test('code that is cut off because the page unloads is not a failure: the next page calls again', async ({
  page,
  assistant,
}) => {
  await assistant.start()
  await assistant.endButton.click()
  const cut: (() => Promise<void>)[] = []
  await page.route(ofACall, (route) => void cut.push(() => route.abort()))
  await page.reload()
  await assistant.startButton.click()
  await expect.poll(() => cut.length).toBeGreaterThan(0)
  // Firefox fires `beforeunload`, and lets the import fail.
  await page.evaluate(() => window.dispatchEvent(new Event('beforeunload')))
  const failed = page.waitForEvent('requestfailed', (request) => ofACall.test(request.url()))
  for (const abort of cut) await abort()
  await failed
  await page.unroute(ofACall)
  await page.reload()
  await assistant.isConnected()
})

test("the panels' code loads when the browser is idle; a panel whose code fails to load says so, and opens once it can", async ({
  page,
  assistant,
}) => {
  await page.route(ofThePanels, (route) => route.abort())
  await page.reload()
  const button = page.getByRole('button', { name: 'Statistics' })
  await button.click()
  const alert = page.getByRole('alert').filter({ hasText: "A part of this page couldn't be loaded" })
  await expect(alert).toBeVisible()
  await expect(button).toHaveAttribute('aria-expanded', 'false')
  await alert.getByRole('button', { name: 'Try again' }).click()
  await expect(alert).toBeVisible()

  await page.unroute(ofThePanels)
  await alert.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('region', { name: 'Statistics' })).toBeVisible()
  await expect(alert).toBeHidden()

  const idle = page.waitForEvent('requestfinished', (request) => ofThePanels.test(request.url()))
  await page.reload()
  await idle
  await expect(assistant.startButton).toBeVisible()
})

test("an outage is explained without the panels' code, which loads once the call is connected again", async ({
  page,
  assistant,
  voiceServer,
}) => {
  test.setTimeout(120_000)
  await page.route(ofThePanels, (route) => route.abort())
  await page.reload()
  await assistant.start()
  await assistant.ask('How are you?')
  await voiceServer.kill()
  await expect(assistant.notice('Connection lost.')).toBeVisible({ timeout: 30_000 })
  await page.unroute(ofThePanels)
  await voiceServer.start()
  await expect(assistant.connection).toHaveAttribute('data-state', 'connected', { timeout: 40_000 })
  await expect(assistant.notice('The agent was reminded of the last messages.')).toBeVisible()
})
