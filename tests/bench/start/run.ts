/**
 * Measures how soon after the app's module starts the last message is back in the store: `npm run bench:start`. A production build, one
 * tab that is reloaded, its session's newest segment read. Medians, and the middle half of the reloads.
 *
 * @packageDocumentation
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { chromiumArgs, ensureChromium } from '../../../.config/browser.js'
import { servePage } from '../../support/serve-page.js'

const { values } = parseArgs({
  options: {
    reloads: { type: 'string', default: '40' },
    messages: { type: 'string', default: '200' },
  },
})
const server = await servePage(resolve(import.meta.dirname))
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs })
try {
  const page = await browser.newPage()
  await page.goto(server.url)
  await page.waitForFunction(() => 'start' in window)
  await page.evaluate((count) => window.start.seed(count), Number(values.messages))
  const times: number[] = []
  for (let reload = -3; reload < Number(values.reloads); reload++) {
    await page.reload()
    await page.waitForFunction(() => 'start' in window)
    const ms = await page.evaluate(() => window.start.restored)
    if (ms === null) throw new Error('Nothing was restored.')
    // Three warm-up rounds.
    if (reload >= 0) times.push(ms)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(1)
  console.log(`Chromium ${browser.version()}, ${values.messages} messages, ${times.length} reloads`)
  console.log(`Restored ${at(0.5)} ms after the app's module began (${at(0.25)} to ${at(0.75)})`)
} finally {
  await browser.close()
  await server.close()
}
