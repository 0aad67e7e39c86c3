import { expect, test } from './fixtures.js'
import { assistantOn, expectKept } from './support/assistant.js'
import { sessionsGiven } from './support/tokens.js'

test('a second tab starts its own session, and leaves the first alone', async ({
  context,
  page,
  assistant,
}) => {
  const sessions = sessionsGiven(context)
  await assistant.startAndReload()
  await assistant.ask('How are you?')
  const before = await assistant.shown()

  const second = await context.newPage()
  await second.goto('/')
  const other = assistantOn(second)
  await expect(other.startButton).toBeVisible()
  await expect(other.log.getByText('Press Start')).toBeVisible()
  await expect(other.articles).toHaveCount(0)
  await expect(other.restoredNotice).toHaveCount(0)

  await other.start()
  expect(new Set(sessions).size).toBe(2)
  await assistant.isConnected()

  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  expectKept(before, await assistant.shown())
  await other.isConnected()
})

test('a duplicated tab starts its own session', async ({ context, page, assistant }) => {
  await assistant.startAndReload()

  // `window.open` without `noopener` copies sessionStorage, like duplicating a tab.
  const [copy] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => void window.open('/'))])
  const other = assistantOn(copy)
  await expect(other.startButton).toBeVisible()
  await expect(other.log.getByText('Press Start')).toBeVisible()
  await expect(other.articles).toHaveCount(0)
  await assistant.isConnected()
})

test('a new tab after the old one was closed starts fresh', async ({ context, page, assistant }) => {
  await assistant.startAndReload()
  await page.close({ runBeforeUnload: true })
  await expect.poll(() => context.pages().length).toBe(0)

  const next = await context.newPage()
  await next.goto('/')
  const fresh = assistantOn(next)
  await expect(fresh.startButton).toBeVisible()
  await expect(fresh.log.getByText('Press Start')).toBeVisible()
  await expect(fresh.articles).toHaveCount(0)
  await expect(fresh.restoredNotice).toHaveCount(0)
})
