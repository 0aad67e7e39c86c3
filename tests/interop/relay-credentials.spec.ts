import type { Page } from '@playwright/test'
import { createTurnServers } from '../../examples/voice-app/server/turn.js'
import { countPeers, receivedEnergy } from '../e2e/support/peers.js'
import { freePort } from '../e2e/support/processes.js'
import { createVoiceServer } from '../e2e/support/voice-server.js'
import { test as base, connectionOf, expect } from './fixtures.js'
import { startDocumentedTurnServer } from './support/samples.js'
import { startTurnServer } from './support/turn-server.js'

const secret = 'a secret of the servers'
/** Lifetime of a token and its credentials in seconds. */
const lifetime = 8

interface Fixtures {
  turn: Awaited<ReturnType<typeof startTurnServer>>
  /** The `apiEndpoint` of the example's server, which has a different origin from the page. */
  endpoint: string
}

const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
  turn: async ({}, use) => {
    const turn = await startTurnServer({ secret })
    await use(turn)
    await turn.stop()
  },
  endpoint: async ({ app, turn }, use) => {
    const port = await freePort()
    const server = createVoiceServer(port, {
      TURN_URLS: `turn:127.0.0.1:${turn.port}?transport=udp`,
      TURN_SECRET: secret,
      TURN_MARGIN_S: '0',
      VOICE_TOKEN_TTL_S: String(lifetime),
      VOICE_ALLOWED_ORIGINS: new URL(app.url).origin,
    })
    await server.start()
    await use(`http://127.0.0.1:${port}/api/voice-agent`)
    await server.stop()
  },
})

/** TURN user name of the newest connection, and the candidate type of its path. */
function relayOf(page: Page) {
  return page.evaluate(async () => {
    const peer = window.peersUnderTest.at(-1)
    const reports = new Map(await peer?.getStats())
    const transport = [...reports.values()].find(({ type }) => type === 'transport')
    const pair = reports.get(transport?.selectedCandidatePairId)
    const username = peer?.getConfiguration().iceServers?.[0]?.username ?? ''
    return { username, path: reports.get(pair?.localCandidateId)?.candidateType }
  })
}

test('a call uses a relay with credentials from the token, and an ICE restart renews expired ones', async ({
  page,
  call,
  endpoint,
  turn,
}) => {
  const rtc = { iceTransportPolicy: 'relay' } as const
  const assistant = await call({ transport: 'example', endpoint, rtc })
  await assistant.start()
  const first = await relayOf(page)
  expect(first.path).toBe('relay')
  const expires = Number(first.username.split(':')[0])

  // The existing relay keeps working.
  await expect.poll(() => Date.now() / 1000 - expires).toBeGreaterThan(0)
  const before = await receivedEnergy(page)
  await assistant.say('Tell me about the shop')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(before)

  await turn.restart()
  // Once the page notices, it reconnects within a tenth of a second.
  const renewed = async () => Number((await relayOf(page)).username.split(':')[0])
  await expect.poll(renewed).toBeGreaterThan(expires)
  await assistant.isConnected()
  await expect.poll(async () => (await relayOf(page)).path).toBe('relay')
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  await assistant.ask('How are you?')
})

test('expired credentials are rejected', async ({ page, call, bot, turn }) => {
  const urls = [`turn:127.0.0.1:${turn.port}?transport=udp`]
  const iceServers = createTurnServers({ secret, urls, marginSeconds: 0 }, 60, Date.now() - 120_000)
  const rtc = { iceServers, iceTransportPolicy: 'relay' } as const
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint, rtc })
  await assistant.startButton.click()
  await expect(assistant.connection).toHaveAttribute('data-state', 'failed')
  expect((await connectionOf(page)).error).toMatchObject({ code: 'relay-refused' })
})

test('the documented coturn accepts credentials that expire', async ({ page, app }) => {
  await using server = await startDocumentedTurnServer()
  const urls = [`turn:127.0.0.1:${server.port}?transport=udp`]
  await page.goto(app.url)
  const candidates = (iceServers: RTCIceServer[]) =>
    page.evaluate(async (iceServers) => {
      const peer = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' })
      const found: (string | null)[] = []
      const gathered = new Promise<void>((resolve) => {
        peer.onicecandidate = ({ candidate }) => (candidate ? found.push(candidate.type) : resolve())
      })
      peer.createDataChannel('test')
      await peer.setLocalDescription()
      await gathered
      peer.close()
      return found
    }, iceServers)
  const own = { secret: server.secret, urls }
  expect(await candidates(createTurnServers(own, 60, Date.now()))).toEqual(['relay'])
  expect(await candidates(createTurnServers(own, 60, Date.now() - 600_000))).toEqual([])
  expect(server.output()).toContain('Black listing: 10.0.0.0-10.255.255.255')
  expect(server.output()).not.toMatch(/bad configuration/i)
})
