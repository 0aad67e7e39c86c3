import { expect, test } from './fixtures.js'

test.use({ viewport: { width: 360, height: 720 } })

test('on a narrow page, the open assistant leaves nothing behind it in the tab order, and Escape closes it', async ({
  page,
}) => {
  await page.goto('/')
  const handle = page.locator('.dock-handle')
  await handle.click()
  await expect(page.getByRole('button', { name: 'Start conversation' })).toBeVisible()
  await expect(page.locator('.shop')).toHaveAttribute('inert')
  for (let stop = 0; stop < 25; stop++) {
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.closest('.shop') === null)).toBe(true)
  }
  await page.getByRole('button', { name: 'Conversations', exact: true }).click()
  await expect(page.getByRole('region', { name: 'Conversations' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('region', { name: 'Conversations' })).toBeHidden()
  await expect(handle).toHaveAttribute('aria-expanded', 'true')
  await page.keyboard.press('Escape')
  await expect(handle).toHaveAttribute('aria-expanded', 'false')
  await expect(handle).toBeFocused()
  await expect(page.locator('.shop')).not.toHaveAttribute('inert')
})

test("the agent's answers are rich text", async ({ page, assistant }) => {
  await page.locator('.dock-handle').click()
  await assistant.start()
  await page.getByRole('textbox', { name: 'Message' }).fill('What teapots do you have?')
  await page.keyboard.press('Enter')
  await expect(page.locator('article[data-role=assistant] .rich').first()).toBeVisible()
})
