import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.js'
import { withBeepingMicrophone } from './support/microphones.js'
import { countPeers } from './support/peers.js'

declare global {
  interface Window {
    microphonePrompts: number
  }
}

test.use({ launchOptions: withBeepingMicrophone() })

test.beforeEach(async ({ context }) => {
  await context.addInitScript(() => {
    window.microphonePrompts = 0
    const { mediaDevices } = navigator
    // An insecure page, such as the empty one, has no media devices.
    if (!mediaDevices) return
    const open = mediaDevices.getUserMedia.bind(mediaDevices)
    mediaDevices.getUserMedia = (constraints) => {
      window.microphonePrompts++
      return open(constraints)
    }
  })
})

async function choose(page: Page, mode: string) {
  await page.getByRole('button', { name: 'Microphone and speaker' }).click()
  await page.getByRole('combobox', { name: 'How you talk' }).selectOption(mode)
  await page.keyboard.press('Escape')
}

const prompts = (page: Page) => page.evaluate(() => window.microphonePrompts)

test('a user who only types is not asked for the microphone, even after a reload, and can add voice in the same call', async ({
  page,
  assistant,
}) => {
  await choose(page, 'Text only')
  // Sending starts the call.
  await assistant.say('How much is the Chalk Mug?')
  await assistant.hasSaid('24 euros 50')
  expect(await prompts(page)).toBe(0)

  await page.reload()
  await assistant.isConnected()
  await expect(page.getByText('Typing only')).toBeVisible()
  expect(await prompts(page)).toBe(0)

  await page.getByRole('button', { name: 'Turn on the microphone' }).click()
  await expect(assistant.muteButton).toHaveAttribute('aria-pressed', 'false')
  await expect(
    assistant.log
      .locator('[data-role="user"]')
      .filter({ hasText: /^Spoken/ })
      .first(),
  ).toBeVisible()
  expect(await prompts(page)).toBe(1)
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
})

test('push to talk is heard only while the button is held', async ({ page, assistant }) => {
  await choose(page, 'Push to talk')
  await assistant.start()
  const spoken = assistant.log.locator('[data-role="user"]')
  const button = page.getByRole('button', { name: 'Hold to talk' })
  await expect(button).toHaveAttribute('aria-pressed', 'false')
  // The microphone beeps all the time.
  await assistant.greeted()
  expect(await spoken.count()).toBe(0)

  await assistant.say('How do I brew green tea?')
  await assistant.streams(3)
  await button.focus()
  await page.keyboard.down('Space')
  await expect(button).toHaveAttribute('aria-pressed', 'true')
  await expect(assistant.ofAgent('interrupted')).toBeVisible()
  await page.waitForTimeout(1500)
  await page.keyboard.up('Space')
  await expect(button).toHaveAttribute('aria-pressed', 'false')
  await expect(spoken.filter({ hasText: /^Spoken/ }).first()).toBeVisible()
})
