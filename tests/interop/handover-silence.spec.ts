/**
 * Measures how long a user hears nothing while a call moves between two tabs. The bot on aiortc talks without a pause, and hands its
 * session over at the end of a sentence. Audio worklets in both tabs read every sample: `npm run test:heard`.
 */
import type { BrowserContext, Page } from '@playwright/test'
import { type Assistant, assistantOn } from '../e2e/support/assistant.js'
import { withSilentMicrophone } from '../e2e/support/microphones.js'
import { randomOf } from '../soak/random.js'
import { expect, test } from './fixtures.js'
import type { Loud } from './page/loudness.js'

/** Number of handovers. */
const rounds = Number(process.env.HEARD_ROUNDS ?? 50)
/** Milliseconds of silence that the bot makes between two of its frames. */
const pauseMs = 40

test.use({ launchOptions: withSilentMicrophone(), botArguments: ['--talks'] })

interface Tab {
  page: Page
  assistant: Assistant
}

/** Times in which at least one of two tabs was loud, in order. */
function union(all: readonly Loud[]): Loud[] {
  const merged: Loud[] = []
  for (const { from, to } of all.toSorted((one, other) => one.from - other.from)) {
    const last = merged.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else merged.push({ from, to })
  }
  return merged
}

/** Milliseconds of silence between the first and the last sound of this time, without the bot's own pauses. */
function silenceIn(sounds: readonly Loud[], { from, to }: Loud): number {
  return sounds
    .map((sound, index) => ({ start: sound.to, end: sounds[index + 1]?.from ?? sound.to }))
    .filter(({ start, end }) => start >= from && start < to && end - start > pauseMs)
    .reduce((sum, { start, end }) => sum + end - start, 0)
}

/** Milliseconds of this time in which both tabs were loud. */
function overlapIn(tabs: readonly (readonly Loud[])[], { from, to }: Loud): number {
  const [one = [], other = []] = tabs.map((sounds) => union(sounds))
  let sum = 0
  for (const a of one)
    for (const b of other) sum += Math.max(0, Math.min(a.to, b.to, to) - Math.max(a.from, b.from, from))
  return sum
}

const spreadOf = (values: readonly number[]) => {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (share: number) =>
    Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN)
  return { median: at(0.5), p95: at(0.95), most: at(1) }
}

async function openTab(context: BrowserContext, url: string): Promise<Tab> {
  const page = await context.newPage()
  await page.goto(url)
  return { page, assistant: assistantOn(page) }
}

const isMirror = ({ page }: Tab) => expect(page.locator('[data-notice=mirror-live]')).toBeVisible()

test('a call that moves between tabs is silent for at most 400 ms at p95', async ({ context, app, bot }) => {
  test.setTimeout(60_000 + rounds * 10_000)
  const query = new URLSearchParams({
    transport: 'pipecat',
    endpoint: bot.endpoint,
    mirror: '1',
    loudness: '1',
  })
  const url = `${app.url}?${query}`
  const first = await openTab(context, url)
  await first.assistant.startButton.click()
  await first.assistant.isConnected()
  const second = await openTab(context, url)
  await second.page.getByRole('button', { name: 'Show here' }).click()
  await isMirror(second)

  const random = randomOf('handover')
  const moves: Loud[] = []
  const clicked: number[] = []
  const tabs = [first, second] as const
  for (let round = 0; round < rounds; round++) {
    const [from, to] = round % 2 === 0 ? [first, second] : [second, first]
    await to.page.waitForTimeout(500 + random.between(0, 1_000))
    const start = Date.now()
    await to.page.getByRole('button', { name: 'Use here' }).click()
    await expect(to.page.locator('[data-notice^=mirror-]')).toHaveCount(0)
    await to.assistant.isConnected()
    clicked.push(Date.now() - start)
    await isMirror(from)
    await to.page.waitForTimeout(300)
    moves.push({ from: start, to: Date.now() })
  }

  const heard = await Promise.all(tabs.map(({ page }) => page.evaluate(() => window.loudUnderTest)))
  const sounds = union(heard.flat())
  const silences = moves.map((move) => silenceIn(sounds, move))
  const overlaps = moves.map((move) => overlapIn(heard, move))
  const whole = { from: moves[0]?.from ?? 0, to: moves.at(-1)?.to ?? 0 }
  const loud = sounds.reduce(
    (sum, { from, to }) => sum + Math.max(0, Math.min(to, whole.to) - Math.max(from, whole.from)),
    0,
  )
  console.log(
    JSON.stringify({
      rounds,
      silence: spreadOf(silences),
      overlap: spreadOf(overlaps),
      clickToConnected: spreadOf(clicked),
      audiblePercent: Math.round((100 * loud) / (whole.to - whole.from)),
      ...(process.env.HEARD_LIST ? { silences: silences.map(Math.round) } : {}),
    }),
  )
  // Without sound, there would be no silence to find.
  expect(loud / (whole.to - whole.from)).toBeGreaterThan(0.5)
  expect(spreadOf(silences).p95).toBeLessThanOrEqual(400)
})
