import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import { servePage } from '../../support/serve-page.js'
import { withSilentMicrophone } from '../support/microphones.js'
import type {} from './page/main.js'

const test = base.extend<object, { site: string }>({
  launchOptions: withSilentMicrophone(),
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const served = await servePage(`${import.meta.dirname}/page`)
      await use(served.url)
      await served.close()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
})

async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForFunction(() => 'mirrorApp' in window)
  await page.evaluate(() => window.mirrorApp.restored())
  return page
}

const status = (page: Page) => page.evaluate(() => window.mirrorApp.status())
const texts = (page: Page) => page.evaluate(() => window.mirrorApp.texts())

/** A tab with a call, and tabs that mirror it. */
async function openMirrors(context: BrowserContext, url: string, count: number) {
  const owner = await openTab(context, url)
  await owner.evaluate(async () => {
    await window.mirrorApp.connect()
    window.mirrorApp.say('before')
    await window.mirrorApp.save()
  })
  const id = (await owner.evaluate(() => window.mirrorApp.sessionId())) ?? ''
  const mirrors: Page[] = []
  for (let index = 0; index < count; index++) {
    const page = await openTab(context, url)
    await page.evaluate((session) => window.mirrorApp.follow(session), id)
    mirrors.push(page)
  }
  return { owner, mirrors, id }
}

/** Seconds that a page's main thread was busy. */
async function taskSeconds(context: BrowserContext, page: Page) {
  const client = await context.newCDPSession(page)
  await client.send('Performance.enable')
  return async () => {
    const { metrics } = await client.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  }
}

/** Also the length of the following call, in milliseconds. */
const messageCount = process.env.MIRROR_FIGURES ? 10_000 : 2_000

test(`three mirrors show ${messageCount} messages like the owner @slow`, async ({ context, site }) => {
  test.setTimeout(180_000)
  const { owner, mirrors } = await openMirrors(context, site, 3)
  const total = messageCount + 1
  const delays: number[] = []
  for (let round = 0; round < messageCount / 100; round++) {
    const reached = mirrors.map((page) =>
      page.evaluate((count) => window.mirrorApp.reaches(count), 1 + (round + 1) * 100),
    )
    const said = await owner.evaluate(async (label) => {
      window.mirrorApp.talk(100, label)
      return window.mirrorApp.reaches(1 + (Number(label) + 1) * 100)
    }, String(round))
    for (const time of await Promise.all(reached)) delays.push(time - said)
  }
  expect(await owner.evaluate(() => window.mirrorApp.count())).toBe(total)
  const expected = await texts(owner)
  for (const page of mirrors) {
    expect(await page.evaluate(() => window.mirrorApp.count())).toBe(total)
    expect(await texts(page)).toEqual(expected)
  }

  // A call at the speed of speech, in a conversation of that length.
  const readers = await Promise.all([owner, ...mirrors].map((page) => taskSeconds(context, page)))
  const before = await Promise.all(readers.map((read) => read()))
  const start = performance.now()
  await owner.evaluate((ms) => window.mirrorApp.stream(ms), messageCount)
  const seconds = (performance.now() - start) / 1_000
  const after = await Promise.all(readers.map((read) => read()))
  const shares = after.map((value, index) => (value - (before[index] ?? 0)) / seconds)
  const sorted = delays.toSorted((a, b) => a - b)
  const report = {
    medianMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    p95Ms: Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? 0),
    longestMs: Math.round(sorted.at(-1) ?? 0),
    ownerPercent: Number(((shares[0] ?? 0) * 100).toFixed(2)),
    mirrorPercents: shares.slice(1).map((share) => Number((share * 100).toFixed(2))),
  }
  if (process.env.MIRROR_FIGURES) console.log(JSON.stringify(report))
  const streamed = await texts(owner)
  for (const page of mirrors) await expect.poll(() => texts(page)).toEqual(streamed)
})

test('after the owner crashes, the mirrors offer to continue, and one does', async ({ context, site }) => {
  const { owner, mirrors } = await openMirrors(context, `${site}?debounce=600000`, 2)
  await owner.evaluate(async () => {
    window.mirrorApp.talk(5, 'saved')
    await window.mirrorApp.save()
    // Not saved.
    window.mirrorApp.talk(1, 'shown')
  })
  for (const page of mirrors) await expect.poll(() => page.evaluate(() => window.mirrorApp.count())).toBe(7)
  await crash(context, owner)
  for (const page of mirrors) await expect.poll(() => status(page)).toBe('gone')
  const [next, other] = mirrors as [Page, Page]
  await next.evaluate(() => window.mirrorApp.takeOver())
  await expect.poll(() => next.evaluate(() => window.mirrorApp.call())).toBe('connected')
  await expect.poll(() => status(other)).toBe('live')
  await next.evaluate(() => window.mirrorApp.talk(1, 'after'))
  await expect.poll(() => texts(other)).toEqual(await texts(next))
  expect((await texts(next)).slice(0, 7)).toEqual([
    'before',
    ...[0, 1, 2, 3, 4].map((index) => `saved ${index}: canary words`),
    'shown 0: canary words',
  ])
})

test('after the owner crashes, exactly one of three mirrors takes over, if the app wants that', async ({
  context,
  site,
}) => {
  const { owner, mirrors } = await openMirrors(context, `${site}?takeOver`, 3)
  await crash(context, owner)
  const calling = async () => {
    const states = await Promise.all(mirrors.map((page) => page.evaluate(() => window.mirrorApp.call())))
    const roles = await Promise.all(mirrors.map(status))
    return roles.map((role, index) => (role === null ? states[index] : role)).toSorted()
  }
  await expect.poll(calling, { timeout: 30_000 }).toEqual(['connected', 'live', 'live'])
  const calls = await Promise.all(mirrors.map((page) => page.evaluate(() => window.mirrorApp.calls())))
  expect(calls.toSorted()).toEqual([0, 0, 1])
})

test('a page of the origin without the key can read nothing on the channel', async ({ context, site }) => {
  const { owner, mirrors, id } = await openMirrors(context, site, 1)
  const stranger = await openTab(context, site)
  await stranger.evaluate((session) => {
    window.mirrorApp.seen = window.mirrorApp.listen(session)
  }, id)
  await owner.evaluate(() => window.mirrorApp.talk(20, 'said'))
  await mirrors[0]?.evaluate(() => window.mirrorApp.say('canary command'))
  await expect.poll(() => owner.evaluate(() => window.mirrorApp.count())).toBe(22)
  await mirrors[0]?.evaluate(() => window.mirrorApp.takeOver())
  await expect.poll(() => status(owner)).toBe('live')
  const seen = await stranger.evaluate(() => window.mirrorApp.seen)
  expect(seen.length).toBeGreaterThan(5)
  expect(seen.join()).not.toMatch(/canary|before|token-in-the-clear|assistant|connected/)
})

test('a duplicated tab is offered the conversation of its original', async ({ context, site }) => {
  const { owner, id } = await openMirrors(context, site, 0)
  const copied = context.waitForEvent('page')
  await owner.evaluate(() => void window.open(location.href))
  const copy = await copied
  await copy.waitForFunction(() => 'mirrorApp' in window)
  await expect
    .poll(() => copy.evaluate(() => window.mirrorApp.offered()))
    .toEqual({ sessionId: id, status: 'offered' })
  await owner.close()
  await expect.poll(() => status(copy)).toBeNull()
})

/** Kills a page's process, without a farewell. */
async function crash(context: BrowserContext, page: Page): Promise<void> {
  const client = await context.newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  client.send('Page.crash').catch(() => undefined)
  await crashed
}
