import type { Page } from '@playwright/test'
import { expect, openApp, ready, say, sessionOf, test, textsOf } from './support.js'

/** Disables the save timers, so that everything on disk after a page has closed was saved while it closed. */
const untimed = '?debounce=60000&maxWait=60000'

/** Goes to another page and back. Returns true if the page came from the back/forward cache. */
async function leaveAndReturn(page: Page, site: string): Promise<boolean> {
  await page.evaluate(() =>
    addEventListener('pageshow', ({ persisted }) => {
      document.title = persisted ? 'from the cache' : ''
    }),
  )
  await page.goto(`${site}?empty`)
  // A page from the cache doesn't load again.
  await page.goBack({ waitUntil: 'commit' })
  await ready(page)
  return (await page.title()) === 'from the cache'
}

for (const cache of ['off', 'on'] as const) {
  test(`what is said within the debounce window survives, with the back/forward cache ${cache}`, async ({
    launch,
    site,
  }) => {
    // Playwright disables the cache by default.
    const ignoreDefaultArgs = cache === 'on' ? ['--disable-back-forward-cache'] : []
    const { page } = await launch({ ignoreDefaultArgs })
    await openApp(page, site + untimed)
    const said: string[] = []
    for (let count = 1; count <= 5; count++) {
      await say(page, `message ${count}`)
      said.push(`message ${count}`)
      const { id, revision } = await sessionOf(page)
      await page.reload()
      expect(await ready(page)).toMatchObject({ conversation: 'restored' })
      expect(await textsOf(page)).toEqual(said)
      expect(await sessionOf(page)).toMatchObject({ id, storage: 'persistent', error: null })
      // The revision is higher because the call reconnected after the reload.
      expect((await sessionOf(page)).revision).toBeGreaterThan(revision)
    }

    await say(page, 'before leaving')
    expect(await leaveAndReturn(page, site)).toBe(cache === 'on')
    await say(page, 'after returning')
    await page.reload()
    await ready(page)
    expect(await textsOf(page)).toEqual([...said, 'before leaving', 'after returning'])
    expect(await sessionOf(page)).toMatchObject({ storage: 'persistent', error: null })
  })
}
