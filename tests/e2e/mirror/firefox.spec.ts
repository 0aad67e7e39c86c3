import { expect, test } from '@playwright/test'
import type { Browser, Page } from 'puppeteer-core'
import { launchBrowser } from '../../soak/browsers.js'
import { servePage } from '../../support/serve-page.js'
import type {} from './page/main.js'

let browser: Browser
let site: Awaited<ReturnType<typeof servePage>>

test.beforeAll(async () => {
  site = await servePage(`${import.meta.dirname}/page`)
  browser = await launchBrowser({ engine: 'firefox' })
})
test.afterAll(async () => {
  await browser.close()
  await site.close()
})
test.afterEach(async () => {
  for (const page of await browser.pages()) await page.close()
})

async function openTab(): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(site.url)
  await page.waitForFunction(() => 'mirrorApp' in window)
  await page.evaluate(() => window.mirrorApp.restored())
  return page
}

const status = (page: Page) => page.evaluate(() => window.mirrorApp.status())
const texts = (page: Page) => page.evaluate(() => window.mirrorApp.texts())
const call = (page: Page) => page.evaluate(() => window.mirrorApp.call())

/** A tab with a call, and two tabs that mirror it. */
async function openMirrors(): Promise<[owner: Page, mirror: Page, other: Page]> {
  const owner = await openTab()
  const id = await owner.evaluate(async () => {
    await window.mirrorApp.connect()
    window.mirrorApp.talk(3, 'first')
    await window.mirrorApp.save()
    return window.mirrorApp.sessionId() ?? ''
  })
  const mirrors = [await openTab(), await openTab()] as const
  for (const page of mirrors) await page.evaluate((session) => window.mirrorApp.follow(session), id)
  return [owner, ...mirrors]
}

test('in Firefox, mirrors show what the owner has, and their texts reach its agent', async () => {
  const [owner, mirror, other] = await openMirrors()
  await owner.evaluate(() => window.mirrorApp.talk(100, 'second'))
  await mirror.evaluate(() => window.mirrorApp.say('typed in a mirror'))
  await expect.poll(() => texts(owner)).toContain('typed in a mirror')
  const expected = await texts(owner)
  expect(expected).toHaveLength(104)
  for (const page of [mirror, other]) await expect.poll(() => texts(page)).toEqual(expected)
})

test('in Firefox, three tabs take a conversation from each other, and nothing is lost or doubled', async () => {
  const tabs = await openMirrors()
  let owner = tabs[0]
  for (let round = 0; round < 6; round++) {
    const next = tabs[(round + 1) % 3] as Page
    await owner.evaluate((label) => window.mirrorApp.talk(5, label), `round ${round}`)
    await next.evaluate(() => window.mirrorApp.takeOver())
    await expect.poll(() => call(next)).toBe('connected')
    for (const page of tabs) if (page !== next) await expect.poll(() => status(page)).toBe('live')
    owner = next
  }
  const expected = ['first', ...Array.from({ length: 6 }, (_, round) => `round ${round}`)].flatMap((label) =>
    Array.from({ length: label === 'first' ? 3 : 5 }, (_, index) => `${label} ${index}: canary words`),
  )
  for (const page of tabs) await expect.poll(() => texts(page)).toEqual(expected)
})

test('in Firefox, an owner that is closed without a goodbye: its mirrors offer to continue, and one does', async () => {
  const [owner, mirror, other] = await openMirrors()
  await owner.close()
  for (const page of [mirror, other]) await expect.poll(() => status(page)).toBe('gone')
  await mirror.evaluate(() => window.mirrorApp.takeOver())
  await expect.poll(() => call(mirror)).toBe('connected')
  await expect.poll(() => status(other)).toBe('live')
  await mirror.evaluate(() => window.mirrorApp.talk(1, 'after'))
  const expected = ['first 0', 'first 1', 'first 2', 'after 0'].map((text) => `${text}: canary words`)
  for (const page of [mirror, other]) await expect.poll(() => texts(page)).toEqual(expected)
})
