import type { Page } from '@playwright/test'
import { expect, open, read, reload, test, write } from './support.js'

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })
const result = (page: Page) => page.locator('output')

/** Sets up a passkey in the dialog, as a user does. Returns the recovery code. */
async function setUpInDialog(page: Page): Promise<string> {
  await press(page, 'start open')
  await expect(dialogOf(page, 'Lock your conversations with a passkey')).toBeVisible()
  await press(page, 'Create a passkey')
  const code = await page.locator('[data-rva-part=recovery-code]').innerText()
  await press(page, 'I have written it down')
  await expect(page.locator('[data-rva-part=recovery-code]')).toHaveCount(0)
  await page.keyboard.type(code.toLowerCase())
  await page.keyboard.press('Enter')
  await expect(result(page)).toHaveText('done')
  return code
}

test('a user sets up, reloads and unlocks in the dialog', async ({ page, site, authenticators }) => {
  const authenticator = await authenticators.add()
  await open(page, `${site}?dialog`)
  const code = await setUpInDialog(page)
  await write(page, 'teapot')

  await reload(page)
  await press(page, 'start open')
  await press(page, 'Use passkey')
  await expect(result(page)).toHaveText('done')
  expect(await read(page)).toBe('teapot')

  // The authenticator is lost and replaced.
  await authenticators.remove(authenticator)
  await authenticators.add()
  await reload(page)
  await press(page, 'start open')
  await press(page, 'Use passkey')
  await expect(page.getByRole('alert')).toContainText('No passkey was used.')
  await press(page, 'Use recovery code')
  await page.keyboard.type('wrong')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toContainText('A character of the code is wrong')
  await page.getByRole('textbox').fill(code)
  await page.keyboard.press('Enter')
  await expect(dialogOf(page, 'Add a passkey')).toBeVisible()
  expect(await read(page)).toBe('teapot')
  await press(page, 'Create a passkey')
  await expect(result(page)).toHaveText('done')
})

test('a mistyped code returns to the code, and Escape leaves nothing behind', async ({
  page,
  site,
  authenticators,
}) => {
  const authenticator = await authenticators.add()
  await open(page, `${site}?dialog`)
  await press(page, 'start open')
  await press(page, 'Create a passkey')
  const code = page.locator('[data-rva-part=recovery-code]')
  const shown = await code.innerText()
  await press(page, 'I have written it down')
  await page.keyboard.type('0000')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toContainText('A character of the code is wrong')
  await press(page, 'Show the code again')
  await expect(code).toHaveText(shown)
  await page.keyboard.press('Escape')
  await expect(result(page)).toHaveText('closed')
  await expect.poll(() => authenticators.credentials(authenticator)).toEqual([])
  expect(await page.evaluate(() => window.passkey.status())).toMatchObject({ state: 'unset', passkeys: [] })
})

test('closing the dialog during a prompt closes the prompt', async ({ page, site, authenticators }) => {
  const authenticator = await authenticators.add()
  await open(page, `${site}?dialog`)
  await setUpInDialog(page)
  await reload(page)
  await authenticators.touch(authenticator, false)
  await press(page, 'start open')
  await press(page, 'Use passkey')
  await page.keyboard.press('Escape')
  await expect(result(page)).toHaveText('closed')
  await authenticators.touch(authenticator, true)
  await press(page, 'start open')
  await press(page, 'Use passkey')
  await expect(result(page)).toHaveText('done')
})
