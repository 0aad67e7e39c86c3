/** Hands a conversation from tab to tab at random moments, with the example's server: `npm run test:mirror -- --count 200 --seed 1`. */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { ensureChromium, ensureFirefox } from '../.config/browser.js'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
})
const env = {
  ...process.env,
  CHROMIUM_PATH: ensureChromium(),
  FIREFOX_PATH: ensureFirefox(),
  HAND_OVERS: values.count,
  HAND_OVERS_SEED: values.seed,
  MIRROR_FIGURES: '1',
  // Includes the mirrors of 10,000 messages.
  VITE_SLOW: 'true',
}
const files = ['tests/e2e/mirror/hand-overs.spec.ts', 'tests/e2e/mirror/tabs.spec.ts']
const { status } = spawnSync(
  'npx',
  [
    '--no-install',
    'playwright',
    'test',
    '-c',
    '.config/playwright.config.ts',
    '--project=e2e',
    '--workers=1',
    ...files,
  ],
  { stdio: 'inherit', env },
)
process.exit(status ?? 1)
