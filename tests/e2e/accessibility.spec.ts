import type { Page } from '@playwright/test'
import { violationsOf } from '../support/axe.js'
import { expect, test } from './fixtures.js'

const schemes = ['light', 'dark'] as const
const narrow = { width: 360, height: 720 }
const wide = { width: 1280, height: 720 }

/** Runs axe on the page in both color schemes, narrow and then wide. */
async function look(page: Page, state: string, found: string[]) {
  for (const size of [narrow, wide]) {
    await page.setViewportSize(size)
    const shop = page.locator('.shop')
    if (size === narrow) {
      // A narrow page shows the assistant in a sheet, which makes everything else inert.
      const handle = page.locator('.dock-handle')
      await expect(handle).toBeVisible()
      if ((await handle.getAttribute('aria-expanded')) === 'false') await handle.click()
      await expect(shop).toHaveAttribute('inert')
    } else await expect(shop).not.toHaveAttribute('inert')
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const violations = await violationsOf(page)
      found.push(...violations.map((violation) => `${state}, ${colorScheme}, ${size.width} px: ${violation}`))
    }
  }
}

test('axe finds nothing in the example, in any state of a call', async ({ assistant, page }) => {
  test.setTimeout(120_000)
  const found: string[] = []
  await expect(page.getByRole('main')).toBeVisible()
  await look(page, 'idle', found)
  await assistant.startButton.click()
  await assistant.greeted()
  await assistant.ask('What teas do you have?')
  await look(page, 'a conversation', found)
  for (const name of ['Statistics', 'Conversations']) {
    const button = page.getByRole('button', { name, exact: true })
    await button.click()
    await expect(button).toHaveAttribute('aria-expanded', 'true')
    await look(page, name, found)
    await page.keyboard.press('Escape')
  }
  await assistant.end()
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
