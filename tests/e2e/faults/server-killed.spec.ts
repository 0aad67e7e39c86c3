import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from './support/faults.js'
import { soundComesBack } from './support/sound.js'

for (const [seconds, tag] of [
  [1, ''],
  [5, '@long'],
  [30, '@long'],
] as const) {
  test(`the server is killed, and restarted after ${seconds} s ${tag}`, async ({
    page,
    assistant,
    voiceServer,
    faults,
  }) => {
    test.setTimeout(150_000)
    await assistant.start()
    // A loss is detected only after the agent has been heard for a while.
    await assistant.greeted()
    await faults.mark()
    await voiceServer.kill()
    // The test depends on the length of the outage.
    await delay(seconds * 1_000)
    await voiceServer.start()
    const recoveryMs = await soundComesBack(page)
    await assistant.isConnected()
    await faults.record(`server killed, back after ${seconds} s`, recoveryMs)
    expect(recoveryMs).toBeLessThan(15_000)
  })
}
