import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { findOnDisk } from '../support/profile.js'
import { degradationsOf, expect, noticeOf, openApp, sayAndSave, sessionOf, test, textsOf } from './support.js'

const said = ['My password is zyxquokka', 'Do wobbegongs drink oolong']

/** A whole conversation. Checks that the user, the app and the state report that it is not stored. */
async function talkWithoutStorage(page: Page, url: string) {
  await openApp(page, url)
  await sayAndSave(page, ...said)
  expect(await textsOf(page)).toEqual(said)
  expect(await sessionOf(page)).toMatchObject({ storage: 'memory', error: { code: 'storage-unavailable' } })
  expect(await degradationsOf(page)).toMatchObject([{ code: 'storage-unavailable' }])
  await expect(noticeOf(page)).toHaveText("Messages won't survive a reload.")
}

const secrets = ['zyxquokka', 'wobbegong', 'token-in-the-clear']

test('if the browser denies all storage, the call works, says that it is not stored, and leaves nothing on disk', async ({
  launch,
  profile,
  site,
}) => {
  // Chromium's setting "Block all cookies", which denies a site all storage.
  mkdirSync(join(profile, 'Default'))
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } }
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(settings))
  const { context, page } = await launch()
  await page.goto(`${site}?empty`)
  const denied = await page.evaluate(async () => {
    const open = () =>
      new Promise<string>((resolve) => {
        const request = indexedDB.open('probe')
        request.onerror = () => resolve('denied')
        request.onsuccess = () => resolve('given')
      })
    const attempt = async (task: () => unknown) => {
      try {
        return String(await task())
      } catch {
        return 'denied'
      }
    }
    return [await attempt(open), await attempt(() => sessionStorage.length)]
  })
  expect(denied).toEqual(['denied', 'denied'])

  await talkWithoutStorage(page, site)
  await context.close()
  expect(findOnDisk(profile, secrets)).toEqual([])
})

test('on an insecure origin, which has no WebCrypto, the call works, says that it is not stored, and stores nothing', async ({
  launch,
  profile,
  site,
}) => {
  const { context, page } = await launch({ args: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] })
  const url = site.replace('127.0.0.1', 'insecure.test')
  await page.goto(`${url}?empty`)
  expect(await page.evaluate(() => [isSecureContext, typeof crypto.subtle, typeof navigator.locks])).toEqual([
    false,
    'undefined',
    'undefined',
  ])
  // Control: the search of the disk finds a word that is stored in plain text.
  await page.evaluate(() => localStorage.setItem('control', 'narwhalium in the clear'))

  await talkWithoutStorage(page, url)
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0)
  await context.close()
  expect(findOnDisk(profile, ['narwhalium'])).not.toEqual([])
  expect(findOnDisk(profile, secrets)).toEqual([])
})
