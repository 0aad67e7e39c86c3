import { expect, test } from './support/faults.js'
import { soundComesBack } from './support/sound.js'

const offers = '**/api/voice-agent/offer'

// The offer is rejected with 403.
test.use({ tolerated: [/^error: Failed to load resource|\[redux-voice-agent\] signalling-rejected/] })

test('a reload while connecting, connected, disconnected, reconnecting and failed @long', async ({
  page,
  assistant,
  voiceServer,
  faults,
}) => {
  test.setTimeout(150_000)
  const state = (name: string) => expect(assistant.connection).toHaveAttribute('data-state', name)
  const reloadAndHear = async (from: string) => {
    await page.reload()
    const recoveryMs = await soundComesBack(page)
    await assistant.isConnected()
    await faults.record(`reload while ${from}`, recoveryMs)
  }

  const held = page.waitForRequest(offers)
  await page.route(offers, () => new Promise(() => {}), { times: 1 })
  await assistant.startButton.click()
  await held
  await reloadAndHear('connecting')

  await assistant.greeted()
  await reloadAndHear('connected')

  await assistant.end()
  await state('disconnected')
  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  await state('idle')
  await faults.record('reload while disconnected', 0, 'Continue conversation')

  await assistant.startButton.click()
  await state('connected')

  await voiceServer.kill()
  await state('reconnecting')
  await voiceServer.start()
  await reloadAndHear('reconnecting')

  await page.route(offers, (route) => route.fulfill({ status: 403 }))
  await page.reload()
  await state('failed')
  await page.unroute(offers)
  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  await state('idle')
  await assistant.startButton.click()
  const recoveryMs = await soundComesBack(page)
  await assistant.isConnected()
  await faults.record('reload while failed', recoveryMs, 'Continue conversation')
})
