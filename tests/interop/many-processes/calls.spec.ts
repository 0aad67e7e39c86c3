import { expectKept } from '../../e2e/support/assistant.js'
import { countPeers, receivedEnergy } from '../../e2e/support/peers.js'
import { onToken } from '../../e2e/support/tokens.js'
import { controlNetwork } from '../support/network.js'
import type { VoiceProcesses } from '../support/voice-processes.js'
import { expect, test } from './fixtures.js'

const resumed = 'The agent picks up where you left off.'
const first = /(first thing you asked|began with).*How are you/

/** The process that owns the call, with its server. */
function ownerOf({ balancer, processes }: VoiceProcesses) {
  const index = balancer.lastOffer() ?? -1
  const server = processes[index]
  if (!server) throw new Error('No offer was answered.')
  return { index, server }
}

test('a reload in mid-answer continues in another process, and the agent remembers', async ({
  page,
  openShop,
  voice,
}) => {
  const assistant = await openShop(page)
  await assistant.start()
  await assistant.greeted()
  await assistant.ask('How are you?')
  await assistant.say('How do I brew them?')
  await assistant.streams(8)
  const before = await assistant.shown()
  const { index } = ownerOf(voice)

  await page.reload()
  await expect(assistant.notice(resumed)).toBeVisible()
  expect(ownerOf(voice).index).not.toBe(index)
  await assistant.hasSaid('As I was saying')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
  await assistant.say('What did I ask you first?')
  await assistant.hasSaid(first)
  expectKept(before, await assistant.shown())
  // Candidates reached every process, and the one with the connection received them.
  const candidates = voice.balancer.routed.filter(({ name }) => name === 'PATCH offer')
  expect(new Set(candidates.map(({ process }) => process)).size).toBeGreaterThan(1)
  expect(candidates.map(({ status }) => status)).toEqual(candidates.map(() => 200))
})

test('an ICE restart that reaches another process recovers the connection', async ({
  page,
  openShop,
  voice,
}) => {
  const network = await controlNetwork(page)
  const assistant = await openShop(page)
  await assistant.start()
  await assistant.greeted()
  const { index } = ownerOf(voice)

  await network.cut()
  await expect(assistant.connection).toHaveAttribute('data-state', 'reconnecting')
  await network.heal()
  await assistant.isConnected()
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  const [, restart] = voice.balancer.routed.filter(({ name }) => name === 'POST offer')
  expect(restart).toMatchObject({ status: 200 })
  expect(restart?.process).not.toBe(index)
  await assistant.ask('How are you?')
})

test('a killed process loses its calls to another one, which remembers', async ({
  page,
  openShop,
  voice,
}) => {
  const assistant = await openShop(page)
  await assistant.start()
  await assistant.greeted()
  await assistant.ask('How are you?')
  const before = await assistant.shown()

  await ownerOf(voice).server.kill()
  // Immediately, before the killed process's lease expires.
  await page.reload()
  await expect(assistant.notice(resumed)).toBeVisible()
  expectKept(before, await assistant.shown())
  await assistant.say('What did I ask you first?')
  await assistant.hasSaid(first)
})

test('the next process gives the answer that a killed process was giving', async ({
  page,
  openShop,
  voice,
}) => {
  const assistant = await openShop(page)
  await assistant.start()
  await assistant.greeted()
  await assistant.say('How do I brew them?')
  await assistant.streams(8)
  const { index, server } = ownerOf(voice)

  await server.kill()
  // The reconnection may be too short to be seen.
  await expect.poll(() => ownerOf(voice).index).not.toBe(index)
  await assistant.isConnected()
  await expect(assistant.ofAgent('final')).toHaveCount(2)
})

test('a process that is stopped gracefully hands its calls over', async ({ page, openShop, voice }) => {
  const assistant = await openShop(page)
  await assistant.start()
  await assistant.greeted()
  await assistant.ask('How are you?')
  await assistant.say('How do I brew them?')
  await assistant.streams(8)

  const { index, server } = ownerOf(voice)
  await server.stop()
  await expect.poll(() => ownerOf(voice).index).not.toBe(index)
  await assistant.isConnected()
  await assistant.hasSaid('As I was saying')
  await assistant.say('What did I ask you first?')
  await assistant.hasSaid(first)
})

test('two devices with one session have one call, in whichever process', async ({
  browser,
  page,
  openShop,
  voice,
}) => {
  const given: object[] = []
  onToken(page.context(), (answer) => given.push(answer))
  const older = await openShop(page)
  await older.start()
  await older.greeted()
  await older.ask('How are you?')
  const { index } = ownerOf(voice)

  // The user's other device, signed in as an app that knows its user would do it.
  const context = await browser.newContext({ permissions: ['microphone'] })
  const other = await context.newPage()
  await other.route('**/api/voice-agent/token', (route) => route.fulfill({ json: given.at(-1) }))
  const newer = await openShop(other)
  await newer.startButton.click()
  await newer.isConnected()
  expect(ownerOf(voice).index).not.toBe(index)
  await expect(older.connection).toHaveAttribute('data-state', 'failed')
  const useHere = page.getByRole('button', { name: 'Use here' })
  await expect(useHere).toBeVisible()
  expect((await countPeers(page)).live).toBe(0)

  await useHere.click()
  await older.isConnected()
  await expect(newer.connection).toHaveAttribute('data-state', 'failed')
  expect((await countPeers(other)).live).toBe(0)
  await older.ask('Tell me about the shop')
  await context.close()
})

test.describe('without a shared store', () => {
  test.use({ settings: { REDIS_URL: '' } })

  test('a reload in another process reseeds the agent, and says so', async ({ page, openShop }) => {
    const assistant = await openShop(page)
    await assistant.start()
    await assistant.greeted()
    await assistant.ask('How are you?')
    await page.reload()
    await expect(assistant.notice('The agent was reminded of the last messages.')).toBeVisible()
    await assistant.say('What did I ask you first?')
    await assistant.hasSaid(first)
  })
})
