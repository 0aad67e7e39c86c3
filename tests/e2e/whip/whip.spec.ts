import { resolve } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import { servePage } from '../../support/serve-page.js'
import { watchPeers } from '../support/peers.js'
import { answers, end, freePort, runScript } from '../support/processes.js'

interface Observed {
  requests: { method: string; url: string; authorization?: string; type?: string; match: string | null }[]
  loudest: number
  open: number
}

const test = base.extend<
  { gateway: { endpoint: string; observed(): Promise<Observed> }; open(query?: string): Promise<void> },
  { app: { url: string } }
>({
  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const served = await servePage(resolve(import.meta.dirname, 'page'))
      await use(served)
      await served.close()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
  gateway: async ({}, use) => {
    const port = await freePort()
    const gateway = runScript('tests/e2e/whip/gateway.mts', { PORT: String(port) })
    const url = `http://127.0.0.1:${port}`
    await answers(url)
    await use({
      endpoint: `${url}/whip`,
      observed: async () => (await (await fetch(url)).json()) as Observed,
    })
    await end(gateway, 'SIGKILL')
  },
  open: async ({ page, context, app, gateway }, use) => {
    await watchPeers(context)
    await use(async (query = '') => {
      await page.goto(`${app.url}?endpoint=${encodeURIComponent(gateway.endpoint)}${query}`)
    })
  },
})

const connect = (page: Page) =>
  page.evaluate(() =>
    window.agentUnderTest.connect().then(
      () => null,
      ({ code, message }) => ({ code, message }),
    ),
  )
const shown = (page: Page) =>
  page.evaluate(() => {
    const { selectors, store } = window.agentUnderTest
    return selectors.selectMessages(store.getState()).map(({ role, text }) => `${role}: ${text}`)
  })
/** Counts sound packets from the gateway, which also sends silence. */
const packetsReceived = (page: Page) =>
  page.evaluate(async () => {
    const reports = [...((await window.peersUnderTest[0]?.getStats()) ?? new Map()).values()]
    return reports.find(({ type }) => type === 'inbound-rtp')?.packetsReceived ?? 0
  })
const methods = ({ requests }: Observed) => requests.map(({ method }) => method)

test('a call over WHIP has sound both ways, words, an ICE restart, and an end that frees the session', async ({
  page,
  gateway,
  open,
}) => {
  await open()
  expect(await connect(page)).toBeNull()
  await page.evaluate(() => window.agentUnderTest.sendText('Hello'))
  await expect.poll(() => shown(page)).toEqual(['user: Hello', 'assistant: You said: Hello'])
  await expect.poll(async () => (await gateway.observed()).loudest).toBeGreaterThan(0.01)

  const ufrag = () =>
    page.evaluate(() => /a=ice-ufrag:(\S+)/.exec(window.peersUnderTest[0]?.remoteDescription?.sdp ?? '')?.[1])
  const before = await ufrag()
  // Resolves only once packets from the same gateway arrive over the new paths.
  await page.evaluate(() =>
    window.transportUnderTest.restartIce?.({
      token: 'for-the-gateway',
      signal: new AbortController().signal,
    }),
  )
  expect(await ufrag()).not.toBe(before)
  await page.evaluate(() => window.agentUnderTest.sendText('Still there?'))
  await expect.poll(async () => (await shown(page)).at(-1)).toBe('assistant: You said: Still there?')

  await page.evaluate(() => window.agentUnderTest.disconnect())
  await expect.poll(async () => (await gateway.observed()).open).toBe(0)
  const { requests } = await gateway.observed()
  expect(requests[0]).toMatchObject({ method: 'POST', url: '/whip', type: 'application/sdp' })
  expect(requests.at(-1)).toMatchObject({ method: 'DELETE', url: '/sessions/session-1' })
  const patches = requests.filter(({ method }) => method === 'PATCH')
  const restart = patches.findIndex(({ match }) => match === '*')
  expect(patches.filter(({ match }) => match === '*')).toHaveLength(1)
  for (const { match } of patches.slice(0, restart)) expect(match).toBe('"session-1-1"')
  for (const { match } of patches.slice(restart + 1)) expect(match).toMatch(/^"restarted-/)
  for (const { type } of patches) expect(type).toBe('application/trickle-ice-sdpfrag')
  for (const { authorization, url } of requests) {
    expect(authorization).toBe('Bearer for-the-gateway')
    expect(url).not.toContain('for-the-gateway')
  }
})

test('a gateway that receives the history continues reseeded after a reload', async ({
  page,
  gateway,
  open,
}) => {
  await open()
  await connect(page)
  await page.evaluate(() => window.agentUnderTest.sendText('Remember me'))
  await expect.poll(() => shown(page)).toHaveLength(2)
  await page.reload()
  await expect
    .poll(() => page.evaluate(() => window.gatewayKnows))
    .toEqual(['Remember me', 'You said: Remember me'])
  const outcome = await page.evaluate(() => window.agentUnderTest.sessionManager.initialize())
  expect(outcome).toEqual({ conversation: 'restored', agent: 'reseeded' })
  // The closed page told the gateway, so one session is left.
  await expect.poll(async () => (await gateway.observed()).open).toBe(1)
})

test('a gateway without words transports only sound', async ({ page, gateway, open }) => {
  await open('&silent')
  expect(await connect(page)).toBeNull()
  await expect.poll(async () => (await gateway.observed()).loudest).toBeGreaterThan(0.01)
  await expect.poll(() => packetsReceived(page)).toBeGreaterThan(0)
  expect(await page.evaluate(() => window.peersUnderTest[0]?.sctp)).toBeNull()
})

test("a gateway's ICE servers are used only if the app allows it", async ({ page, gateway, open }) => {
  const iceServers = () =>
    page.evaluate(() => window.peersUnderTest[0]?.getConfiguration().iceServers?.map(({ urls }) => urls))
  await open()
  await connect(page)
  expect(await iceServers()).toEqual([])
  expect((await gateway.observed()).requests.some(({ match }) => match === '*')).toBe(false)
  await page.evaluate(() => window.agentUnderTest.sessionManager.endSession())
  await open('&ice')
  expect(await connect(page)).toBeNull()
  expect((await iceServers())?.flat()).toEqual(['stun:127.0.0.1:9'])
  expect((await gateway.observed()).requests.some(({ match }) => match === '*')).toBe(true)
})

test('a server that accepts sound but sends none is rejected with a reason, and its session is ended', async ({
  page,
  gateway,
  open,
}) => {
  // The way media servers respond.
  await page.route('**/whip', async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    const response = await route.fetch()
    await route.fulfill({ response, body: (await response.text()).replace('a=sendrecv', 'a=recvonly') })
  })
  await open('&silent')
  const failed = await connect(page)
  expect(failed).toMatchObject({ code: 'signalling-rejected' })
  expect(failed?.message).toContain('must answer with audio in both directions')
  expect(failed?.message).toContain('its audio is `recvonly`')
  await expect.poll(async () => methods(await gateway.observed())).toEqual(['POST', 'DELETE'])
  expect((await gateway.observed()).loudest).toBe(0)
})

test("a rejected token is an error that doesn't contain the token", async ({ page, gateway, open }) => {
  await open('&token=wrong-token')
  const failed = await connect(page)
  expect(failed).toMatchObject({ code: 'unauthorized' })
  expect(JSON.stringify(failed)).not.toContain('wrong-token')
  // One more attempt with a refreshed token, and then none.
  expect(methods(await gateway.observed())).toEqual(['POST', 'POST'])
})
