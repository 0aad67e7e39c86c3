import { setTimeout as delay } from 'node:timers/promises'
import { onToken } from '../support/tokens.js'
import { expect, isPipecat, test } from './support/faults.js'
import { soundComesBack } from './support/sound.js'

const lifeSeconds = 6

test.describe('tokens that expire within seconds', () => {
  test.beforeEach(async ({ voiceServer }) => {
    await voiceServer.stop()
    await voiceServer.start({ VOICE_TOKEN_TTL_S: String(lifeSeconds) })
  })
  test.afterEach(async ({ voiceServer }) => {
    await voiceServer.stop()
    await voiceServer.start()
  })

  test('the token expires during the call, and while the page is closed @long', async ({
    page,
    context,
    assistant,
    faults,
  }) => {
    let tokens = 0
    onToken(context, () => tokens++)
    await assistant.start()
    await faults.mark()
    await expect.poll(() => tokens, { timeout: 15_000 }).toBeGreaterThanOrEqual(3)
    await assistant.isConnected()
    await faults.record('token expires during the call', await soundComesBack(page))

    await page.goto('about:blank')
    await delay((lifeSeconds + 1) * 1_000)
    await page.goBack()
    const recoveryMs = await soundComesBack(page)
    await assistant.isConnected()
    await faults.record('token expired while the page was away', recoveryMs)
  })
})

test('the token is revoked: a different server does not know it', async ({
  page,
  assistant,
  voiceServer,
  faults,
}) => {
  test.skip(isPipecat, 'Pipecat asks for no token.')
  await assistant.start()
  await faults.mark()
  // A farewell closes the channel immediately. The new process signs with another key.
  await voiceServer.stop()
  await voiceServer.start()
  const recoveryMs = await soundComesBack(page)
  await assistant.isConnected()
  await faults.record('token revoked (server replaced)', recoveryMs)
})
