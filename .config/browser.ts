import { existsSync, readdirSync } from 'node:fs'
import { ensurePackages } from './packages.js'

/**
 * Features of Chromium that are turned off. Chromium obeys only the last list, so this one repeats what matters of Playwright's. Last come the
 * popups of the address bar, which need a renderer for each window.
 */
const disabledFeatures = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
]

/** Flags for a fake microphone that beeps, sound without a click, and no background traffic. */
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
  `--disable-features=${disabledFeatures.join(',')}`,
]

interface Browser {
  name: string
  /** Debian's package. */
  package: string
  /** Environment variable with the path of a browser installed elsewhere. */
  variable: string
  /** The first is where Debian's package puts it. */
  paths: [string, ...string[]]
}

const chromium: Browser = {
  name: 'Chromium',
  package: 'chromium',
  variable: 'CHROMIUM_PATH',
  paths: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
}
const firefox: Browser = {
  name: 'Firefox',
  package: 'firefox-esr',
  variable: 'FIREFOX_PATH',
  paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
}

const find = ({ variable, paths }: Browser) =>
  [process.env[variable], ...paths].find((path) => path !== undefined && existsSync(path))

function ensure(browser: Browser): string {
  const found = find(browser)
  if (found) return found
  const { name, variable, paths, package: debian } = browser
  ensurePackages(
    [{ name: debian, path: paths[0] }],
    `The tests need a browser: set ${variable} to a ${name}, or`,
  )
  const installed = find(browser)
  if (!installed) throw new Error(`apt-get did not install ${name}: set ${variable} to its path.`)
  return installed
}

/** Path of Chromium: `CHROMIUM_PATH`, or else where distributions install it; undefined if there is none. */
export const findChromium = (): string | undefined => find(chromium)

/** Like {@link findChromium}, but first installs Debian's package if it is missing and this user may. */
export const ensureChromium = (): string => ensure(chromium)

/** Path of Firefox: `FIREFOX_PATH`, or else where distributions install it. Installs it if necessary, like {@link ensureChromium}. */
export const ensureFirefox = (): string => ensure(firefox)

/** Debian's paths of the programs that drive WebKitGTK, which are installed if necessary. The browser's folder depends on the architecture. */
export function ensureWebKit(): { driver: string; browser: string; display: string } {
  const driver = '/usr/bin/WebKitWebDriver'
  const display = '/usr/bin/Xvfb'
  ensurePackages(
    [
      { name: 'webkit2gtk-driver', path: driver },
      { name: 'xvfb', path: display },
    ],
    'The soak in WebKitGTK needs its WebDriver:',
  )
  const folder = readdirSync('/usr/lib').find((name) =>
    existsSync(`/usr/lib/${name}/webkit2gtk-4.1/MiniBrowser`),
  )
  if (!folder) throw new Error('There is no MiniBrowser in /usr/lib.')
  return { driver, display, browser: `/usr/lib/${folder}/webkit2gtk-4.1/MiniBrowser` }
}
