import type { Page } from '@playwright/test'
import {
  conversationRecords,
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
  storedSessions,
  test,
  textsOf,
} from './support.js'

declare global {
  interface Window {
    openingsUnderTest: number
  }
}

/** Opens a connection that ignores upgrades, so all other attempts to open the database wait until this tab closes. */
async function blockDatabase(page: Page) {
  await page.evaluate(
    (name) =>
      new Promise<void>((resolve, reject) => {
        const first = indexedDB.open(name)
        first.onerror = () => reject(first.error)
        first.onsuccess = () => {
          const upgrade = indexedDB.open(name, first.result.version + 1)
          upgrade.onblocked = () => resolve()
        }
      }),
    databaseName,
  )
}

/** Counts how often the page opens a database. */
const watchOpenings = (page: Page) =>
  page.addInitScript(() => {
    window.openingsUnderTest = 0
    const open = IDBFactory.prototype.open
    IDBFactory.prototype.open = function (...args) {
      window.openingsUnderTest++
      return open.apply(this, args)
    }
  })

/** Flips one bit of a record's ciphertext. */
async function flipBit(page: Page, key: string) {
  await page.evaluate(
    ([name, record]) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open(name)
        request.onerror = () => reject(request.error)
        request.onsuccess = () => {
          const transaction = request.result.transaction('records', 'readwrite')
          const store = transaction.objectStore('records')
          const reading = store.get(record)
          reading.onsuccess = () => {
            const bytes = new Uint8Array(reading.result.data)
            bytes[5] = (bytes[5] ?? 0) ^ 1
            store.put(reading.result, record)
          }
          transaction.oncomplete = () => {
            request.result.close()
            resolve()
          }
        }
      }),
    [databaseName, key] as const,
  )
}

const twentyMessages = Array.from({ length: 20 }, (_, index) => `message ${index}`)

test('if a database does not open, the call stays in memory and says so, and the database is not touched', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'kept')
  const stored = await conversationRecords(page)
  const { id } = await sessionOf(page)
  await page.goto(`${site}?empty`)
  const other = await context.newPage()
  await other.goto(`${site}?empty`)
  await blockDatabase(other)

  await page.clock.install()
  await watchOpenings(page)
  await page.goto(site)
  const restored = ready(page)
  // The package waits at most 10 s for the database. Fast-forwards them once it has started waiting.
  await page.waitForFunction(() => window.openingsUnderTest > 0)
  await page.clock.fastForward(5_000)
  expect(await sessionOf(page)).toMatchObject({ error: null })
  await page.clock.fastForward(5_000)
  expect(await restored).toMatchObject({ conversation: 'failed' })
  await page.evaluate(() => window.app.connect())
  for (const text of twentyMessages) await sayAndSave(page, text)
  expect(await textsOf(page)).toEqual(twentyMessages)
  expect(await sessionOf(page)).toMatchObject({
    storage: 'memory',
    error: { code: 'storage-unavailable' },
    restore: { reason: 'storage-unavailable' },
  })
  expect(await degradationsOf(page)).toMatchObject([{ code: 'storage-unavailable' }])
  await expect(noticeOf(page)).toHaveText(/storage isn't available/)

  await other.close()
  await page.goto(`${site}?empty`)
  expect(await conversationRecords(page)).toEqual(stored)
  await page.goto(site)
  expect(await ready(page)).toMatchObject({ conversation: 'restored' })
  expect(await sessionOf(page)).toMatchObject({ id, storage: 'persistent' })
  expect(await textsOf(page)).toEqual(['kept'])
})

test('a conversation with a changed byte is left unchanged, and a new one starts beside it', async ({
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'said before')
  const { id } = await sessionOf(page)
  await page.goto(`${site}?empty`)
  await flipBit(page, `session/${id}/head`)
  const damaged = await conversationRecords(page)

  await page.goto(site)
  expect(await ready(page)).toMatchObject({ conversation: 'failed' })
  expect(await sessionOf(page)).toMatchObject({ restore: { reason: 'session-unreadable' } })
  await expect(noticeOf(page)).toHaveText(/can't be opened in this tab.*left unchanged/)
  await page.evaluate(() => window.app.connect())
  for (const text of twentyMessages) await sayAndSave(page, text)
  const records = await rawRecords(page)
  expect(records).toMatchObject(damaged)
  expect(await storedSessions(page)).toHaveLength(2)
  expect((await sessionOf(page)).storage).toBe('persistent')
  await page.reload()
  await ready(page)
  expect(await textsOf(page)).toEqual(twentyMessages)
})

test('only a segment with a changed byte is lost, and it stays unchanged', async ({ page, site }) => {
  await openApp(page, site)
  const said = Array.from({ length: 70 }, (_, index) => `message ${index}`)
  await sayAndSave(page, ...said)
  const { id } = await sessionOf(page)
  const key = `session/${id}/messages/00000000`
  await page.goto(`${site}?empty`)
  await flipBit(page, key)
  const { [key]: damaged } = await rawRecords(page)

  await page.goto(site)
  expect(await ready(page)).toMatchObject({ conversation: 'restored' })
  await expect(noticeOf(page)).toHaveText(/64 earlier messages can't be read/)
  await say(page, ...twentyMessages)
  await page.evaluate(() => window.app.save())
  expect(await textsOf(page)).toEqual([...said.slice(64), ...twentyMessages])
  expect((await rawRecords(page))[key]).toBe(damaged)
})
