import type { Page, Route } from '@playwright/test'
import { expect, test } from './support/faults.js'
import { soundComesBack } from './support/sound.js'

const offers = '**/api/voice-agent/offer'

// The example is a development build, which logs an error with its cause to the console.
test.use({ tolerated: [/^error: Failed to load resource|\[redux-voice-agent\] signalling-/] })

/** Intercepts the next offers. Returns when the last of them arrived. */
async function answerOffers(page: Page, count: number, answer: (route: Route) => Promise<void>) {
  let left = count
  let lastAt = 0
  await page.route(offers, async (route) => {
    if (route.request().method() !== 'POST' || left === 0) return route.continue()
    left--
    lastAt = Date.now()
    await answer(route)
  })
  return { lastAt: () => lastAt, left: () => left }
}

const json = (status: number, body: unknown, headers = {}) => ({
  status,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const html = { status: 200, contentType: 'text/html', body: '<!doctype html><title>Welcome</title>' }

for (const [name, response, leastMs] of [
  ['500', json(500, { error: {} }), 0],
  ['429 with Retry-After: 2', json(429, {}, { 'Retry-After': '2' }), 2_000],
  ['401', json(401, {}), 0],
] as const) {
  test(`signalling responds with ${name} once after a reload`, async ({ page, assistant, faults }) => {
    await assistant.start()
    const refused = await answerOffers(page, 1, (route) => route.fulfill(response))
    await page.reload()
    await expect.poll(refused.left).toBe(0)
    await soundComesBack(page)
    const recoveryMs = Date.now() - refused.lastAt()
    await assistant.isConnected()
    await faults.record(`signalling answers ${name} once`, recoveryMs)
    expect(recoveryMs).toBeGreaterThanOrEqual(leastMs)
    expect(recoveryMs).toBeLessThan(leastMs + 6_000)
  })
}

test('signalling responds with a final error after a reload: it is shown, and Try again helps', async ({
  page,
  assistant,
  faults,
}) => {
  test.setTimeout(120_000)
  await assistant.start()
  for (const [name, response] of [
    ['403', json(403, {})],
    ['404', json(404, {})],
    ['garbage', json(200, { sdp: 'v=0 nonsense', pc_id: 'x' })],
    ['an HTML page', html],
  ] as const) {
    // If a server refuses to continue the previous page's connection, it gets another offer, for a new one.
    const refused = await answerOffers(page, Number.POSITIVE_INFINITY, (route) => route.fulfill(response))
    await page.reload()
    await expect(assistant.connection).toHaveAttribute('data-state', 'failed')
    expect(refused.lastAt()).toBeGreaterThan(0)
    await page.unroute(offers)
    await assistant.tryAgain()
    const recoveryMs = await soundComesBack(page)
    await assistant.isConnected()
    await faults.record(`signalling answers ${name}`, recoveryMs, 'Try again')
  }
})

test('signalling never responds: the attempt times out and is retried @long', async ({
  page,
  assistant,
  faults,
}) => {
  test.setTimeout(90_000)
  await assistant.start()
  const refused = await answerOffers(page, 1, () => new Promise(() => {}))
  await page.reload()
  await expect.poll(refused.left).toBe(0)
  await soundComesBack(page)
  await assistant.isConnected()
  await faults.record('signalling never answers (limit 15 s)', Date.now() - refused.lastAt() - 15_000)
})
