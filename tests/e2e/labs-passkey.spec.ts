import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.js'
import { authenticatorsOf } from './passkey/support.js'

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

/** Sets up a passkey on the *Labs* page, and reloads. Returns the recovery code. */
async function setUp(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'Labs' }).click()
  await press(page, 'Set up a passkey')
  await press(page, 'Create a passkey')
  const code = page.locator('[data-rva-part=recovery-code]')
  const shown = await code.innerText()
  await press(page, 'I have written it down')
  await expect(code).toHaveCount(0)
  await page.keyboard.type(shown)
  await page.keyboard.press('Enter')
  await expect(page.getByText('Your passkey is ready.')).toBeVisible()
  await press(page, 'Reload and lock')
  await expect(page.getByRole('dialog', { name: 'Unlock your conversations' })).toBeVisible()
  return shown
}

const textsOf = async (shown: Promise<{ text: string }[]>) => (await shown).map(({ text }) => text)

test.describe('a locked key', () => {
  // The package reports this in development.
  test.use({ tolerated: [/key-unavailable/] })

  test("a user locks the shop's conversations with a passkey, unlocks them, and locks them again", async ({
    page,
    assistant,
  }) => {
    await (await authenticatorsOf(page)).add()
    await assistant.start()
    await assistant.greeted()
    await assistant.ask('How are you?')
    await assistant.end()
    await setUp(page)

    // Opening a conversation from before the passkey locks it with the passkey.
    await press(page, 'Use passkey')
    await expect(assistant.restoredNotice).toBeVisible()
    expect(await textsOf(assistant.shown())).toContain('How are you?')
    await expect(page.getByText('unlocked on this page')).toBeVisible()
    await expect(page.getByText('Storage: persistent')).toBeVisible()

    await press(page, 'Lock now')
    await expect(page.getByRole('dialog', { name: 'Unlock your conversations' })).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(page.getByText('How are you?')).toHaveCount(0)
    await press(page, 'Leave them locked')
    await expect(page.getByText('Conversations: locked')).toBeVisible()
    await expect(page.getByText('How are you?')).toHaveCount(0)
    await assistant.start()
    await assistant.greeted()
    await assistant.end()

    await press(page, 'Unlock')
    await press(page, 'Use passkey')
    await expect(assistant.restoredNotice).toBeVisible()
    expect(await textsOf(assistant.shown())).toContain('How are you?')
  })
})

test('the recovery code opens the shop without the passkey, and everything can be deleted', async ({
  page,
  assistant,
}) => {
  const authenticators = await authenticatorsOf(page)
  const lost = await authenticators.add()
  await assistant.start()
  await assistant.greeted()
  await assistant.end()
  const code = await setUp(page)
  await authenticators.remove(lost)
  await press(page, 'Use recovery code')
  await page.getByRole('textbox').fill(code)
  await page.keyboard.press('Enter')
  await press(page, 'Not now')
  await expect(assistant.restoredNotice).toBeVisible()
  await expect(page.getByText('unlocked on this page')).toBeVisible()

  await press(page, 'Stop using a passkey')
  const loaded = page.waitForEvent('load')
  await press(page, 'Delete all of them')
  await loaded
  await expect(page.getByRole('button', { name: 'Set up a passkey' })).toBeVisible()
  await expect(assistant.articles).toHaveCount(0)
})

test('a passkey without PRF, and a browser without it, are reported, and change nothing', async ({
  page,
  assistant,
}) => {
  const authenticators = await authenticatorsOf(page)
  await authenticators.add({ hasPrf: false })
  await page.getByRole('link', { name: 'Labs' }).click()
  await press(page, 'Set up a passkey')
  await press(page, 'Create a passkey')
  await expect(page.getByRole('alert')).toContainText("This passkey can't lock conversations.")
  await press(page, 'Cancel')
  await page.reload()
  await expect(page.getByRole('button', { name: 'Set up a passkey' })).toBeVisible()
  await expect(assistant.startButton).toBeVisible()

  await page.addInitScript(() => {
    PublicKeyCredential.getClientCapabilities = async () => ({ 'extension:prf': false })
  })
  await page.reload()
  await expect(page.getByText("This browser can't lock conversations with a passkey")).toBeVisible()
  await expect(page.getByRole('button', { name: 'Set up a passkey' })).toHaveCount(0)
})
