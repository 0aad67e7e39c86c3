import { launch, type Browser as PuppeteerBrowser } from 'puppeteer-core'
import { chromiumArgs, ensureChromium, ensureFirefox } from '../../.config/browser.js'

export type Engine = 'chromium' | 'firefox' | 'webkitgtk'

export interface LaunchOptions {
  engine: Exclude<Engine, 'webkitgtk'>
  /** Chromium only. If false, every page is reloaded. */
  hasPageCache?: boolean
  /** A profile that outlives the browser. By default, a temporary one. */
  profile?: string
}

/** One driver for Chromium and Firefox. */
export function launchBrowser({
  engine,
  hasPageCache = true,
  profile,
}: LaunchOptions): Promise<PuppeteerBrowser> {
  const common = { headless: true, ...(profile === undefined ? {} : { userDataDir: profile }) }
  if (engine === 'firefox') {
    return launch({
      ...common,
      browser: 'firefox',
      executablePath: ensureFirefox(),
      extraPrefsFirefox: {
        // A script opens the duplicated tab.
        'dom.disable_open_during_load': false,
        // A microphone that beeps, without a prompt.
        'media.navigator.streams.fake': true,
        'media.navigator.permission.disabled': true,
        'media.autoplay.default': 0,
      },
    })
  }
  return launch({
    ...common,
    executablePath: ensureChromium(),
    args: [...chromiumArgs, ...(hasPageCache ? [] : ['--disable-features=BackForwardCache'])],
  })
}
