import { expect, test } from './fixtures.js'
import { assistantOn } from './support/assistant.js'

test('a conversation in OPFS survives a reload', async ({ page, assistant }) => {
  await page.getByRole('link', { name: 'Labs' }).click()
  const loaded = page.waitForEvent('load')
  await page.getByRole('radio', { name: /^OPFS/ }).click()
  await loaded
  await expect(page.getByRole('radio', { name: /^OPFS/ })).toBeChecked()

  await assistant.start()
  await assistant.greeted()
  await assistant.ask('How are you?')
  const before = await assistant.shown()
  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  expect((await assistant.shown()).map(({ text }) => text)).toEqual(
    expect.arrayContaining(before.filter(({ status }) => status === 'final').map(({ text }) => text)),
  )
  await expect(page.getByText('Storage: persistent')).toBeVisible()
  const place = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const stores = await root.getDirectoryHandle('redux-voice-agent')
    return (await stores.getDirectoryHandle('redux-voice-agent')).name
  })
  expect(place).toBe('redux-voice-agent')
})

test('reports of a call stay on the page, and contain none of its words @slow', async ({
  page,
  assistant,
}) => {
  await page.getByRole('link', { name: 'Labs' }).click()
  const choice = page.getByRole('checkbox', { name: /^Measure my calls/ })
  await expect(choice).not.toBeChecked()
  await choice.check()
  await assistant.start()
  await assistant.greeted()
  await assistant.ask('How are you?')
  await assistant.ask('And a canary?')
  await expect(page.locator('[data-report=turn] summary')).toContainText(/Latency at the ear: \d\.\d\d s/)
  await assistant.end()
  const connection = page.locator('[data-report=connection]')
  await expect(connection.locator('summary')).toContainText('Connection 1: closed-by-user.')
  await connection.locator('summary').click()
  await expect(connection.getByText('"samples"')).toBeVisible()
  const shown = await page.locator('[data-report]').allTextContents()
  expect(shown.join()).not.toMatch(/canary|How are you/)
  await choice.uncheck()
  await expect(page.locator('[data-report]')).toHaveCount(0)
})

test("another tab's conversation is offered, shown and moved", async ({ page, context, assistant }) => {
  await page.getByRole('link', { name: 'Labs' }).click()
  const loaded = page.waitForEvent('load')
  await page.getByRole('checkbox', { name: /another tab's conversation/ }).click()
  await loaded
  await expect(page.getByText('This tab: has its own conversation')).toBeVisible()
  await assistant.start()
  await assistant.greeted()

  const second = await context.newPage()
  await second.goto('/labs')
  const other = assistantOn(second)
  await expect(other.notice('This conversation is open in another tab.')).toBeVisible()
  await second.getByRole('button', { name: 'Show here' }).click()
  await expect(second.getByText('This tab: mirror, live')).toBeVisible()
  await other.ask('How are you?')
  await expect(async () => expect(await other.shown()).toEqual(await assistant.shown())).toPass()

  await second.getByRole('button', { name: 'Use here' }).click()
  await expect(second.getByText('This tab: has its own conversation')).toBeVisible()
  await other.isConnected()
  await expect(page.getByText('This tab: mirror, live')).toBeVisible()
})
