import type { BrowserContext, Page } from '@playwright/test'
import { expect, test } from './support/faults.js'
import { soundComesBack } from './support/sound.js'

declare global {
  interface Window {
    unplugUnderTest: (isAnother: boolean) => void
  }
}

/** Chromium's fake microphone can't be unplugged, so the end of its track, the event and the remaining devices are simulated. */
async function withPluggableMicrophone(context: BrowserContext) {
  await context.addInitScript(() => {
    const media = navigator.mediaDevices
    const open = media.getUserMedia.bind(media)
    let isAnyLeft = true
    media.getUserMedia = async (constraints) => {
      if (!isAnyLeft) throw new DOMException('Requested device not found', 'NotFoundError')
      const stream = await open(constraints)
      const [track] = stream.getAudioTracks()
      window.unplugUnderTest = (isAnother) => {
        isAnyLeft = isAnother
        track?.stop()
        track?.dispatchEvent(new Event('ended'))
      }
      return stream
    }
  })
}

const unplug = (page: Page, isAnother: boolean) =>
  page.evaluate((another) => window.unplugUnderTest(another), isAnother)

test('the microphone is unplugged: the next one replaces it; without one, the agent can still be heard and written to', async ({
  page,
  context,
  assistant,
  faults,
}) => {
  await withPluggableMicrophone(context)
  await page.reload()
  await assistant.start()
  await faults.mark()
  await unplug(page, true)
  await expect(assistant.notice('Your microphone was disconnected.')).toBeVisible()
  await faults.record('microphone unplugged, there is another', await soundComesBack(page))

  await unplug(page, false)
  await expect(assistant.muteButton).toHaveAttribute('aria-disabled', 'true')
  const recoveryMs = await soundComesBack(page)
  await assistant.isConnected()
  await assistant.say('Can you read me?')
  await faults.record('microphone unplugged, there is no other', recoveryMs)
})
