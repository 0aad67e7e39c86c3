import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.js'

declare global {
  interface Window {
    /** Element that plays the agent's voice. It is not in the document. */
    soundUnderTest: HTMLAudioElement | undefined
  }
}

/** Returns the devices that the call really uses. */
const devicesInUse = (page: Page) =>
  page.evaluate(() => {
    const [sender] = window.peersUnderTest.at(-1)?.getSenders() ?? []
    return {
      isHeard: sender?.track?.enabled,
      microphone: sender?.track?.getSettings().deviceId,
      speaker: window.soundUnderTest?.sinkId,
      volume: window.soundUnderTest?.volume,
    }
  })

test('a call that reconnects after a reload uses the chosen microphone, speaker and volume, and stays muted', async ({
  page,
  context,
  assistant,
}) => {
  await context.addInitScript(() => {
    const { play } = HTMLMediaElement.prototype
    HTMLMediaElement.prototype.play = function (this: HTMLAudioElement) {
      window.soundUnderTest = this
      return play.call(this)
    }
  })
  await page.reload()
  await assistant.start()
  await page.getByRole('button', { name: 'Microphone and speaker' }).click()
  const microphone = page.getByRole('combobox', { name: 'Microphone' })
  const speaker = page.getByRole('combobox', { name: 'Speaker' })
  const chosen = []
  for (const select of [microphone, speaker]) {
    await select.selectOption({ index: (await select.getByRole('option').count()) - 1 })
    chosen.push(await select.inputValue())
  }
  await page.getByRole('slider').fill('0.3')
  const mute = page.getByRole('button', { name: 'Mute microphone' })
  await mute.click()
  const wanted = { isHeard: false, microphone: chosen[0], speaker: chosen[1], volume: 0.3 }
  await expect.poll(() => devicesInUse(page)).toEqual(wanted)

  await page.reload()
  await assistant.isConnected()
  await expect(mute).toHaveAttribute('aria-pressed', 'true')
  await expect.poll(() => devicesInUse(page)).toEqual(wanted)
  await page.getByRole('button', { name: 'Microphone and speaker' }).click()
  await expect(microphone).toHaveValue(wanted.microphone ?? '')
  await expect(speaker).toHaveValue(wanted.speaker ?? '')
})
