import type { BrowserContext } from '@playwright/test'
import {
  degradationsOf,
  deletionsOf,
  expect,
  noticeOf,
  openApp,
  ready,
  say,
  sayAndSave,
  sessionOf,
  storedSessions,
  test,
  textsOf,
} from './support.js'

/** Chromium's quota accounting misses small writes. */
const megabyte = 'x'.repeat(1_000_000)

/** A conversation of about a megabyte, whose tab is closed. */
async function leaveConversation(context: BrowserContext, site: string): Promise<string> {
  const page = await context.newPage()
  await openApp(page, site)
  await sayAndSave(page, megabyte)
  const { id } = await sessionOf(page)
  await page.close()
  return id ?? ''
}

test('a full disk deletes the conversation that the app chooses; then the call continues unsaved, says so, and is saved once there is room', async ({
  launch,
  site,
}) => {
  const { context, page } = await launch()
  await page.goto(`${site}?empty`)
  const cdp = await context.newCDPSession(page)
  const { origin } = new URL(site)
  // Before the database is opened, because Chromium caches the available space for a while.
  await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_500_000 })
  const oldest = await leaveConversation(context, site)
  const newer = await leaveConversation(context, site)
  await openApp(page, `${site}?quota=oldest`)
  await sayAndSave(page, 'Hello')
  const { id } = await sessionOf(page)
  expect(await storedSessions(page)).toEqual([id, newer, oldest])

  const more = megabyte.slice(0, 850_000)
  await sayAndSave(page, more)
  expect(await storedSessions(page)).toEqual([id, newer])
  expect(await deletionsOf(page)).toEqual([{ sessionIds: [oldest], reason: 'quota' }])
  expect(await sessionOf(page)).toMatchObject({ storage: 'persistent', error: null })
  expect(await degradationsOf(page)).toEqual([])

  // More than deleting all other conversations would free, so none is deleted.
  await sayAndSave(page, megabyte.repeat(3))
  expect(await storedSessions(page)).toEqual([id, newer])
  expect(await sessionOf(page)).toMatchObject({ storage: 'degraded', error: { code: 'storage-quota' } })
  expect(await degradationsOf(page)).toMatchObject([{ code: 'storage-quota' }])
  await expect(noticeOf(page)).toHaveText(/storage is full/)
  await say(page, 'Still there?')
  expect(await textsOf(page)).toEqual(['Hello', more, megabyte.repeat(3), 'Still there?'])

  await cdp.send('Storage.overrideQuotaForOrigin', { origin })
  // It saves automatically, without another message.
  await expect.poll(() => sessionOf(page)).toMatchObject({ storage: 'persistent', error: null })
  await expect(noticeOf(page)).toHaveCount(0)
  await page.reload()
  expect(await ready(page)).toMatchObject({ conversation: 'restored' })
  expect(await textsOf(page)).toEqual(['Hello', more, megabyte.repeat(3), 'Still there?'])
})

test('a message larger than the quota loses nothing that was said before @slow', async ({ launch, site }) => {
  const { context, page } = await launch()
  await page.goto(`${site}?empty`)
  const cdp = await context.newCDPSession(page)
  const { origin } = new URL(site)
  await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 3_000_000 })
  const closed: string[] = []
  for (const text of ['first', 'second', 'third']) {
    await openApp(page, site)
    await sayAndSave(page, text)
    const { id } = await sessionOf(page)
    closed.unshift(id ?? '')
    // The next page counts as another tab.
    await page.evaluate(() => sessionStorage.clear())
  }
  await openApp(page, `${site}?quota=oldest`)
  await sayAndSave(page, 'Hello')
  const { id } = await sessionOf(page)
  await sayAndSave(page, 'x'.repeat(5_000_000))
  expect(await sessionOf(page)).toMatchObject({ storage: 'degraded', error: { code: 'storage-quota' } })
  expect(await storedSessions(page)).toEqual([id, ...closed])
  expect(await deletionsOf(page)).toEqual([])
})
