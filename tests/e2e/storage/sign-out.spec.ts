import type { Page } from '@playwright/test'
import {
  expect,
  openApp,
  ready,
  say,
  sayAndSave,
  sessionOf,
  storedSessions,
  test,
  textsOf,
} from './support.js'

const databasesOf = (page: Page) =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name = '' }) => name).sort())

/** Keys of all records in all databases, except those that record erasures. */
async function storedKeys(page: Page): Promise<string[]> {
  const names = await databasesOf(page)
  const keys = await page.evaluate(
    (all) =>
      Promise.all(
        all.map(
          (name) =>
            new Promise<string[]>((resolve, reject) => {
              const opening = indexedDB.open(name)
              opening.onerror = () => reject(opening.error)
              opening.onsuccess = () => {
                const request = opening.result.transaction('records').objectStore('records').getAllKeys()
                request.onsuccess = () => {
                  opening.result.close()
                  resolve(request.result.map(String))
                }
              }
            }),
        ),
      ),
    names,
  )
  return keys.flat().filter((key) => !key.startsWith('meta/'))
}

const withUser = (site: string, user: string) => `${site}?user=${user}`

test('with two users and two tabs, after a sign-out the next user finds nothing from the first, even after a reload', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, withUser(site, 'ann'))
  await sayAndSave(page, 'said by Ann')
  await page.evaluate(() => window.app.buy('a cup'))
  const annId = (await sessionOf(page)).id
  const second = await context.newPage()
  await openApp(second, withUser(site, 'ann'))
  await sayAndSave(second, 'said by Ann as well')

  // Words that are not saved yet belong to Ann's conversation.
  await say(page, 'and her last words')
  await page.evaluate(() => window.app.signOut())
  expect(await textsOf(page)).toEqual([])
  expect(await page.evaluate(() => window.app.cart())).toEqual([])
  expect((await page.evaluate(() => window.app.connection())).status).toBe('idle')
  await page.evaluate(() => window.app.signIn('ben'))
  expect(await storedSessions(page)).toEqual([])
  expect(await textsOf(page)).toEqual([])
  await page.evaluate(() => window.app.connect())
  await sayAndSave(page, 'said by Ben')

  // Ann's other tab is a separate page with its own conversation.
  expect(await textsOf(second)).toEqual(['said by Ann as well'])

  await page.goto(withUser(site, 'ben'))
  await ready(page)
  expect(await textsOf(page)).toEqual(['said by Ben'])
  await page.goto(withUser(site, 'ann'))
  await ready(page)
  expect(await textsOf(page)).toEqual([])
  await page.evaluate((id) => window.app.restoreSession(String(id)), annId)
  expect(await textsOf(page)).toEqual(['said by Ann', 'and her last words'])
  expect((await databasesOf(page)).join()).not.toMatch(/ann|ben/)
})

test('after a sign-out that erases, nothing is left in either tab, on disk, or after a reload', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, withUser(site, 'ann'))
  await sayAndSave(page, 'said by Ann')
  const second = await context.newPage()
  await openApp(second, withUser(site, 'ann'))
  await sayAndSave(second, 'said by Ann as well')
  await page.evaluate(() => window.app.signOutAndErase())
  expect(await textsOf(page)).toEqual([])
  await expect.poll(() => textsOf(second)).toEqual([])
  expect((await second.evaluate(() => window.app.connection())).status).toBe('idle')
  expect(await storedKeys(page)).toEqual([])
  for (const tab of [page, second]) {
    await tab.reload()
    expect(await ready(tab)).toMatchObject({ conversation: 'none' })
    expect(await textsOf(tab)).toEqual([])
    expect(await storedSessions(tab)).toEqual([])
    const entries = await tab.evaluate(() => Object.keys(sessionStorage))
    expect(entries.filter((name) => /token|journal|anchor/.test(name))).toEqual([])
  }
  // Both start again.
  for (const tab of [page, second]) {
    await tab.evaluate(() => window.app.connect())
    await sayAndSave(tab, 'a new beginning')
    expect(await sessionOf(tab)).toMatchObject({ storage: 'persistent', error: null })
  }
  expect(await storedSessions(page)).toHaveLength(2)
})

test('a tab in the back/forward cache writes nothing when it returns', async ({ context, page, site }) => {
  await openApp(page, site)
  await sayAndSave(page, 'before')
  const id = String((await sessionOf(page)).id)
  await page.goto('about:blank')
  const other = await context.newPage()
  await other.goto(site)
  await ready(other)
  await other.evaluate(() => window.app.signOutAndErase())
  await page.goBack()
  await ready(page)
  await expect.poll(() => textsOf(page)).toEqual([])
  await page.evaluate(() => window.app.save())
  // A browser without that cache reloads the page. A new session then replaces the one that is gone.
  expect((await storedKeys(other)).filter((key) => key.includes(id))).toEqual([])
})

test('a tab whose messages are delayed by a busy main thread writes nothing', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'before')
  const other = await context.newPage()
  await other.goto(site)
  await ready(other)
  // Saves in the task in which it is free again, before it is notified of anything.
  const busy = page.evaluate(() => {
    window.app.say('while everything is erased')
    for (const end = Date.now() + 1_500; Date.now() < end; );
    window.dispatchEvent(new PageTransitionEvent('pagehide'))
  })
  await other.evaluate(() => window.app.signOutAndErase())
  await busy
  await expect.poll(() => textsOf(page)).toEqual([])
  expect(await storedKeys(other)).toEqual([])
})

test('nothing reaches the disk before consent, and afterwards a reload shows the conversation from its start', async ({
  page,
  site,
}) => {
  await openApp(page, `${site}?ask`)
  await sayAndSave(page, 'the beginning')
  expect(await sessionOf(page)).toMatchObject({ storage: 'memory', error: { code: 'consent-missing' } })
  expect(await databasesOf(page)).toEqual([])
  expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([])
  await page.evaluate(() => window.app.setConsent(true))
  await sayAndSave(page, 'the end')
  await page.goto(site)
  expect(await ready(page)).toMatchObject({ conversation: 'restored' })
  expect(await textsOf(page)).toEqual(['the beginning', 'the end'])
})
