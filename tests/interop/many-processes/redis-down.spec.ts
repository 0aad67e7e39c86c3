import type { Assistant } from '../../e2e/support/assistant.js'
import { receivedEnergy } from '../../e2e/support/peers.js'
import { expect, test } from './fixtures.js'

test.describe('without Redis at startup', () => {
  test.use({ withRedis: false })

  test('a new call is rejected temporarily, and starts once Redis is available', async ({
    page,
    openShop,
    redis,
    voice,
  }) => {
    const assistant = await openShop(page)
    await assistant.startButton.click()
    await expect(assistant.connection).toHaveAttribute('data-state', 'failed')
    await expect(assistant.notice("Couldn't connect.")).toBeVisible()
    const reply = await fetch(`http://127.0.0.1:${voice.balancer.port}/api/voice-agent/offer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: await bearerFor(voice.balancer.port) },
      body: JSON.stringify({ sdp: 'v=0\r\n', type: 'offer' }),
    })
    expect({ status: reply.status, retryAfter: reply.headers.get('Retry-After') }).toEqual({
      status: 503,
      retryAfter: '2',
    })

    await redis.start()
    await beginsOnceRedisIsBack(assistant)
  })
})

/** Retries like a user: each process reconnects to Redis independently, and responds with 503 until then. */
const beginsOnceRedisIsBack = ({ tryAgain, connection }: Assistant) =>
  expect(async () => {
    await tryAgain()
    await expect(connection).toHaveAttribute('data-state', 'connected', { timeout: 3_000 })
  }).toPass()

async function bearerFor(port: number): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${port}/api/voice-agent/token`, { method: 'POST' })
  return `Bearer ${((await reply.json()) as { token: string }).token}`
}

test('a call continues while Redis is down, and keeps its memory even if Redis has lost everything', async ({
  page,
  context,
  openShop,
  redis,
  voice,
}) => {
  const assistant = await openShop(page)
  await assistant.start()
  await assistant.greeted()
  await redis.kill()
  await assistant.ask('How are you?')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)

  const second = await openShop(await context.newPage())
  await second.startButton.click()
  await expect(second.connection).toHaveAttribute('data-state', 'failed')
  await assistant.isConnected()

  await redis.start()
  const before = voice.balancer.lastOffer()
  await beginsOnceRedisIsBack(second)
  await page.reload()
  await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
  expect(voice.balancer.lastOffer()).not.toBe(before)
  await assistant.say('What did I ask you first?')
  await assistant.hasSaid(/(first thing you asked|began with).*How are you/)
})
