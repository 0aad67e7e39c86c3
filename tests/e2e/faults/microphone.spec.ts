import { expect, test } from './support/faults.js'
import { soundComesBack } from './support/sound.js'

test('the microphone ends during the call: said, and the agent is still heard and written to', async ({
  page,
  context,
  assistant,
  faults,
}) => {
  await context.addInitScript(() => {
    const media = navigator.mediaDevices
    const open = media.getUserMedia.bind(media)
    media.getUserMedia = async (constraints) => {
      const stream = await open(constraints)
      Object.assign(window, { microphoneUnderTest: stream.getAudioTracks()[0] })
      return stream
    }
  })
  await page.reload()
  await assistant.start()
  await faults.mark()
  // Chromium's stand-in for a microphone can't be unplugged: the end of its track, and the event, are made here.
  await page.evaluate(() => {
    const { microphoneUnderTest: track } = window as unknown as { microphoneUnderTest: MediaStreamTrack }
    track.stop()
    track.dispatchEvent(new Event('ended'))
  })
  await expect(assistant.muteButton).toHaveAttribute('aria-disabled', 'true')
  const recoveryMs = await soundComesBack(page)
  await assistant.isConnected()
  await assistant.say('Can you read me?')
  await faults.record('microphone track ended', recoveryMs)
})
