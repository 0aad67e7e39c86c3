import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { launchBrowser } from '../soak/browsers.js'
import { violationsOf } from '../support/axe.js'
import { test as base, collectComplaints, expect, unexpected } from './fixtures.js'
import { assistantOn } from './support/assistant.js'
import { canary, findOnDisk } from './support/profile.js'

/** A server of its own, because all browsers on this machine share one backup. Its objects are in a folder. */
const test = base.extend<object, { folder: string }>({
  folder: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'redux-voice-agent-backup-'))
      await use(folder)
      rmSync(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],

  serverEnv: [async ({ folder }, use) => use({ VOICE_BACKUP_FOLDER: folder }), { scope: 'worker' }],
})

const panelOn = (page: Page) => page.getByRole('region', { name: 'Backup', exact: true })
const press = (page: Page, name: string) => panelOn(page).getByRole('button', { name, exact: true }).click()

/** Leaves the conversation, so that no tab has it open. */
async function startAnother(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New conversation', exact: true }).click()
  await expect(assistantOn(page).articles).toHaveCount(0)
}

/** Turns the backup on. Returns the recovery code. */
async function turnOn(page: Page, passphrase: string): Promise<string> {
  const panel = panelOn(page)
  await press(page, 'Turn on the backup')
  await panel.getByLabel('Passphrase', { exact: true }).fill(passphrase)
  await panel.getByLabel('Repeat the passphrase').fill(passphrase)
  await press(page, 'Next')
  const code = await panel.locator('[data-rva-part=recovery-code]').innerText()
  await press(page, 'I have written it down')
  await panel.getByLabel('Recovery code').fill(code)
  await press(page, 'Turn on the backup')
  await expect(panel.getByText('Your conversations are backed up.')).toBeVisible()
  return code
}

/** Opens the backup in Firefox with the recovery code, and restores all of it. */
async function restoreInFirefox(url: string, code: string): Promise<void> {
  const firefox = await launchBrowser({ engine: 'firefox' })
  try {
    const page = await firefox.newPage()
    const pressThere = (name: string) =>
      page.locator(`[data-rva-part=backup] button ::-p-text(${name})`).click()
    const waitFor = (text: string) =>
      page.waitForFunction((wanted) => document.body.innerText.includes(wanted), { polling: 50 }, text)
    await page.goto(`${url}/labs`)
    await pressThere('Use recovery code')
    await page.locator('[data-rva-part=backup] [data-kind=code]').fill(code)
    await pressThere('Open the backup')
    await waitFor('not in this browser')
    await pressThere('Restore all')
    await waitFor('Restored 1 conversation.')
    await page.reload()
    await page.waitForSelector('[data-rva-part=conversation][data-here=true]')
  } finally {
    await firefox.close()
  }
}

test('a conversation comes to another browser by the backup, and goes from both when one deletes it', async ({
  page,
  browser,
  stack,
  folder,
}) => {
  test.setTimeout(180_000)
  const [word, passphrase] = [canary(), `${canary()} ${canary()}`]
  await page.goto('/')
  const assistant = assistantOn(page)
  await assistant.start()
  await assistant.greeted()
  await assistant.ask(`Do you have ${word} tea?`)
  await assistant.end()
  const said = await assistant.shown()
  await page.getByRole('link', { name: 'Labs' }).click()
  const code = await turnOn(page, passphrase)
  await expect(panelOn(page).getByText('1 conversation in the backup')).toBeVisible()
  expect(await violationsOf(page)).toEqual([])

  const profile = await browser.newContext({ baseURL: stack.url, permissions: ['microphone'] })
  const complaints = collectComplaints(profile)
  const other = await profile.newPage()
  await other.goto('/labs')
  const otherPanel = panelOn(other)
  await press(other, 'Use recovery code')
  await otherPanel.getByLabel('Recovery code').fill(code)
  await press(other, 'Open the backup')
  await expect(otherPanel.getByText('not in this browser')).toBeVisible()
  await press(other, 'Restore all')
  await expect(otherPanel.getByText('Restored 1 conversation.')).toBeVisible()
  const list = other.getByRole('region', { name: 'Conversations', exact: true })
  await other.getByRole('button', { name: 'Conversations', exact: true }).click()
  await list.locator('[data-action=open]').click()
  const otherAssistant = assistantOn(other)
  await expect(otherAssistant.log.getByText(`Do you have ${word} tea?`)).toBeVisible()
  expect((await otherAssistant.shown()).map(({ text }) => text)).toEqual(said.map(({ text }) => text))
  expect(await violationsOf(other)).toEqual([])
  await startAnother(other)

  await restoreInFirefox(stack.url, code)

  // The backup is open after a reload, and says when it was synced.
  await page.reload()
  await expect(panelOn(page).getByText(/Last sync: /)).toBeVisible()
  await startAnother(page)
  await panelOn(page)
    .getByRole('button', { name: /^Delete: / })
    .click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete everywhere' }).click()
  await expect(panelOn(page).getByText('The conversation was deleted.')).toBeVisible()
  await press(other, 'Sync now')
  await expect(otherPanel.getByText('No conversations in the backup yet')).toBeVisible()
  await other.getByRole('button', { name: 'Conversations', exact: true }).click()
  await expect(list).toBeVisible()
  await expect(list.getByText(word)).toHaveCount(0)
  await expect(list.locator('[data-action=open]')).toHaveCount(0)

  const secrets = [word, ...passphrase.split(' '), code, code.replaceAll('-', '')]
  expect(findOnDisk(folder, secrets)).toEqual([])
  expect(unexpected(complaints)).toEqual([])
  await profile.close()
})
