import { expect, test } from './fixtures.js'
import { expectKept } from './support/assistant.js'
import { receivedEnergy } from './support/peers.js'

test.use({
  // The browser logs requests that fail while the server is down, or that use a token from the previous one.
  tolerated: [/^error: Failed to load resource: .* (401|503)/],
})

const reminded = 'The agent was reminded of the last messages.'

test('a call continues with a restarted server, and the agent says how much context it received', async ({
  page,
  assistant,
  voiceServer,
}) => {
  test.setTimeout(120_000)
  await assistant.start()
  await assistant.ask('How are you?')
  const before = await assistant.shown()

  await voiceServer.kill()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting', { timeout: 30_000 })
  expectKept(before, await assistant.shown())
  await voiceServer.start()

  await expect(assistant.connection).toHaveAttribute('data-state', 'connected', { timeout: 40_000 })
  await expect(assistant.notice(reminded)).toBeVisible()
  await assistant.hasSaid(/I have read our last \d+ messages/)
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
  await assistant.say('What did I ask you first?')
  await assistant.hasSaid(/(first thing you asked|began with).*How are you/)
  expectKept(before, await assistant.shown())
})

test('a reload in mid-answer with a server restart reseeds the agent, and says so @slow', async ({
  page,
  assistant,
  voiceServer,
}) => {
  test.setTimeout(120_000)
  await assistant.start()
  await assistant.ask('How are you?')
  await assistant.say('How do I brew green tea?')
  await assistant.streams(6)
  const before = await assistant.shown()

  await voiceServer.kill()
  await voiceServer.start()
  await page.reload()

  await expect(assistant.restoredNotice).toBeVisible()
  expectKept(before, await assistant.shown())
  await assistant.isConnected()
  await expect(assistant.notice(reminded)).toBeVisible()
  await assistant.hasSaid(/I have read our last \d+ messages/)
  await assistant.say('What did I ask you first?')
  await assistant.hasSaid(/(first thing you asked|began with).*How are you/)
})

test('a reload while the server is down shows the conversation, and reconnects when it is back', async ({
  page,
  assistant,
  voiceServer,
}) => {
  test.setTimeout(120_000)
  await assistant.start()
  await assistant.ask('How are you?')
  const before = await assistant.shown()

  await voiceServer.kill()
  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  expectKept(before, await assistant.shown())

  await voiceServer.start()
  await expect(assistant.connection).toHaveAttribute('data-state', 'connected', { timeout: 40_000 })
  await expect(assistant.notice(reminded)).toBeVisible()
})
