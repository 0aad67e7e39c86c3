import { expect, test } from './fixtures.js'
import { expectKept } from './support/assistant.js'
import { countPeers, receivedEnergy } from './support/peers.js'

test('a reload in mid-answer loses nothing that was shown, and the call reconnects automatically', async ({
  page,
  assistant,
}) => {
  await assistant.start()
  await assistant.greeted()
  await assistant.ask('How are you?')
  await assistant.say('How do I brew them?')
  await assistant.streams(8)
  const before = await assistant.shown()

  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  const restored = await assistant.shown()
  expectKept(before, restored)
  const cut = restored.filter(({ role, status }) => role === 'assistant' && status === 'interrupted')
  expect(cut).toHaveLength(1)

  await assistant.isConnected()
  await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
  await assistant.hasSaid('As I was saying')

  await assistant.say('What did I ask you first?')
  await assistant.hasSaid(/(first thing you asked|began with).*How are you/)
  expectKept(restored, await assistant.shown())
})

test('a reload before the first token has arrived calls again', async ({ page, assistant }) => {
  const tokens = '**/api/voice-agent/token'
  const asked = page.waitForRequest(tokens)
  await page.route(tokens, () => new Promise(() => {}), { times: 1 })
  await assistant.startButton.click()
  await asked
  await page.reload()
  await assistant.isConnected()
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
})

test.describe('a reload with an expired token', () => {
  // The browser logs each failed request.
  test.use({ tolerated: [/Failed to load resource|token-refresh-failed/] })

  for (const endpoint of ['up', 'down'] as const) {
    test(`shows the conversation before the endpoint responds, which is ${endpoint}`, async ({
      page,
      assistant,
    }) => {
      let answer = () => {}
      const answered = new Promise<void>((resolve) => {
        answer = resolve
      })
      let mode: 'up' | 'waiting' | 'down' = 'up'
      let expiresAt = 0
      await page.route('**/api/voice-agent/token', async (route) => {
        if (mode === 'waiting') await answered
        if (mode === 'down') return route.abort()
        const response = await route.fetch()
        expiresAt = Date.now() + 10_000
        return route.fulfill({ response, json: { ...(await response.json()), expiresAt } })
      })
      await assistant.start()
      await assistant.greeted()
      const before = await assistant.shown()

      // Tokens that expire within 5 s are renewed before they are used again.
      await expect.poll(() => expiresAt - Date.now()).toBeLessThan(5_000)
      mode = 'waiting'
      const requested = page.waitForRequest('**/api/voice-agent/token')
      await page.reload()
      await requested
      await expect(assistant.articles.first()).toBeVisible()
      expectKept(before, await assistant.shown())

      mode = endpoint
      answer()
      if (endpoint === 'down') {
        await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
        expectKept(before, await assistant.shown())
        mode = 'up'
      }
      await assistant.isConnected()
    })
  }
})

test('three reloads spread over an answer keep every final message once and in order @slow', async ({
  page,
  assistant,
}) => {
  test.setTimeout(120_000)
  await assistant.start()
  await assistant.ask('How are you?')
  for (let reload = 1; reload <= 3; reload++) {
    await assistant.say(`Question ${reload}: how do I brew green tea?`)
    await assistant.streams(3 * reload)
    const before = await assistant.shown()
    await page.reload()
    await expect(assistant.restoredNotice).toBeVisible()
    expectKept(before, await assistant.shown())
    await assistant.isConnected()
    expectKept(before, await assistant.shown())
  }
  const questions = (await assistant.shown()).filter(({ role }) => role === 'user').map(({ text }) => text)
  expect(questions.slice(1)).toEqual(
    Array.from({ length: 3 }, (_, index) => `Question ${index + 1}: how do I brew green tea?`),
  )
})

test('a reload after the call was ended restores the conversation and starts no call', async ({
  page,
  assistant,
}) => {
  await assistant.start()
  await assistant.ask('How are you?')
  await assistant.endButton.click()
  await expect(assistant.startButton).toBeVisible()
  const before = await assistant.shown()

  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  expect(await assistant.shown()).toEqual(before)
  await expect(assistant.startButton).toBeVisible()
  expect(await countPeers(page)).toEqual({ made: 0, live: 0 })
})
