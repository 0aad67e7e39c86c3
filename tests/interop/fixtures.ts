import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import { type Assistant, assistantOn } from '../e2e/support/assistant.js'
import { watchPeers } from '../e2e/support/peers.js'
import { servePage } from '../support/serve-page.js'
import { installLiveKit } from './support/install-livekit.js'
import { installPeers } from './support/install-peers.js'
import { installPipecat } from './support/install-pipecat.js'
import { type AgentOptions, createLiveKit, type LiveKit } from './support/livekit.js'
import { createPipecatBot, type PipecatBot } from './support/pipecat-bot.js'
import { type BotOptions, createPipecatServer, type PipecatServer } from './support/pipecat-server.js'

/** The peer that the page calls, and how. */
export interface Destination {
  transport: 'pipecat' | 'start' | 'example' | 'janus' | 'whep' | 'livekit'
  endpoint: string
  rtc?: RTCConfiguration
  /** Another device's session, which this one continues. */
  session?: string
  /** True to measure what the page hears. */
  hears?: boolean
}

interface TestFixtures {
  /** Opens the page for a destination. */
  call(destination: Destination): Promise<Assistant>
  /** Command-line arguments of the bot. */
  botArguments: string[]
  bot: PipecatBot
  botOptions: BotOptions
  server: PipecatServer
  agentOptions: AgentOptions
  liveKit: LiveKit
}

export const test = base.extend<
  TestFixtures,
  {
    app: { url: string }
    installed: undefined
    pipecatPython: string
    liveKitPrograms: ReturnType<typeof installLiveKit>
  }
>({
  installed: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      installPeers()
      await use(undefined)
    },
    { scope: 'worker', auto: true, timeout: 300_000 },
  ],

  pipecatPython: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      await use(installPipecat())
    },
    // The first run loads 300 MB.
    { scope: 'worker', timeout: 1_200_000 },
  ],

  liveKitPrograms: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      await use(installLiveKit())
    },
    { scope: 'worker', timeout: 1_200_000 },
  ],

  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const served = await servePage(resolve(import.meta.dirname, 'page'))
      await use(served)
      await served.close()
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  call: async ({ page, context, app }, use) => {
    await watchPeers(context)
    await use(async ({ transport, endpoint, rtc = {}, session, hears }) => {
      const query = new URLSearchParams({
        ...{ transport, endpoint, rtc: JSON.stringify(rtc) },
        ...(session && { session }),
        ...(hears && { hears: '1' }),
      })
      await page.goto(`${app.url}?${query}`)
      return assistantOn(page)
    })
  },

  botArguments: [[], { option: true }],

  bot: async ({ botArguments }, use) => {
    const bot = await createPipecatBot(...botArguments)
    await bot.start()
    await use(bot)
    await bot.stop()
  },

  botOptions: [{}, { option: true }],

  server: [
    async ({ botOptions, pipecatPython }, use, testInfo) => {
      const server = await createPipecatServer(pipecatPython, botOptions)
      await server.start()
      await use(server)
      await server.stop()
      // Only this log shows which request or timeout left a bot behind.
      if (testInfo.status !== testInfo.expectedStatus)
        await writeFile(testInfo.outputPath('pipecat.log'), server.log())
    },
    { timeout: 100_000 },
  ],

  agentOptions: [{}, { option: true }],

  liveKit: [
    async ({ agentOptions, liveKitPrograms }, use) => {
      const liveKit = await createLiveKit(liveKitPrograms, agentOptions)
      await liveKit.server.start()
      await liveKit.agent.start()
      await use(liveKit)
      await liveKit.stop()
    },
    { timeout: 120_000 },
  ],
})

/** The call state as an app reads it. */
export function connectionOf(page: Page) {
  return page.evaluate(() => {
    const { selectors, agent } = window.voiceAgentUnderTest
    return selectors.selectConnection(agent.store.getState())
  })
}

/** Returns the status of the conversation. */
export function statusOf(page: Page) {
  return page.evaluate(() => {
    const { selectors, agent } = window.voiceAgentUnderTest
    return selectors.selectConversationStatus(agent.store.getState())
  })
}

export { expect }
