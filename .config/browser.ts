import { existsSync } from 'node:fs'
import { ensurePackages } from './packages.js'

/** Flags that give a page a microphone that beeps, sound without a click, and no traffic of the browser's own. */
export const chromiumArgs = [
  '--no-sandbox',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Path of a Chromium on this machine: `CHROMIUM_PATH`, else where distributions put it; undefined when there is none. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM_PATH, ...candidates].find((path) => path !== undefined && existsSync(path))
}

/** The same, installed from Debian's packages first where it is missing and this user may. */
export function ensureChromium(): string {
  const found = findChromium()
  if (found) return found
  ensurePackages(
    [{ name: 'chromium', path: '/usr/bin/chromium' }],
    'The tests need a browser: set CHROMIUM_PATH to a Chromium, or',
  )
  const installed = findChromium()
  if (!installed) throw new Error('apt-get installed no Chromium: set CHROMIUM_PATH to one.')
  return installed
}
