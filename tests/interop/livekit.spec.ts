/** Unmodified LiveKit server and LiveKit Agents, with a scripted agent. */
import type { Page } from '@playwright/test'
import { type Assistant, assistantOn, expectKept } from '../e2e/support/assistant.js'
import { receivedEnergy } from '../e2e/support/peers.js'
import { test as base, connectionOf, expect } from './fixtures.js'
import type { LiveKit } from './support/livekit.js'
import { controlNetwork } from './support/network.js'

const greeting = 'Hello, I am an agent on LiveKit.'

/** A call in which the agent has greeted the user. */
const test = base.extend<{ assistant: Assistant }>({
  assistant: async ({ call, liveKit }, use) => use(await begin(call, liveKit)),
})

async function begin(
  call: (destination: { transport: 'livekit'; endpoint: string }) => Promise<Assistant>,
  { endpoint }: LiveKit,
): Promise<Assistant> {
  const assistant = await call({ transport: 'livekit', endpoint })
  await assistant.startButton.click()
  await assistant.greeted()
  return assistant
}

const introduce = (assistant: Assistant) => assistant.ask('My name is Ada.')

async function expectToKnowName(assistant: Assistant) {
  expect((await assistant.ask('What did I say first?')).text).toBe('You began with "My name is Ada.".')
}

/** Kills a process without a farewell, and restarts it once the page has noticed. */
async function restart(assistant: Assistant, process: LiveKit['agent'] | LiveKit['server']) {
  await process.kill()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting', { timeout: 60_000 })
  await process.start()
  await expect(assistant.connection).toHaveAttribute('data-state', 'connected', { timeout: 60_000 })
}

/** Makes the scripted agent hear these words, as consecutive final transcripts. */
const hear = (page: Page, ...finals: string[]) =>
  page.evaluate((finals) => window.voiceAgentUnderTest.agent.sendClientMessage('hear', finals), finals)

const turnsOf = async (assistant: Assistant) =>
  (await assistant.shown()).map(({ role, text }) => `${role}: ${text}`)

test('greeting, typed words, sound and the call state', async ({ page, assistant, liveKit }) => {
  await assistant.hasSaid(greeting)
  expect((await assistant.ask('How are you?')).text).toBe('You said "How are you?".')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.0001)
  const { sessions, started, textIds } = await liveKit.agent.observed()
  expect(started).toBe(1)
  expect(sessions).toMatchObject([{ resume: false, context: [], tools: [{ name: 'add_to_cart' }] }])
  expect(textIds).toEqual([expect.any(String)])
  expect(await connectionOf(page)).toMatchObject({
    error: null,
    microphone: 'live',
    playback: 'playing',
    protocolErrors: 0,
  })
})

test('several final transcripts of one spoken turn are one message, with one answer', async ({
  page,
  assistant,
}) => {
  await hear(page, 'I would like', 'some green tea please.')
  await assistant.hasSaid('You said "I would like some green tea please.".')
  expect(await turnsOf(assistant)).toEqual([
    `assistant: ${greeting}`,
    'user: I would like some green tea please.',
    'assistant: You said "I would like some green tea please.".',
  ])
})

test('an answer that the user interrupts, with a button or by talking, keeps the words that were heard', async ({
  page,
  assistant,
}) => {
  await assistant.say('Count once.')
  await assistant.streams(3)
  await page.evaluate(() => window.voiceAgentUnderTest.agent.interrupt())
  await expect(assistant.ofAgent('interrupted')).toHaveCount(1)
  await assistant.say('Count twice.')
  await assistant.streams(3)
  await hear(page, 'Stop it.')
  await expect(assistant.ofAgent('interrupted')).toHaveCount(2)
  await assistant.hasSaid('You said "Stop it.".')
  const cut = (await assistant.shown()).filter(({ status }) => status === 'interrupted')
  for (const { text } of cut) {
    expect(text).toContain('number0 number1')
    expect(text).not.toContain('number59')
  }
})

test('tools: the app’s over RPC, and the agent’s own as they run', async ({ page, assistant }) => {
  await assistant.say('Call add_to_cart')
  await assistant.hasSaid('The tool says {"added":"sencha"}.')
  await assistant.say('Call weather')
  await assistant.hasSaid('The tool says rain.')
  const tools = await page.evaluate(() => {
    const { selectors, agent } = window.voiceAgentUnderTest
    const messages = selectors.selectMessages(agent.store.getState())
    return messages.flatMap(({ role, tool }) => (role === 'tool' ? [[tool?.name, tool?.status]] : []))
  })
  expect(tools).toEqual([
    ['add_to_cart', 'completed'],
    ['weather', 'completed'],
  ])
})

test('the server hears a muted microphone as silence, even if it was muted before the call', async ({
  page,
  assistant,
  liveKit,
}) => {
  const loudest = async () => (await liveKit.agent.observed()).loudest
  // Chromium's fake microphone beeps once a second.
  await expect.poll(loudest).toBeGreaterThan(1_000)
  await assistant.muteButton.click()
  await expect.poll(async () => (await connectionOf(page)).microphone).toBe('muted')
  const isSilent = async () => {
    await liveKit.agent.resetLoudest()
    // Longer than the time between two beeps.
    await page.waitForTimeout(2_500)
    return (await loudest()) < 100
  }
  await expect.poll(isSilent).toBe(true)
  // A new connection publishes the track again.
  await page.reload()
  await assistant.isConnected()
  if ((await connectionOf(page)).microphone !== 'muted') await assistant.muteButton.click()
  await expect.poll(isSilent).toBe(true)
  await page.evaluate(() => window.voiceAgentUnderTest.agent.unmute())
  await expect.poll(loudest).toBeGreaterThan(1_000)
})

test('a reload in mid-answer finds the same agent with its memory', async ({ page, assistant, liveKit }) => {
  await introduce(assistant)
  await assistant.say('Count on.')
  await assistant.streams(3)
  const before = await assistant.shown()
  await page.reload()
  await assistant.isConnected()
  await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
  expectKept(before, await assistant.shown())
  await expectToKnowName(assistant)
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.0001)
  const { started, alive, left } = await liveKit.agent.observed()
  expect({ started, alive }).toEqual({ started: 1, alive: 1 })
  expect(left).not.toContain('CLIENT_INITIATED')
})

test('after an outage of 5 s, the same agent continues, without an error', async ({
  page,
  call,
  liveKit,
}) => {
  const network = await controlNetwork(page)
  const assistant = await begin(call, liveKit)
  await introduce(assistant)
  await network.cut()
  await page.waitForTimeout(5_000)
  await network.heal()
  await assistant.isConnected()
  await expectToKnowName(assistant)
  expect(await liveKit.agent.observed()).toMatchObject({ started: 1, alive: 1 })
  expect((await connectionOf(page)).error).toBeNull()
})

test('a killed agent is replaced by one that receives the conversation', async ({
  page,
  assistant,
  liveKit,
}) => {
  test.setTimeout(120_000)
  await introduce(assistant)
  await restart(assistant, liveKit.agent)
  await assistant.hasSaid('I have read our last 3 messages.')
  await expectToKnowName(assistant)
  expect((await connectionOf(page)).error).toBeNull()
})

test('a killed server is noticed, and after its return the agent knows the conversation', async ({
  page,
  assistant,
  liveKit,
}) => {
  test.setTimeout(120_000)
  await introduce(assistant)
  await restart(assistant, liveKit.server)
  // LiveKit's agent rejoins with its memory. Another agent would receive the context.
  await expectToKnowName(assistant)
  expect((await connectionOf(page)).error).toBeNull()
})

test('an expired token is refreshed once', async ({ call, liveKit }) => {
  liveKit.tokenLife = -600
  const assistant = await call({ transport: 'livekit', endpoint: liveKit.endpoint })
  await assistant.startButton.click()
  await expect(assistant.connection).toHaveAttribute('data-state', 'failed')
  expect(liveKit.tokens).toBe(2)
  liveKit.tokenLife = 600
  await assistant.tryAgain()
  await assistant.isConnected()
  await assistant.hasSaid(greeting)
})

test('when the user ends the call, the agent and the room end, and the next call starts with another agent', async ({
  page,
  assistant,
  liveKit,
}) => {
  await assistant.endButton.click()
  await expect.poll(async () => (await liveKit.agent.observed()).alive).toBe(0)
  expect(await connectionOf(page)).toMatchObject({ microphone: 'off', playback: 'idle', error: null })
  await assistant.startButton.click()
  await assistant.isConnected()
  await assistant.hasSaid('I have read our last 1 messages.')
  expect(await liveKit.agent.observed()).toMatchObject({ started: 2, alive: 1, left: ['CLIENT_INITIATED'] })
})

test('an agent that hangs up, and a deleted room, end the call', async ({ page, assistant }) => {
  await page.evaluate(() => window.voiceAgentUnderTest.agent.sendClientMessage('leave', null))
  await expect(assistant.startButton).toBeVisible()
  expect((await connectionOf(page)).error).toBeNull()
})

test('a second device takes over the call, and the first one does not take it back', async ({
  page,
  // Started first.
  assistant: _assistant,
  liveKit,
  app,
  browser,
}) => {
  const [session = ''] = await liveKit.rooms()
  const other = await browser.newContext({ permissions: ['microphone'] })
  const second = await other.newPage()
  await second.goto(
    `${app.url}?${new URLSearchParams({ transport: 'livekit', endpoint: liveKit.endpoint, session })}`,
  )
  const elsewhere = assistantOn(second)
  await elsewhere.startButton.click()
  await elsewhere.isConnected()
  await expect.poll(async () => (await connectionOf(page)).error?.code).toBe('call-moved')
  expect((await elsewhere.ask('Am I here?')).text).toBe('You said "Am I here?".')
  expect((await connectionOf(page)).status).toBe('failed')
  expect((await connectionOf(second)).status).toBe('connected')
  await other.close()
})

test.describe("an agent that doesn't know this package", () => {
  test.use({ agentOptions: { kind: 'stock' } })

  test('talks, continues after a reload, and is interrupted by a typed text', async ({
    page,
    assistant,
    liveKit,
  }) => {
    await introduce(assistant)
    await page.reload()
    await assistant.isConnected()
    await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
    await assistant.say('Count on.')
    await assistant.streams(3)
    await expectToKnowName(assistant)
    await expect(assistant.ofAgent('interrupted')).toHaveCount(1)
    expect(await liveKit.agent.observed()).toMatchObject({ started: 1, alive: 1, sessions: [] })
    expect((await connectionOf(page)).protocolErrors).toBe(0)
  })
})
