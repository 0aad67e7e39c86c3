/** Reports of pages that really close, in Chromium and in Firefox, with a server that receives beacons. */
import { test as base, expect } from '@playwright/test'
import type { Browser, Page } from 'puppeteer-core'
import { launchBrowser } from '../../soak/browsers.js'
import { servePage } from '../../support/serve-page.js'
import type {} from './page/main.js'
import { createReceiver, type Receiver } from './receiver.js'

const test = base.extend<{ open(query?: string): Promise<Page> }, { site: string; receiver: Receiver }>({
  receiver: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const receiver = await createReceiver()
      await use(receiver)
      await receiver.close()
    },
    { scope: 'worker' },
  ],

  site: [
    async ({ receiver }, use) => {
      const served = await servePage(`${import.meta.dirname}/page`, [], { '/reports': receiver.url })
      await use(served.url)
      await served.close()
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  open: async ({ site, receiver }, use, { titlePath }) => {
    const engine = titlePath.includes('firefox') ? 'firefox' : 'chromium'
    const browser: Browser = await launchBrowser({ engine })
    receiver.clear()
    await use(async (query = '') => {
      const page = await browser.newPage()
      await page.goto(`${site}${query}`)
      await isReady(page)
      return page
    })
    await browser.close()
  },
})

async function isReady(page: Page): Promise<void> {
  await page.waitForFunction(() => 'analyticsApp' in window, { polling: 50 })
  await page.evaluate(() => window.analyticsApp.restored())
}

/** A conversation of two turns, whose second answer is unfinished. Returns all ids in the page. */
async function talk(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const app = window.analyticsApp
    await app.connect()
    app.ask('A canary question')
    app.answer('A canary answer')
    app.ask('Another canary question')
    app.answer('The beginning of a canary', false)
    return app.ids()
  })
}

const kinds = (receiver: Receiver) => receiver.reports().map(({ kind }) => kind)

function expectNoWords(receiver: Receiver, ids: readonly string[]): void {
  const sent = receiver.bodies.join()
  expect(sent).not.toMatch(/canary/i)
  for (const id of ids) expect(sent).not.toContain(id)
}

const leavings: Record<string, (page: Page, site: string) => Promise<unknown>> = {
  'is reloaded': (page) => page.reload(),
  'goes to another page': (page, site) => page.goto(`${site}?away`),
  'is closed': async (page, site) => {
    // Firefox ends the process with a site's last tab, and with it the last beacon.
    const neighbour = await page.browser().newPage()
    await neighbour.goto(`${site}?away`)
    await page.close({ runBeforeUnload: true })
  },
}

for (const engine of ['chromium', 'firefox']) {
  test.describe(engine, () => {
    for (const [way, leave] of Object.entries(leavings)) {
      test(`a page that ${way} sends its last turns, without words and ids`, async ({
        open,
        receiver,
        site,
      }) => {
        const page = await open()
        const ids = await talk(page)
        // Nothing was sent before.
        expect(receiver.bodies).toEqual([])
        await leave(page, site)
        await expect
          .poll(() => kinds(receiver).slice(0, 5))
          .toEqual(['restore', 'turn', 'turn', 'connection', 'session'])
        const [, first, second, connection, session] = receiver.reports()
        expect(first).toMatchObject({ turn: 1, input: 'speech', outcome: 'answered', connection: 1 })
        expect(second).toMatchObject({ turn: 2, input: 'speech', outcome: 'cut-off', connection: 1 })
        expect(connection).toMatchObject({ cause: 'start', end: 'left' })
        expect(session).toMatchObject({ start: 'created', end: 'left', turns: 2, connections: 1 })
        for (const report of [first, second, connection, session])
          expect(report?.session).toMatch(/^[0-9a-f]{32}$/)
        expectNoWords(receiver, ids)
      })
    }

    test('the report after a reload counts the restore, for the same session', async ({ open, receiver }) => {
      const page = await open()
      const ids = await talk(page)
      await page.reload()
      await isReady(page)
      await page.waitForFunction(() => window.analyticsApp.call() === 'connected', { polling: 50 })
      expect(await page.evaluate(() => window.analyticsApp.texts())).toContain('A canary question')
      await page.evaluate(() => window.analyticsApp.flush())
      await expect.poll(() => kinds(receiver).filter((kind) => kind === 'restore')).toHaveLength(2)
      const reports = receiver.reports()
      const before = reports.find(({ kind }) => kind === 'session')
      const restore = reports.findLast(({ kind }) => kind === 'restore')
      expect(restore).toMatchObject({
        conversation: 'restored',
        agent: 'resumed',
        reason: null,
        error: null,
        session: before?.session,
      })

      await page.reload()
      await expect
        .poll(() => receiver.reports().filter(({ kind }) => kind === 'session'))
        .toMatchObject([
          { start: 'created', session: before?.session },
          { start: 'restored', end: 'left', connections: 1, session: before?.session },
        ])
      expect(receiver.reports().filter((report) => report.kind === 'connection')).toMatchObject([
        { cause: 'start', end: 'left' },
        { cause: 'restore', end: 'left', continuation: 'resumed' },
      ])
      expectNoWords(receiver, ids)
    })

    for (const manner of ['refuse', 'hang'] as const) {
      test(`a server that ${manner}s affects neither the call nor the next page`, async ({
        open,
        receiver,
      }) => {
        receiver.manner = manner
        // Each report is sent immediately with fetch, because a beacon's response can't be seen.
        const page = await open('?flush=0&no-beacon')
        const errors: string[] = []
        page.on('pageerror', (error) => errors.push(String(error)))
        await talk(page)
        await expect.poll(() => receiver.bodies.length).toBeGreaterThan(0)
        await page.evaluate(() => {
          window.analyticsApp.ask('A third question')
          window.analyticsApp.answer('A third answer')
        })
        expect(await page.evaluate(() => window.analyticsApp.call())).toBe('connected')
        expect(await page.evaluate(() => window.analyticsApp.texts())).toEqual([
          'A canary question',
          'A canary answer',
          'Another canary question',
          'The beginning of a canary',
          'A third question',
          'A third answer',
        ])
        await page.reload()
        await isReady(page)
        await page.waitForFunction(() => window.analyticsApp.call() === 'connected', { polling: 50 })
        expect(await page.evaluate(() => window.analyticsApp.texts())).toContain('A third answer')
        expect(errors).toEqual([])
      })
    }
  })
}
