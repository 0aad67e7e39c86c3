import { expect, test } from './fixtures.js'

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
