import { expectKept } from '../e2e/support/assistant.js'
import { countPeers, receivedEnergy } from '../e2e/support/peers.js'
import { connectionOf, expect, test } from './fixtures.js'
import { controlNetwork } from './support/network.js'

test('a call to a bot on aiortc: words and sound in both directions, each turn shown once', async ({
  page,
  call,
  bot,
}) => {
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint })
  await assistant.startButton.click()
  await assistant.isConnected()
  await assistant.hasSaid('Hello, I am a bot on aiortc.')
  await assistant.ask('How are you?')
  await assistant.ask('Listen to me.')
  const turns = async () =>
    (await assistant.shown()).map(({ role, status, text }) => `${role}, ${status}: ${text}`)
  await expect
    .poll(turns)
    .toEqual([
      'assistant, final: Hello, I am a bot on aiortc.',
      'user, final: How are you?',
      'assistant, final: You said "How are you?".',
      'user, final: Listen to me.',
      'assistant, final: I am all ears.',
      'user, final: I heard a sound.',
      'assistant, final: It was a sound.',
    ])

  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
  const { loudest, refused, candidates, offers } = await bot.observed()
  expect(loudest).toBeGreaterThan(0.1)
  expect({ refused, offers }).toEqual({ refused: [], offers: 1 })
  expect(candidates).toBeGreaterThan(0)
})

test('a barge-in by text keeps what was heard, marked as interrupted', async ({ call, bot }) => {
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint })
  await assistant.startButton.click()
  await assistant.greeted()
  await assistant.ask('Speak to me.')
  await assistant.say(Array.from({ length: 60 }, (_, index) => `word${index}`).join(' '))
  await assistant.hasSaid('word59')
  await expect.poll(async () => (await bot.observed()).spoken).toEqual([expect.stringContaining('word1')])
  await assistant.ask('Stop.')
  const cut = (await assistant.shown()).filter(({ status }) => status === 'interrupted')
  expect(cut).toHaveLength(1)
  expect(cut[0]?.text).toContain('You said "word0')
  expect(cut[0]?.text).not.toContain('word59')
})

test('a bot that hangs up ends the call', async ({ page, call, bot }) => {
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint })
  await assistant.startButton.click()
  await assistant.isConnected()
  await assistant.say('Goodbye.')
  await expect(assistant.startButton).toBeVisible()
  expect(await countPeers(page)).toEqual({ made: 1, live: 0 })
  expect((await bot.observed()).offers).toBe(1)
})

test('a reload continues with the same bot, and nothing shown is lost', async ({ page, call, bot }) => {
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint })
  await assistant.startButton.click()
  await assistant.greeted()
  await assistant.ask('My name is Ada.')
  const before = await assistant.shown()

  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  await assistant.isConnected()
  await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
  await assistant.hasSaid('Welcome back.')
  expectKept(before, await assistant.shown())
  expect((await assistant.ask('What did I say first?')).text).toContain('You began with "My name is Ada.".')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
})

test('a bot that was killed and restarted receives the conversation', async ({ page, call, bot }) => {
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint })
  await assistant.startButton.click()
  await assistant.greeted()
  await assistant.ask('My name is Ada.')
  const before = await assistant.shown()

  await bot.kill()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
  await bot.start()
  await assistant.isConnected()
  await expect(assistant.notice('The agent was reminded of the last messages.')).toBeVisible()
  await assistant.hasSaid('I have read our last 3 messages.')
  expectKept(before, await assistant.shown())
  expect((await assistant.ask('What did I say first?')).text).toContain('You began with "My name is Ada.".')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
})

test('a lost network leaves no connection that looks alive but is dead, although aiortc ignores an ICE restart', async ({
  page,
  call,
  bot,
}) => {
  const network = await controlNetwork(page)
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint })
  await assistant.startButton.click()
  await assistant.greeted()

  await network.cut()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
  await network.heal()
  await assistant.isConnected()
  await assistant.ask('Are you there?')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
  expect(await countPeers(page)).toEqual({ made: 2, live: 1 })
  expect((await bot.observed()).iceRestarts).toBe(1)
  expect((await connectionOf(page)).error).toBeNull()
})

test.describe("a bot that doesn't know the session contract", () => {
  test.use({ botArguments: ['--plain'] })

  test('is reported as an agent that does not remember', async ({ page, call, bot }) => {
    const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint })
    await assistant.startButton.click()
    await assistant.greeted()
    await page.reload()
    await assistant.isConnected()
    await expect(assistant.notice("The agent doesn't remember the earlier conversation.")).toBeVisible()
  })
})
