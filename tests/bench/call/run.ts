/**
 * Measures how soon a person talks: `npm run bench:call`. Ours and Pipecat's own client, in turns, against the example's server, in production builds
 * and this machine's Chromium.
 *
 * - Cold: a new profile. Warm: the code is in the browser's cache. Both click once the page has loaded and is idle.
 * - Ready: from the click to `bot-ready`. Audible: from the click to the first sound of the agent that is above a threshold.
 * - Reload: from the start of the navigation to a call that was restored, with a stored conversation. Compared with a page load of theirs that makes a
 *   fresh call, because their client restores nothing.
 * - Idle: time of the main thread's tasks in 10 s of a call that is muted, after the agent has fallen silent.
 *
 * @packageDocumentation
 */
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import { chromiumArgs, ensureChromium } from '../../../.config/browser.js'
import { createVoiceServer } from '../../e2e/support/voice-server.js'
import { servePage } from '../../support/serve-page.js'
import { median } from '../measure.js'
import type { CallTimes } from './page/main.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    messages: { type: 'string', default: '20,1000,10000' },
    'idle-seconds': { type: 'string', default: '10' },
    json: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const idleSeconds = Number(values['idle-seconds'])
const lengths = values.messages.split(',').map(Number)
const clients = ['ours', 'ours with UI', 'pipecat'] as const
type ClientName = (typeof clients)[number]

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}

/** Figures in milliseconds by their names, in the order of their rounds. */
const figures = new Map<string, number[]>()
function note(name: string, figure: number | null): void {
  if (figure === null) return
  figures.set(name, [...(figures.get(name) ?? []), figure])
}

const voiceServer = createVoiceServer(await freePort())
await voiceServer.start()
const server = await servePage(resolve(import.meta.dirname, 'page'), [], {
  '/api': `http://127.0.0.1:${voiceServer.port}`,
})
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs })

async function open(context: BrowserContext, who: ClientName): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`${who}: ${error.message}`))
  await page.goto(`${server.url}?who=${encodeURIComponent(who)}`)
  await page.evaluate(() => window.callBench.prepared)
  // Waits for the work of the first idle time.
  await page.evaluate(
    () => new Promise<void>((resolve) => requestIdleCallback(() => setTimeout(resolve, 300))),
  )
  return page
}

const click = (page: Page): Promise<CallTimes> => page.evaluate(() => window.callBench.click())

async function freshContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ permissions: ['microphone'] })
}

async function measureClicks(who: ClientName): Promise<void> {
  const context = await freshContext(browser)
  for (const state of ['cold', 'warm']) {
    const page = await open(context, who)
    const { ready, audible } = await click(page)
    note(`${who}: click → ready, ${state}`, ready)
    note(`${who}: click → audible, ${state}`, audible)
    await page.close()
  }
  await context.close()
}

/** Loads the page again and again, each time with the call that its load makes. Resolves when the rounds are done. */
async function measureLoads(who: ClientName, name: string, messages: number): Promise<void> {
  const context = await freshContext(browser)
  let page = await open(context, who)
  await page.evaluate((count) => window.callBench.store(count), messages)
  const address = `${server.url}?call&who=${encodeURIComponent(who)}`
  for (let round = -1; round < rounds; round++) {
    if (who === 'pipecat') {
      await page.close()
      page = await context.newPage()
    }
    await page.goto(address)
    const ms = await page.evaluate(() => window.callBench.called)
    // The first load warms up.
    if (round >= 0) note(name, ms)
  }
  await context.close()
}

async function measureIdle(who: ClientName): Promise<void> {
  const context = await freshContext(browser)
  const page = await open(context, who)
  await click(page)
  await page.evaluate(() => window.callBench.rest())
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'timeTicks' })
  const taskSeconds = async () =>
    (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  const before = await taskSeconds()
  await page.waitForTimeout(idleSeconds * 1_000)
  note(
    `${who}: main thread in an idle call, % of a core`,
    (((await taskSeconds()) - before) / idleSeconds) * 100,
  )
  await context.close()
}

try {
  // One round to warm up the server and the machine.
  for (const who of clients) await measureClicks(who)
  figures.clear()
  for (let round = 0; round < rounds; round++) for (const who of clients) await measureClicks(who)
  await measureLoads('pipecat', 'pipecat: page load → connected, a fresh call', 0)
  for (const length of lengths)
    await measureLoads('ours with UI', `ours with UI: reload → connected, ${length} messages`, length)
  for (let round = 0; round < 3; round++) for (const who of clients) await measureIdle(who)

  console.log(
    `Chromium ${browser.version()}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, ${rounds} rounds\n`,
  )
  console.log('| | median | minimum | maximum |\n|---|--:|--:|--:|')
  for (const [name, all] of figures)
    console.log(
      `| ${name} | ${[median(all), Math.min(...all), Math.max(...all)].map((figure) => figure.toFixed(1)).join(' | ')} |`,
    )

  const of = (name: string) => median(figures.get(name) ?? [Number.NaN])
  const theirs = of('pipecat: page load → connected, a fresh call')
  const ratios: [string, number, number][] = [
    ...['cold', 'warm'].flatMap((state): [string, number, number][] => [
      [
        `click → ready, ${state}`,
        of(`ours: click → ready, ${state}`) / of(`pipecat: click → ready, ${state}`),
        0.9,
      ],
      [
        `click → audible, ${state}`,
        of(`ours: click → audible, ${state}`) / of(`pipecat: click → audible, ${state}`),
        0.95,
      ],
    ]),
    ...lengths.map((length): [string, number, number] => [
      `reload → connected with ${length} messages, of their fresh call`,
      of(`ours with UI: reload → connected, ${length} messages`) / theirs,
      0.85,
    ]),
    [
      'main thread in an idle call with the UI, % of a core',
      of('ours with UI: main thread in an idle call, % of a core'),
      1,
    ],
  ]
  console.log('\n| ours of theirs | measured | wanted | |\n|---|--:|--:|---|')
  for (const [name, measured, wanted] of ratios)
    console.log(
      `| ${name} | ${measured.toFixed(2)} | ${wanted} | ${measured <= wanted ? 'reached' : '**not reached**'} |`,
    )
  if (values.json) await writeFile(values.json, JSON.stringify(Object.fromEntries(figures), null, 2))
} finally {
  await browser.close()
  await server.close()
  await voiceServer.stop()
}
