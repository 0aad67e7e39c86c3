/** Pipecat's unmodified development runner, with a scripted bot. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expectKept } from '../e2e/support/assistant.js'
import { countPeers, receivedEnergy } from '../e2e/support/peers.js'
import { connectionOf, expect, statusOf, test } from './fixtures.js'
import { controlNetwork } from './support/network.js'

/** In milliseconds. Longer than it takes to detect a dead peer, and longer than the 6 s after which a silent bot was once replaced. */
const longSilence = Number(process.env.SILENCE_S ?? 12) * 1_000
const greeting = 'Hello, I am a bot on Pipecat.'

test('the guide lists every RTVI message that the installed Pipecat sends or reads', ({ pipecatPython }) => {
  const library = resolve(pipecatPython, '../../lib')
  const [python = ''] = readdirSync(library)
  const source = (name: string) =>
    readFileSync(resolve(library, python, 'site-packages/pipecat/processors/frameworks/rtvi', name), 'utf8')
  const sent = [...source('models.py').matchAll(/^ {4}type: Literal\["([a-z-]+)"\]/gm)]
  const read = [...source('processor.py').matchAll(/^ +case (?=")(.*):$/gm)].flatMap(([, cases = '']) => [
    ...cases.matchAll(/"([a-z-]+)"/g),
  ])
  expect(sent.length).toBeGreaterThan(30)
  expect(read.length).toBeGreaterThan(10)
  const guide = readFileSync(resolve(import.meta.dirname, '../../docs/reference/server-protocol.md'), 'utf8')
  const [, table = ''] = guide.split('### Every RTVI message')
  const types = new Set([...sent, ...read].map(([, type]) => type))
  expect([...types].filter((type) => !table.includes(`\`${type}\``))).toEqual([])
})

test('a voice bot: greeting, words, sound and an answer to each text, over one connection', async ({
  page,
  call,
  server,
}) => {
  const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
  await assistant.startButton.click()
  await assistant.isConnected()
  await assistant.hasSaid(greeting)
  expect((await assistant.ask('How are you?')).text).toBe('You said "How are you?".')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.0001)
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  const { bodies } = await server.observed()
  expect(bodies).toEqual([expect.objectContaining({ resume: false, context: [] })])
  expect((await connectionOf(page)).protocolErrors).toBe(0)
})

for (const kind of ['quiet', 'text'] as const) {
  test.describe(`a bot of the kind ${kind}, which sends no sound while it is silent`, () => {
    test.use({ botOptions: { kind } })

    test('keeps its only connection through a long silence', async ({ page, call, server }) => {
      const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
      await assistant.startButton.click()
      await assistant.isConnected()
      await assistant.hasSaid(greeting)
      test.setTimeout(60_000 + longSilence)
      await page.waitForTimeout(longSilence)
      expect((await connectionOf(page)).status).toBe('connected')
      expect((await assistant.ask('Are you there?')).text).toBe('You said "Are you there?".')
      expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
      expect(await server.observed()).toMatchObject({ started: 1, alive: 1, greetings: 1 })
    })
  })
}

for (const isSingle of [false, true]) {
  test.describe(isSingle ? 'in SINGLE mode' : 'in MULTIPLE mode', () => {
    test.use({ botOptions: { isSingle } })

    test('a reload while the bot thinks, without a farewell, finds the same bot with its memory, and no second greeting', async ({
      page,
      call,
      server,
    }) => {
      // With any latency, the peer connection's farewell doesn't leave the browser, as after a crash.
      await controlNetwork(page)
      const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
      await assistant.startButton.click()
      await assistant.hasSaid(greeting)
      await assistant.ask('My name is Ada.')
      for (let reload = 0; reload < 3; reload++) {
        await assistant.say(`Ponder number ${reload}.`)
        await assistant.streams(3)
        const before = await assistant.shown()
        await page.reload()
        await assistant.isConnected()
        await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
        expectKept(before, await assistant.shown())
      }
      expect((await assistant.ask('What did I say first?')).text).toBe('You began with "My name is Ada.".')
      expect(await server.observed()).toMatchObject({ started: 1, alive: 1, greetings: 1 })
      await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.0001)
    })

    test('a bot that is lost while it speaks is replaced by an audible one, with the conversation', async ({
      page,
      call,
      server,
    }) => {
      const network = await controlNetwork(page)
      const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
      await assistant.startButton.click()
      await assistant.hasSaid(greeting)
      await assistant.ask('My name is Ada.')
      await assistant.say('Count to 1.')
      await assistant.hasSaid(/number1-39/)
      await expect.poll(() => statusOf(page), { intervals: [20] }).toBe('speaking')
      await network.letGoodbyesLeave(true)
      await page.reload()
      await assistant.isConnected()
      // Pipecat's output would wait 10 s for the lost connection, and then never speak again.
      await assistant.ask('How are you?')
      await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
      await expect.poll(() => server.observed()).toMatchObject({ started: 2, alive: 1 })
      const { bodies } = await server.observed()
      expect(bodies.at(-1)).toMatchObject({
        resume: true,
        context: expect.arrayContaining([expect.objectContaining({ text: 'My name is Ada.' })]),
      })
    })

    test('a reload with the browser’s farewell, which ends the bot, continues with a new one and leaves none behind', async ({
      page,
      call,
      server,
    }) => {
      const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
      await assistant.startButton.click()
      await assistant.hasSaid(greeting)
      await assistant.ask('My name is Ada.')
      const before = await assistant.shown()
      for (let reload = 0; reload < 3; reload++) {
        await page.reload()
        await assistant.isConnected()
      }
      await expect(assistant.notice("The agent doesn't remember the earlier conversation.")).toBeVisible()
      // The new bot repeats the greeting, like a stock bot.
      expect((await assistant.shown()).slice(0, before.length)).toEqual(before)
      await expect.poll(async () => (await server.observed()).alive).toBe(1)
      const { bodies } = await server.observed()
      expect(bodies.at(-1)).toMatchObject({
        resume: true,
        context: expect.arrayContaining([expect.objectContaining({ text: 'My name is Ada.' })]),
      })
    })

    test('an outage returns to the same bot with its memory', async ({ page, call, server }) => {
      const network = await controlNetwork(page)
      const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
      await assistant.startButton.click()
      await assistant.hasSaid(greeting)
      await assistant.ask('My name is Ada.')
      await network.cut()
      await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
      await network.heal()
      await assistant.isConnected()
      expect((await assistant.ask('What did I say first?')).text).toBe('You began with "My name is Ada.".')
      expect(await server.observed()).toMatchObject({ started: 1, alive: 1, greetings: 1, clientsLost: 0 })
    })
  })
}

test('ending the call ends the bot, and the next call starts with another', async ({ call, server }) => {
  const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
  await assistant.startButton.click()
  await assistant.hasSaid(greeting)
  await assistant.endButton.click()
  await expect.poll(async () => (await server.observed()).alive).toBe(0)
  await assistant.startAgain()
  await assistant.isConnected()
  expect(await server.observed()).toMatchObject({ started: 2, alive: 1 })
})

test('several final transcripts of one turn are one message, with one answer', async ({
  page,
  call,
  server,
}) => {
  const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
  await assistant.startButton.click()
  await assistant.hasSaid(greeting)
  await page.evaluate(() =>
    window.voiceAgentUnderTest.agent.sendClientMessage('hear', ['I would like', 'some green tea', 'please.']),
  )
  await assistant.hasSaid('You said "I would like some green tea please.".')
  const turns = (await assistant.shown()).map(({ role, text }) => `${role}: ${text}`)
  expect(turns).toEqual([
    `assistant: ${greeting}`,
    'user: I would like some green tea please.',
    'assistant: You said "I would like some green tea please.".',
  ])
})

test('a killed server is noticed, and a new bot receives the conversation', async ({
  page,
  call,
  server,
}) => {
  const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
  await assistant.startButton.click()
  await assistant.hasSaid(greeting)
  await assistant.ask('My name is Ada.')
  const from = Date.now()
  await server.kill()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
  expect(Date.now() - from).toBeLessThan(6_000)
  await server.start()
  await assistant.isConnected()
  // Its numbers start at 0 again, which must not be mistaken for the same bot.
  await expect(assistant.articles.filter({ hasText: greeting })).toHaveCount(2)
  await expect(assistant.notice('The agent picks up where you left off.')).toHaveCount(0)
  const { started, bodies } = await server.observed()
  expect(started).toBe(1)
  expect(bodies).toEqual([
    expect.objectContaining({
      resume: true,
      context: expect.arrayContaining([expect.objectContaining({ text: 'My name is Ada.' })]),
    }),
  ])
  expect((await connectionOf(page)).error).toBeNull()
})

test('POST /start creates a session, and a reload returns to its bot without another start', async ({
  page,
  call,
  server,
}) => {
  const starts: string[] = []
  await controlNetwork(page)
  page.on('request', (request) => {
    if (request.method() === 'POST')
      starts.push(new URL(request.url()).pathname.replace(/[0-9a-f-]{36}/, 'ID'))
  })
  const assistant = await call({ transport: 'start', endpoint: server.url })
  await assistant.startButton.click()
  await assistant.hasSaid(greeting)
  await assistant.ask('My name is Ada.')
  await page.reload()
  await assistant.isConnected()
  expect((await assistant.ask('What did I say first?')).text).toBe('You began with "My name is Ada.".')
  expect(starts).toEqual(['/start', '/sessions/ID/api/offer', '/sessions/ID/api/offer'])
  expect(await server.observed()).toMatchObject({ started: 1, alive: 1 })
})
