import type { Page } from '@playwright/test'
import { expect, openApp, ready, say, sessionOf, test, textsOf } from './support.js'

declare global {
  interface Window {
    /** When write transactions completed, in milliseconds. */
    commits: number[]
    /** Lets the first encryption continue. */
    releaseEncryption: () => void
  }
}

/** Watches IndexedDB's own events, without changing anything. */
const watchCommits = (page: Page) =>
  page.addInitScript(() => {
    window.commits = []
    const begin = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...args) {
      const transaction = begin.apply(this, args)
      if (args[1] === 'readwrite')
        transaction.addEventListener('complete', () => window.commits.push(performance.now()))
      return transaction
    }
  })

/** Reloads a crashed page, and returns what it restored. Playwright itself can no longer talk to it. */
async function reopen(page: Page): Promise<{ conversation: string; sessionId: string; texts: string[] }> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Page.reload')
  await expect
    .poll(async () => (await cdp.send('Runtime.evaluate', { expression: "'app' in window" })).result.value)
    .toBe(true)
  const expression = `window.app.restored().then(({ conversation }) => ({
    conversation, sessionId: window.app.session().id, texts: window.app.texts() }))`
  const { result } = await cdp.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  })
  return result.value
}

test('a stream of changes is saved at least once per maximum wait, and a crash loses no more than that', async ({
  page,
  site,
}) => {
  const maxWait = 1_000
  const count = 80
  await watchCommits(page)
  await openApp(page, `${site}?debounce=500&maxWait=${maxWait}`)
  const { start, end, commits } = await page.evaluate(
    (last) =>
      new Promise<{ start: number; end: number; commits: number[] }>((resolve) => {
        const start = performance.now()
        let count = 0
        const timer = setInterval(() => {
          window.app.say(`message ${count++}`)
          if (count < last) return
          clearInterval(timer)
          resolve({ start, end: performance.now(), commits: window.commits.filter((at) => at > start) })
        }, 50)
      }),
    count,
  )
  expect(end - start).toBeGreaterThan(3_500)
  expect(commits.length).toBeGreaterThanOrEqual(3)
  const gaps = [...commits, end].map((at, index) => at - (commits[index - 1] ?? start))
  // Half a second for the write itself on a busy machine.
  expect(Math.max(...gaps)).toBeLessThan(maxWait + 500)

  const { id } = await sessionOf(page)
  const cdp = await page.context().newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  cdp.send('Page.crash').catch(() => {})
  await crashed
  const { conversation, sessionId, texts } = await reopen(page)
  expect({ conversation, sessionId }).toEqual({ conversation: 'restored', sessionId: id })
  expect(texts).toEqual(texts.map((_, index) => `message ${index}`))
  expect(texts.length).toBeGreaterThanOrEqual(count - (maxWait + 500) / 50)
})

test('if the first encryption takes long, the newest revision wins', async ({ page, site }) => {
  await page.addInitScript(() => {
    const encrypt = SubtleCrypto.prototype.encrypt
    const released = new Promise<void>((resolve) => {
      window.releaseEncryption = resolve
    })
    let count = 0
    SubtleCrypto.prototype.encrypt = async function (...args) {
      const data = await encrypt.apply(this, args)
      // Holds the encryption of the head, which follows that of the token.
      if (count++ === 1) await released
      return data
    }
  })
  await page.goto(`${site}?debounce=10&maxWait=10`)
  await ready(page)
  await page.evaluate(() => window.app.connect())
  for (const text of ['first', 'second', 'third']) await say(page, text)
  const saving = page.evaluate(() => window.app.save())
  await page.evaluate(() => window.releaseEncryption())
  await saving
  await say(page, 'fourth')
  await page.evaluate(() => window.app.save())
  const { revision } = await sessionOf(page)
  await page.goto(`${site}?empty`)
  await page.goto(site)
  await ready(page)
  expect(await textsOf(page)).toEqual(['first', 'second', 'third', 'fourth'])
  expect((await sessionOf(page)).revision).toBeGreaterThanOrEqual(revision)
})
