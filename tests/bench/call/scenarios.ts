import type { Browser, BrowserContext, Page } from 'playwright'
import type { VoiceServer } from '../../e2e/support/voice-server.js'
import type { ClientName } from './page/main.js'
import type { Step } from './page/probe.js'

/** Collects the figures of a scenario. */
export interface Notes {
  note(name: string, figure: number | null): void
  steps(title: string, steps: Step[]): void
}

export interface Bench extends Notes {
  browser: Browser
  url: string
  voiceServer: VoiceServer
  rounds: number
  lengths: readonly number[]
  idleSeconds: number
}

/** The run fails if a page doesn't respond within this many milliseconds. */
const pageTimeout = 60_000

async function openContext({ browser }: Bench): Promise<BrowserContext> {
  const context = await browser.newContext({ permissions: ['microphone'] })
  context.setDefaultTimeout(pageTimeout)
  return context
}

const addressOf = ({ url }: Bench, who: ClientName, options = '') =>
  `${url}?who=${encodeURIComponent(who)}${options}`

async function openPage(bench: Bench, context: BrowserContext, who: ClientName, options = ''): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`${who}: ${error.message}`))
  await page.goto(addressOf(bench, who, options))
  await page.evaluate(() => window.callBench.prepared)
  // Waits for the first idle work, and for the code that it loads.
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => new Promise<void>((resolve) => requestIdleCallback(() => resolve())))
  return page
}

/** One click in a new profile, and one with the code in the browser's cache. */
async function click(bench: Bench, who: ClientName, notes: Notes): Promise<void> {
  const context = await openContext(bench)
  for (const state of ['cold', 'warm']) {
    const page = await openPage(bench, context, who, '&listen')
    const { ready, audible, steps } = await page.evaluate(() => window.callBench.click(true))
    notes.note(`${who}: click → ready, ${state}, ms`, ready)
    notes.note(`${who}: click → audible, ${state}, ms`, audible)
    if (who !== 'ours with UI') notes.steps(`${who}: a ${state} click`, steps)
    await page.close()
  }
  await context.close()
}

/** Alternates the order, because the machine's state differs between the start and the end of a round. */
const inTurns = <Item>(items: readonly Item[], round: number) => (round % 2 ? items.toReversed() : items)

export async function measureClicks(bench: Bench): Promise<void> {
  const clients = ['ours', 'ours with UI', 'pipecat'] as const
  const ignored: Notes = { note: () => {}, steps: () => {} }
  // One round to warm up the server and the machine.
  for (const who of clients) await click(bench, who, ignored)
  for (let round = 0; round < bench.rounds; round++)
    for (const who of inTurns(clients, round)) await click(bench, who, bench)
}

/** Page loads, each with its call: a restored one for this package's stored conversation, a fresh one for Pipecat, without and with React. */
export async function measureLoads(bench: Bench): Promise<void> {
  const subjects: { who: ClientName; length: number }[] = [
    { who: 'pipecat', length: 0 },
    { who: 'pipecat with UI', length: 0 },
    ...bench.lengths.map((length) => ({ who: 'ours with UI' as const, length })),
  ]
  const pages: { page: Page; name: string; who: ClientName }[] = []
  for (const { who, length } of subjects) {
    const page = await openPage(bench, await openContext(bench), who)
    await page.evaluate((count) => window.callBench.store(count), length)
    const name =
      length === 0 ? `${who}: page load → connected` : `${who}: reload → connected, ${length} messages`
    await page.goto('about:blank')
    pages.push({ page, who, name })
  }
  // The first load warms up.
  for (let round = -1; round < bench.rounds; round++)
    for (const { page, who, name } of inTurns(pages, round + 1)) {
      await page.goto(addressOf(bench, who, '&call'))
      const times = await page.evaluate(() => window.callBench.called)
      // No other call may cost time while the next one is measured.
      await page.goto('about:blank')
      if (round < 0 || !times) continue
      bench.note(`${name}, ms`, times.connected)
      bench.steps(name, times.steps)
    }
  for (const { page } of pages) await page.context().close()
}

/** Share of one core that tasks on the page's main thread use during `work`. */
async function mainThreadShare(page: Page, seconds: number, work: () => Promise<void>): Promise<number> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  const taskSeconds = async () =>
    (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  const before = await taskSeconds()
  await work()
  return (((await taskSeconds()) - before) / seconds) * 100
}

/** A muted call without speech, then 50 deltas a second. */
export async function measureMainThread(bench: Bench): Promise<void> {
  const clients = ['ours', 'ours with UI', 'pipecat', 'pipecat with UI'] as const
  const seconds = bench.idleSeconds
  for (let round = 0; round < Math.min(3, bench.rounds); round++)
    for (const who of inTurns(clients, round)) {
      const context = await openContext(bench)
      const page = await openPage(bench, context, who, '&listen')
      await page.evaluate(() => window.callBench.click(true))
      await page.evaluate(() => window.callBench.rest())
      const idle = await mainThreadShare(page, seconds, () => page.waitForTimeout(seconds * 1_000))
      bench.note(`${who}: main thread in an idle call, % of a core`, idle)
      const stream = (length: number) =>
        page.evaluate((s) => window.callBench.stream(s), length) as Promise<void>
      await stream(1)
      bench.note(
        `${who}: main thread at 50 deltas a second, % of a core`,
        await mainThreadShare(page, seconds, () => stream(seconds)),
      )
      await context.close()
    }
}

/** A click at 150 ms round-trip time and 1.6 Mbit/s. The WebRTC packets themselves are not slowed down. */
export async function measureSlowClicks(bench: Bench): Promise<void> {
  const clients = ['ours', 'pipecat'] as const
  for (let round = 0; round < Math.min(5, bench.rounds); round++)
    for (const who of inTurns(clients, round)) {
      const context = await openContext(bench)
      const page = await openPage(bench, context, who)
      const cdp = await context.newCDPSession(page)
      await cdp.send('Network.enable')
      await cdp.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 150,
        downloadThroughput: 200_000,
        uploadThroughput: 200_000,
      })
      const { ready, steps } = await page.evaluate(() => window.callBench.click(false))
      bench.note(`${who}: click → ready at 150 ms round trip, ms`, ready)
      bench.steps(`${who}: a click at 150 ms round trip`, steps)
      await context.close()
    }
}

export async function measureOpenAi(bench: Bench): Promise<void> {
  const clients = ['ours, OpenAI', 'agents-realtime'] as const
  for (let round = -1; round < bench.rounds; round++)
    for (const who of inTurns(clients, round + 1)) {
      const context = await openContext(bench)
      const page = await openPage(bench, context, who)
      const { ready, steps } = await page.evaluate(() => window.callBench.click(false))
      if (round >= 0) {
        bench.note(`${who}: click → configured, ms`, ready)
        bench.steps(`${who}: a click`, steps)
      }
      await context.close()
    }
}

/** The server is killed, and listens again a second later. Measures how long after that the call is live again. */
export async function measureRestarts(bench: Bench): Promise<void> {
  for (let round = 0; round < Math.min(3, bench.rounds); round++) {
    const context = await openContext(bench)
    const page = await openPage(bench, context, 'ours')
    await page.evaluate(() => window.callBench.click(false))
    // The heartbeat only trusts a connection that has been alive for a while.
    await page.waitForTimeout(3_000)
    const back = page.evaluate(() => window.callBench.reconnected())
    await bench.voiceServer.kill()
    await page.waitForTimeout(1_000)
    await bench.voiceServer.start()
    const listensAt = Date.now()
    bench.note('ours: restarted server listens → call is on, ms', (await back) - listensAt)
    await context.close()
  }
}

export const scenarios = {
  clicks: measureClicks,
  loads: measureLoads,
  'main-thread': measureMainThread,
  slow: measureSlowClicks,
  openai: measureOpenAi,
  restarts: measureRestarts,
}
export type ScenarioName = keyof typeof scenarios
