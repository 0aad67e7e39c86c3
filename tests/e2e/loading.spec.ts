import { expect, test } from './fixtures.js'

/** Chunks that only a call needs, by the names of their modules. */
const ofACall = /\/assets\/(small-webrtc|call-media|call)-[^/]+\.js$/

test.use({ tolerated: [/Failed to load resource|ERR_FAILED/] })

test('a page loads the code of a call with its first call; one that fails is said, and the next one tries again', async ({
  page,
  assistant,
}) => {
  const loaded: string[] = []
  page.on('requestfinished', (request) => loaded.push(request.url()))
  await page.reload()
  await expect(assistant.startButton).toBeVisible()
  await page.waitForLoadState('networkidle')
  expect(loaded.filter((url) => ofACall.test(url))).toEqual([])

  await page.route(ofACall, (route) => route.abort())
  await assistant.startButton.click()
  await expect(page.getByText("A part of this page couldn't be loaded").first()).toBeVisible()
  await page.unroute(ofACall)
  await page.getByRole('button', { name: 'Try again' }).click()
  await assistant.isConnected()
  expect(loaded.filter((url) => ofACall.test(url)).length).toBeGreaterThan(0)
})
