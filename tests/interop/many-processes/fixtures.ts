import { test as base, expect, type Page } from '@playwright/test'
import { assistantOn } from '../../e2e/support/assistant.js'
import { withSilentMicrophone } from '../../e2e/support/microphones.js'
import { watchPeers } from '../../e2e/support/peers.js'
import { freePort } from '../../e2e/support/processes.js'
import { serveShop } from '../../e2e/support/shop.js'
import { createRedis, type RedisServer } from '../support/redis.js'
import { startVoiceProcesses, type VoiceProcesses } from '../support/voice-processes.js'

interface TestFixtures {
  redis: RedisServer
  /** Two voice server processes that share the sessions in Redis. */
  voice: VoiceProcesses
  /** Environment of the processes. */
  settings: NodeJS.ProcessEnv
  /** True if Redis runs from the start. */
  withRedis: boolean
  openShop(page: Page): Promise<ReturnType<typeof assistantOn>>
}

interface WorkerFixtures {
  shop: { url: string; voicePort: number }
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  launchOptions: withSilentMicrophone(),

  settings: [{}, { option: true }],
  withRedis: [true, { option: true }],

  shop: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const [port, voicePort] = [await freePort(), await freePort()]
      const served = await serveShop({ port, voicePort })
      await use({ url: served.url, voicePort })
      await served.close()
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  redis: [
    async ({ withRedis }, use) => {
      const redis = await createRedis()
      if (withRedis) await redis.start()
      await use(redis)
      await redis.stop()
    },
    { timeout: 120_000 },
  ],

  voice: async ({ redis, shop, settings }, use) => {
    const voice = await startVoiceProcesses(2, redis.url, shop.voicePort, settings)
    await use(voice)
    await voice.stop()
  },

  openShop: async ({ shop, voice }, use) => {
    if (voice.balancer.port !== shop.voicePort) throw new Error('The shop calls another server.')
    await use(async (page) => {
      await watchPeers(page.context())
      await page.goto(shop.url)
      return assistantOn(page)
    })
  },
})

export { expect }
