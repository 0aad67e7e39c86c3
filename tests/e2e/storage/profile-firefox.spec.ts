import { launch } from 'puppeteer-core'
import { ensureFirefox } from '../../../.config/browser.js'
import { canary, findOnDisk } from '../support/profile.js'
import { expect, test } from './support.js'

const composer = '[data-rva-part=composer-input]'

test('Firefox keeps no draft for its session restore, and the draft comes back after a reload', async ({
  profile,
  site,
}) => {
  test.setTimeout(120_000)
  const browser = await launch({
    browser: 'firefox',
    executablePath: ensureFirefox(),
    headless: true,
    userDataDir: profile,
    // Restores the session of the last time, as many users have it, and stores it every second instead of every 15 s.
    extraPrefsFirefox: {
      'browser.sessionstore.interval': 1_000,
      'browser.sessionstore.resume_from_crash': true,
      'browser.startup.page': 3,
    },
  })
  try {
    const page = await browser.newPage()
    await page.goto(site)
    await page.waitForFunction(() => 'app' in window)
    await page.evaluate(() => window.app.connect())
    const draft = canary()
    await page.type(composer, draft)
    await page.evaluate(() => window.app.save())
    await page.reload()
    await page.waitForFunction(
      (selector, text) => document.querySelector<HTMLTextAreaElement>(selector)?.value === text,
      {},
      composer,
      draft,
    )
    const control = canary()
    await page.evaluate(() => {
      document.body.append(Object.assign(document.createElement('textarea'), { id: 'control' }))
    })
    await page.type('#control', control)
    await expect.poll(() => findOnDisk(profile, [control]).join()).toContain('sessionstore')
    expect(findOnDisk(profile, [draft])).toEqual([])

    // The field lets the browser store it from now on: the search finds it.
    await page.$eval(composer, (field) => field.removeAttribute('autocomplete'))
    await page.type(composer, ' more')
    await expect.poll(() => findOnDisk(profile, [draft]).join()).toContain('sessionstore')
  } finally {
    await browser.close()
  }
})
