import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import {
  databaseName,
  degradationsOf,
  expect,
  noticeOf,
  openApp,
  rawRecords,
  ready,
  say,
  sayAndSave,
  sessionOf,
  test,
  textsOf,
} from './support.js'

/** Clears the data like "Clear site data", or like a browser that evicts it. */
async function clearStorage(page: Page, site: string) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Storage.clearDataForOrigin', { origin: new URL(site).origin, storageTypes: 'indexeddb' })
}

/** Keys of session records. */
const storedRecords = (page: Page) =>
  rawRecords(page).then(
    (records) => Object.keys(records).filter((key) => !key.startsWith('meta/')),
    () => [],
  )

/** The key, the mark, the head and the two segments of 70 messages. */
const whole = 5

async function openConversation(page: Page, site: string) {
  await openApp(page, site)
  const said = Array.from({ length: 70 }, (_, index) => `message ${index}`)
  await sayAndSave(page, ...said)
  expect(await storedRecords(page)).toHaveLength(whole)
  return said
}

async function expectKept(page: Page, said: string[]) {
  await page.reload()
  expect(await ready(page)).toMatchObject({ conversation: 'restored' })
  expect(await textsOf(page)).toEqual(said)
  expect(await sessionOf(page)).toMatchObject({ storage: 'persistent', error: null })
}

test('cleared data is stored again immediately, without another message', async ({ page, site }) => {
  const said = await openConversation(page, site)
  await clearStorage(page, site)
  await expect.poll(() => storedRecords(page)).toHaveLength(whole)
  expect(await degradationsOf(page)).toEqual([])
  await expectKept(page, said)
})

test('a restored conversation without new messages is stored again too', async ({ page, site }) => {
  const said = await openConversation(page, site)
  await page.reload()
  await ready(page)
  await page.evaluate(() => window.app.save())
  await clearStorage(page, site)
  await expect.poll(() => storedRecords(page)).toHaveLength(whole)
  await expectKept(page, said)
})

test('a database that another tab deletes is recreated with everything that was said', async ({
  context,
  page,
  site,
}) => {
  const said = await openConversation(page, site)
  const other = await context.newPage()
  await other.goto(`${site}?empty`)
  await other.evaluate(
    (name) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.onsuccess = () => resolve()
        request.onerror = () => reject(request.error)
      }),
    databaseName,
  )
  await expect.poll(() => storedRecords(page)).toHaveLength(whole)
  await expectKept(page, said)
})

test('if the database does not reopen, the call continues and says so, and everything is stored once it opens', async ({
  launch,
  profile,
  site,
}) => {
  const { page } = await launch()
  const said = await openConversation(page, site)
  const folder = join(profile, 'Default', 'IndexedDB')
  // A file in place of the folder, so that the browser can't create a database there.
  renameSync(folder, `${folder}-away`)
  writeFileSync(folder, '')
  await clearStorage(page, site)
  await say(page, 'meanwhile')
  await expect
    .poll(() => sessionOf(page))
    .toMatchObject({ storage: 'degraded', error: { code: 'storage-write-failed' } })
  await expect(noticeOf(page)).toHaveText(/couldn't be saved/)
  expect(await degradationsOf(page)).toMatchObject([{ code: 'storage-write-failed' }])

  rmSync(folder)
  await expect.poll(() => sessionOf(page)).toMatchObject({ storage: 'persistent', error: null })
  await expect(noticeOf(page)).toHaveCount(0)
  await expectKept(page, [...said, 'meanwhile'])
})
