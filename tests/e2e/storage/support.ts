import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BrowserContext,
  test as base,
  chromium,
  expect,
  type LaunchOptions,
  type Page,
} from '@playwright/test'
import { chromiumArgs, findChromium } from '../../../.config/browser.js'
import { kill } from '../../support/kill-browser.js'
import { servePage } from '../../support/serve-page.js'
import { readRecords } from '../support/raw-records.js'
import type {} from './page/main.js'

export const databaseName = 'redux-voice-agent'

interface WorkerFixtures {
  /** URL of the test page. */
  site: string
}

interface TestFixtures {
  /** Folder for a browser profile, deleted after the test. */
  profile: string
  /** Launches a separate browser with that profile. */
  launch: (options?: LaunchOptions) => Promise<{ context: BrowserContext; page: Page }>
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
  profile: async ({}, use) => {
    const profile = mkdtempSync(join(tmpdir(), 'redux-voice-agent-profile-'))
    await use(profile)
    // A browser may keep writing for a moment after it is closed.
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  },

  launch: async ({ profile }, use) => {
    const contexts: BrowserContext[] = []
    const executablePath = findChromium()
    await use(async ({ args = [], ...options } = {}) => {
      const context = await chromium.launchPersistentContext(profile, {
        ...(executablePath ? { executablePath } : {}),
        ...options,
        args: [...chromiumArgs, ...args],
      })
      contexts.push(context)
      return { context, page: context.pages()[0] ?? (await context.newPage()) }
    })
    for (const context of contexts) await context.close()
  },

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

export { expect, kill }

/** Resolves when the page has finished restoring. */
export async function ready(page: Page) {
  await page.waitForFunction(() => 'app' in window)
  return page.evaluate(() => window.app.restored())
}

/** Loads the app and starts its call. */
export async function openApp(page: Page, url: string) {
  await page.goto(url)
  await ready(page)
  await page.evaluate(() => window.app.connect())
}

export const say = (page: Page, ...texts: string[]) =>
  page.evaluate((all) => {
    for (const text of all) window.app.say(text)
  }, texts)

/** Says the texts. Resolves when they are saved, or couldn't be. */
export async function sayAndSave(page: Page, ...texts: string[]) {
  await say(page, ...texts)
  await page.evaluate(() => window.app.save())
}

export const textsOf = (page: Page) => page.evaluate(() => window.app.texts())
export const sessionOf = (page: Page) => page.evaluate(() => window.app.session())
export const degradationsOf = (page: Page) => page.evaluate(() => window.app.degradations)
export const deletionsOf = (page: Page) => page.evaluate(() => window.app.deletions)
export const noticeOf = (page: Page) => page.locator('[data-rva-part=notice-text]')

/** Ids of the stored sessions, most recently updated first. */
export const storedSessions = (page: Page) =>
  page.evaluate(async () => (await window.app.sessions()).map(({ id }) => id))

/** The raw database. See {@link readRecords}. */
export const rawRecords = (page: Page) => readRecords(page, databaseName)

/** The same without the record of visits, which each page updates shortly after it has opened the database. */
export async function conversationRecords(page: Page): Promise<Record<string, string>> {
  const { 'meta/expiry': _, ...records } = await rawRecords(page)
  return records
}
