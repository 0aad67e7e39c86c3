import type { Page } from '@playwright/test'
import { violationsOf } from '../support/axe.js'
import { expect, test } from './fixtures.js'

const schemes = ['light', 'dark'] as const
const sizes = [
  { width: 1280, height: 720 },
  { width: 360, height: 720 },
]

/** Looks at the page in both schemes, wide and narrow. */
async function look(page: Page, state: string, found: string[]) {
  for (const colorScheme of schemes) {
    for (const size of sizes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize(size)
      const violations = await violationsOf(page)
      found.push(...violations.map((violation) => `${state}, ${colorScheme}, ${size.width} px: ${violation}`))
    }
  }
}

test('axe finds nothing in the example, in each state of a call', async ({ assistant, page }) => {
  test.setTimeout(120_000)
  const found: string[] = []
  await look(page, 'idle', found)
  await assistant.startButton.click()
  await assistant.greeted()
  await look(page, 'connected', found)
  await assistant.ask('What teas do you have?')
  await look(page, 'a conversation', found)
  for (const panel of ['Statistics', 'Conversations']) {
    await page.setViewportSize(sizes[0] ?? { width: 1280, height: 720 })
    await page.getByRole('button', { name: panel, exact: true }).click()
    await look(page, panel, found)
    await page.setViewportSize(sizes[0] ?? { width: 1280, height: 720 })
    await page.keyboard.press('Escape')
  }
  await assistant.endButton.click()
  await expect(assistant.connection).toHaveAttribute('data-state', 'disconnected')
  await look(page, 'ended', found)
  expect(found).toEqual([])
})

test('axe finds nothing on any page of the shop', async ({ page, assistant }) => {
  await expect(assistant.startButton).toBeVisible()
  const found: string[] = []
  for (const path of ['/', '/product/chalk-mug', '/cart', '/orders', '/nowhere']) {
    await page.goto(path)
    await expect(page.getByRole('main')).toBeVisible()
    await look(page, path, found)
  }
  expect(found).toEqual([])
})
