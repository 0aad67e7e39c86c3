import { type BrowserContext, test as base, expect } from '@playwright/test'
import { ofTheMachine } from '../support/of-the-machine.js'
import { createPipecatVoiceServer } from './faults/support/pipecat-voice-server.js'
import { type Assistant, assistantOn } from './support/assistant.js'
import { withSilentMicrophone } from './support/microphones.js'
import { watchPeers } from './support/peers.js'
import { freePort } from './support/processes.js'
import { serveShop } from './support/shop.js'
import { createVoiceServer, type VoiceServer } from './support/voice-server.js'

interface TestFixtures {
  /** The page shows the shop's home page. */
  assistant: Assistant
  voiceServer: VoiceServer
  /** Console messages that the test expects. Empty, unless the test breaks something. */
  tolerated: RegExp[]
  noComplaints: undefined
}

interface WorkerFixtures {
  /** Environment of the voice server, beyond what every test needs. */
  serverEnv: Record<string, string>
  stack: { url: string; voiceServer: VoiceServer }
}

/** Fast, because most tests wait for the agent to speak. Answers are still spoken in full and in order. */
const wordsPerMinute = 400

/** `npm run test:faults -- --server pipecat`. */
export const isPipecat = process.env.FAULTS_SERVER === 'pipecat'

export const test = base.extend<TestFixtures, WorkerFixtures>({
  launchOptions: withSilentMicrophone(),

  tolerated: [[], { option: true }],

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
  serverEnv: [async ({}, use) => use({}), { scope: 'worker' }],

  stack: [
    async ({ serverEnv }, use) => {
      const [port, voicePort] = [await freePort(), await freePort()]
      const voiceServer = isPipecat
        ? createPipecatVoiceServer(voicePort)
        : createVoiceServer(voicePort, { VOICE_WORDS_PER_MINUTE: String(wordsPerMinute), ...serverEnv })
      try {
        const [shop] = await Promise.all([serveShop({ port, voicePort }), voiceServer.start()])
        await use({ url: shop.url, voiceServer })
        await shop.close()
      } finally {
        await voiceServer.stop()
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  baseURL: async ({ stack }, use) => use(stack.url),

  voiceServer: async ({ stack }, use) => {
    await use(stack.voiceServer)
  },

  noComplaints: [
    async ({ context, tolerated }, use) => {
      const complaints = collectComplaints(context)
      await watchPeers(context)
      await use(undefined)
      expect(unexpected(complaints, tolerated)).toEqual([])
    },
    { auto: true },
  ],

  assistant: async ({ page }, use) => {
    await page.goto('/')
    await use(assistantOn(page))
  },
})

/** Collects warnings and errors from every page of the context, including Redux's and React's checks. */
export function collectComplaints(context: BrowserContext): string[] {
  const complaints: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'warning' || message.type() === 'error') {
      complaints.push(`${message.type()}: ${message.text()}`)
    }
  })
  context.on('weberror', (error) => complaints.push(`thrown: ${error.error().stack}`))
  return complaints
}

export function unexpected(complaints: readonly string[], tolerated: readonly RegExp[] = []): string[] {
  const patterns = [ofTheMachine, ...tolerated]
  return complaints.filter((complaint) => !patterns.some((pattern) => pattern.test(complaint)))
}

export { expect }
