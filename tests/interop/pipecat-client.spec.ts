/** Pipecat's unmodified client with the example's server. */
import { resolve } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import { countPeers, receivedEnergy, watchPeers } from '../e2e/support/peers.js'
import { freePort } from '../e2e/support/processes.js'
import { createVoiceServer } from '../e2e/support/voice-server.js'
import { servePage } from '../support/serve-page.js'

interface ClientPage {
  /** Resolves when the client is ready. */
  connect(): Promise<void>
  send(text: string): Promise<void>
  disconnect(): Promise<void>
  /** Data of the client's events with this name, in order. */
  events(name: string): Promise<unknown[]>
  /** Warnings and errors in the page's console. */
  complaints: string[]
}

const test = base.extend<{ clientPage: ClientPage }, { url: string }>({
  url: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const voiceServer = createVoiceServer(await freePort(), { VOICE_WORDS_PER_MINUTE: '400' })
      await voiceServer.start()
      const served = await servePage(resolve(import.meta.dirname, 'client-page'), [], {
        '/api': `http://127.0.0.1:${voiceServer.port}`,
      })
      await use(served.url)
      await served.close()
      await voiceServer.stop()
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  clientPage: async ({ page, url }, use) => {
    const complaints = collectComplaints(page)
    await watchPeers(page.context())
    await page.goto(url)
    await use({
      complaints,
      connect: () => page.evaluate(() => window.clientUnderTest.connect()),
      send: (text) => page.evaluate((content) => window.clientUnderTest.client.sendText(content), text),
      disconnect: () => page.evaluate(() => window.clientUnderTest.client.disconnect()),
      events: (wanted) =>
        page.evaluate(
          (of) => window.clientUnderTest.events.filter(({ name }) => name === of).map(({ data }) => data),
          wanted,
        ),
    })
  },
})

function collectComplaints(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'warning' || message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

/** Texts of the sentences that the bot has finished speaking. */
async function spoken({ events }: ClientPage): Promise<string> {
  const outputs = (await events('botOutput')) as { text: string; spoken_status: string }[]
  return outputs
    .filter(({ spoken_status }) => spoken_status === 'completed')
    .map(({ text }) => text)
    .join(' ')
}

test("Pipecat's own client has a conversation with the example's server, without complaints", async ({
  page,
  clientPage,
}) => {
  const { complaints, connect, disconnect, events, send } = clientPage
  await connect()
  expect(await events('botReady')).toEqual([
    expect.objectContaining({ version: expect.stringMatching(/^2\./) }),
  ])
  await expect.poll(() => spoken(clientPage)).toContain('Hello')
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
  expect(await events('trackStarted')).toContain('audio')
  expect(await events('serverMessage')).toContainEqual(
    expect.objectContaining({ type: 'session', resumed: false }),
  )

  await send('What do you know about matcha?')
  await expect.poll(() => spoken(clientPage)).toMatch(/matcha/i)

  // Chromium's microphone beeps, so the server knows that something was said, but not what.
  await expect
    .poll(() => events('userTranscript'))
    .toContainEqual(expect.objectContaining({ final: true, text: '' }))
  // Its once-a-second keep-alive is answered without an error.
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const peer = window.peersUnderTest.at(-1)
        const reports = peer ? [...(await peer.getStats()).values()] : []
        return reports.find(({ type }) => type === 'data-channel')?.messagesReceived
      }),
    )
    .toBeGreaterThan(10)

  await disconnect()
  await expect.poll(() => countPeers(page)).toEqual({ made: 1, live: 0 })
  expect(await events('error')).toEqual([])
  expect(await events('messageError')).toEqual([])
  expect(complaints).toEqual([])
})

test('the older of two clients with one session is told to leave, and does not call again', async ({
  page,
  context,
  clientPage,
  url,
}) => {
  await page.route('**/token', async (route) => {
    const response = await route.fetch()
    await context.route('**/token', async (other) => other.fulfill({ response }))
    await route.fulfill({ response })
  })
  await clientPage.connect()
  const other = await context.newPage()
  await other.goto(url)
  await other.evaluate(() => window.clientUnderTest.connect())
  await expect.poll(() => clientPage.events('botDisconnected')).toHaveLength(1)
  await expect.poll(() => countPeers(page)).toEqual({ made: 1, live: 0 })
  expect(await other.evaluate(() => window.clientUnderTest.client.state)).toBe('ready')
})

test("a message that the example's server does not know is an error of that message, and the call continues", async ({
  page,
  clientPage,
}) => {
  const { connect, events, disconnect } = clientPage
  await connect()
  await page.evaluate(() => window.clientUnderTest.client.sendClientMessage('unheard-of'))
  await expect.poll(() => events('messageError')).toHaveLength(1)
  expect(await page.evaluate(() => window.clientUnderTest.client.state)).toBe('ready')
  await disconnect()
})
