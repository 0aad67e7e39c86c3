import type { BrowserContext, Frame, Page } from '@playwright/test'
import {
  databaseName,
  degradationsOf,
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

/** The app in a frame of the page. */
async function frameOf(page: Page): Promise<Frame> {
  await expect.poll(() => page.frames().length).toBe(2)
  const frame = page.frames()[1] as Frame
  await frame.waitForFunction(() => 'app' in window)
  await frame.evaluate(() => window.app.restored())
  return frame
}

/** Opens a tab in a separate process with a copy of this one's sessionStorage, even while a dialog blocks it. */
async function duplicate(context: BrowserContext, site: string, copied: Record<string, string>) {
  const tab = await context.newPage()
  await tab.goto(`${site}?empty`)
  await tab.evaluate((items) => Object.assign(sessionStorage, items), copied)
  await tab.goto(site)
  return tab
}

/** Duplicates the tab while an alert blocks its page. */
async function duplicateBehindAlert(context: BrowserContext, page: Page, site: string) {
  const copied = await itemsOf(page)
  const shown = page.waitForEvent('dialog')
  await page.evaluate(() => void setTimeout(() => alert('Please read')))
  const dialog = await shown
  return { dialog, copy: await duplicate(context, site, copied) }
}

const itemsOf = (page: Page) => page.evaluate(() => ({ ...sessionStorage }) as Record<string, string>)

test('a page and the app in its frame each keep a conversation over ten reloads @slow', async ({
  page,
  site,
}) => {
  await openApp(page, `${site}?frame`)
  const frame = await frameOf(page)
  await frame.evaluate(() => window.app.connect())
  await sayAndSave(page, 'in the page')
  await frame.evaluate(async () => {
    window.app.say('in the frame')
    await window.app.save()
  })
  for (let reload = 0; reload < 10; reload++) {
    await page.reload()
    expect(await ready(page)).toMatchObject({ conversation: 'restored' })
    expect(await textsOf(page)).toEqual(['in the page'])
    const again = await frameOf(page)
    expect(await again.evaluate(() => window.app.texts())).toEqual(['in the frame'])
  }
  expect(await sessionOf(page)).toMatchObject({ storage: 'persistent', error: null })
})

test('two agents with one database in one page each keep a conversation', async ({ page, site }) => {
  await openApp(page, `${site}?second`)
  await page.evaluate(async () => {
    await window.second?.restored()
    await window.second?.connect()
    window.second?.say('second')
    await window.second?.save()
  })
  await sayAndSave(page, 'first')
  for (let reload = 0; reload < 3; reload++) {
    await page.reload()
    await ready(page)
    await page.evaluate(() => window.second?.restored())
    expect(await textsOf(page)).toEqual(['first'])
    expect(await page.evaluate(() => window.second?.texts())).toEqual(['second'])
  }
})

const untimed = '?debounce=60000&maxWait=60000'

test('a tab that is busy for 1.5 s while it is duplicated keeps its session, its id and its words', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site + untimed)
  await sayAndSave(page, 'saved')
  const { id, tabId } = await sessionOf(page)
  const copied = await itemsOf(page)
  await say(page, 'not saved')
  const opening = duplicate(context, site, copied)
  await page.evaluate(() => {
    // Starts when the other tab is about to ask.
    const channel = new BroadcastChannel('redux-voice-agent:redux-voice-agent:tabs')
    return new Promise<void>((done) => {
      channel.onmessage = () => {
        channel.close()
        const end = performance.now() + 1_500
        while (performance.now() < end);
        done()
      }
    })
  })
  const copy = await opening
  await ready(copy)
  expect(await sessionOf(copy)).toMatchObject({ restore: { reason: 'duplicated-tab' } })
  expect(await sessionOf(page)).toMatchObject({ id, tabId, storage: 'persistent', error: null })
  await page.reload()
  await ready(page)
  expect(await textsOf(page)).toEqual(['saved', 'not saved'])
  expect(await sessionOf(page)).toMatchObject({ id, tabId })
})

test('a tab whose alert is closed while another tab asks keeps its session @slow', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'saved')
  const { id, tabId } = await sessionOf(page)
  const { dialog, copy } = await duplicateBehindAlert(context, page, site)
  const isAsked = () =>
    copy.evaluate(() => Object.keys(sessionStorage).some((name) => name.includes(':mark:')))
  await expect.poll(isAsked).toBe(true)
  await dialog.accept()
  await ready(copy)
  expect(await sessionOf(copy)).toMatchObject({ restore: { reason: 'duplicated-tab' } })
  await sayAndSave(page, 'and on')
  expect(await sessionOf(page)).toMatchObject({ id, tabId, storage: 'persistent', error: null })
})

test('a tab whose alert stays open loses its session to the tab that asked, and both know it', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'saved')
  const { id, tabId } = await sessionOf(page)
  const { dialog, copy } = await duplicateBehindAlert(context, page, site)
  expect(await ready(copy)).toMatchObject({ conversation: 'restored' })
  expect(await sessionOf(copy)).toMatchObject({ id, tabId })
  await sayAndSave(copy, 'goes on here')

  await dialog.accept()
  await expect
    .poll(() => sessionOf(page))
    .toMatchObject({ storage: 'degraded', error: { code: 'session-open-elsewhere' } })
  // It still has its own entries.
  await page.reload()
  await ready(page)
  expect(await sessionOf(page)).toMatchObject({ restore: { reason: 'open-in-another-tab' } })
  expect(await textsOf(copy)).toEqual(['saved', 'goes on here'])
  expect(await sessionOf(copy)).toMatchObject({ storage: 'persistent', error: null })
})

/** Fills sessionStorage, except for `left` characters. */
const fillStorage = (page: Page, left: number) =>
  page.evaluate((room) => {
    const name = 'of-another-library'
    let length = 5 * 1024 * 1024
    sessionStorage.setItem(name, '')
    let text = ''
    for (; length >= 1; length = Math.floor(length / 2)) {
      try {
        sessionStorage.setItem(name, text + 'x'.repeat(length))
        text += 'x'.repeat(length)
        length *= 2
      } catch {
        // Tries with less.
      }
    }
    sessionStorage.setItem(name, text.slice(room))
  }, left)

test('a tab whose token does not fit into sessionStorage finds its conversation by its id', async ({
  page,
  site,
}) => {
  await page.goto(`${site}?empty`)
  // Enough for the tab's id, but not for a token.
  await fillStorage(page, 150)
  await openApp(page, site)
  await sayAndSave(page, 'Hello')
  expect(await sessionOf(page)).toMatchObject({ storage: 'persistent', error: { code: 'tab-storage-full' } })
  expect(await degradationsOf(page)).toMatchObject([{ code: 'tab-storage-full' }])
  const { id, tabId } = await sessionOf(page)
  expect(Object.keys(await itemsOf(page))).not.toContain(`redux-voice-agent:${databaseName}:token`)
  for (let reload = 0; reload < 3; reload++) {
    await page.reload()
    expect(await ready(page)).toMatchObject({ conversation: 'restored' })
    expect(await textsOf(page)).toEqual(['Hello'])
    expect(await sessionOf(page)).toMatchObject({ id, tabId })
  }
})

test('a tab whose id does not fit either says so, and the conversation is listed @slow', async ({
  page,
  site,
}) => {
  await page.goto(`${site}?empty`)
  await fillStorage(page, 0)
  await openApp(page, site)
  await sayAndSave(page, 'Hello')
  const { id, storage, error } = await sessionOf(page)
  expect({ storage, error }).toMatchObject({ storage: 'persistent', error: { code: 'tab-storage-full' } })
  await page.reload()
  expect(await ready(page)).toMatchObject({ conversation: 'none' })
  expect(await storedSessions(page)).toEqual([id])
})
