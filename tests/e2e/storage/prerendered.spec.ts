import { connect } from 'puppeteer-core'
import { launchBrowser } from '../../soak/browsers.js'
import { expect, test } from './support.js'

// Playwright doesn't let pages prerender others, so another driver controls this browser.
test('a page that the browser prerendered continues the conversation once it is shown, with what was said meanwhile @slow', async ({
  site,
}) => {
  const browser = await launchBrowser({ engine: 'chromium' })
  try {
    const page = await browser.newPage()
    await page.goto(site)
    await page.waitForFunction(() => 'app' in window)
    await page.evaluate(async () => {
      await window.app.restored()
      await window.app.connect()
      window.app.say('before')
      await window.app.save()
    })
    const url = `${site}?next`
    await page.evaluate((next) => {
      const rules = document.createElement('script')
      rules.type = 'speculationrules'
      rules.textContent = JSON.stringify({
        prerender: [{ source: 'list', urls: [next], eagerness: 'immediate' }],
      })
      document.head.append(rules)
    }, url)
    await page.waitForFunction((next) => localStorage.getItem('prerendered') === next, {}, url)
    await page.evaluate(async (next) => {
      window.app.say('meanwhile')
      setTimeout(() => location.assign(next))
    }, url)

    // The first connection still talks to the page before.
    const findNext = async () => {
      const later = await connect({ browserWSEndpoint: browser.wsEndpoint() })
      return (await later.pages()).find((shown) => shown.url() === url)
    }
    let next: Awaited<ReturnType<typeof findNext>>
    await expect
      .poll(async () => {
        next = await findNext()
        return next !== undefined
      })
      .toBe(true)
    const seen = await next?.evaluate(async () => {
      const [navigation] = performance.getEntriesByType('navigation')
      const { activationStart } = navigation as PerformanceNavigationTiming & { activationStart: number }
      const { conversation } = await window.app.restored()
      const { storage, error } = window.app.session()
      return { activationStart, conversation, storage, error, texts: window.app.texts() }
    })
    expect(seen).toEqual({
      activationStart: expect.any(Number),
      conversation: 'restored',
      storage: 'persistent',
      error: null,
      texts: ['before', 'meanwhile'],
    })
    expect(seen?.activationStart).toBeGreaterThan(0)
  } finally {
    await browser.close()
  }
})
