import type { Page } from '@playwright/test'
import {
  conversationRecords,
  databaseName,
  degradationsOf,
  expect,
  noticeOf,
  openApp,
  ready,
  sayAndSave,
  sessionOf,
  test,
  textsOf,
} from './support.js'

/** Raises the database's version, as the first page of a later version of this package would. */
function upgradeDatabase(page: Page): Promise<void> {
  return page.evaluate(
    (name) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open(name, 2)
        request.onerror = () => reject(request.error)
        request.onblocked = () => reject(new Error('The upgrade is blocked.'))
        request.onsuccess = () => {
          request.result.close()
          resolve()
        }
      }),
    databaseName,
  )
}

test('a newer version in another tab can upgrade, and the older page says that it must be reloaded', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'before')
  const newer = await context.newPage()
  await newer.goto(`${site}?empty`)
  const stored = await conversationRecords(newer)
  await upgradeDatabase(newer)

  // It notices immediately, without another message.
  await expect
    .poll(() => sessionOf(page))
    .toMatchObject({ storage: 'degraded', error: { code: 'storage-newer' } })
  await expect(noticeOf(page)).toHaveText(/newer version of this app.*reload/i)
  for (let count = 0; count < 20; count++) await sayAndSave(page, `message ${count}`)
  expect(await textsOf(page)).toHaveLength(21)
  expect(await degradationsOf(page)).toMatchObject([{ code: 'storage-newer' }])
  expect(await conversationRecords(newer)).toEqual(stored)

  await page.reload()
  expect(await ready(page)).toMatchObject({ conversation: 'failed' })
  expect(await sessionOf(page)).toMatchObject({
    storage: 'memory',
    error: { code: 'storage-newer' },
    restore: { reason: 'storage-unavailable' },
  })
  await expect(noticeOf(page)).toHaveText(/storage isn't available/)
  expect(await conversationRecords(newer)).toEqual(stored)
})
