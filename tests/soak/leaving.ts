import { setTimeout as delay } from 'node:timers/promises'
import type { Loaded } from './page/main.js'
import type { Random } from './random.js'
import type { Tab } from './tab.js'

/** The ways in which a page leaves and returns. */
export const leavings = {
  /** Reloads. */
  reload: async (tab) => {
    await tab.page.reload()
    return tab.loaded()
  },
  /** Reloads, and again while that is still restoring. */
  'reload twice': async (tab, random) => {
    await tab.page.reload()
    await delay(random.between(0, 30))
    await tab.page.reload()
    return tab.loaded()
  },
  /** Navigates to another page, and then to this one again. */
  'navigate and return': async (tab) => {
    await tab.page.goto(tab.awayAddress)
    await tab.page.goto(tab.address())
    return tab.loaded()
  },
  /** Navigates to another page, and back through the history. */
  'navigate and go back': async (tab) => {
    await tab.page.goto(tab.awayAddress)
    await tab.page.goBack()
    return tab.loaded()
  },
  /** Closes the tab as a user does, and restores its session in a new one. */
  'close, new tab': (tab) => closeAndReplace(tab, true),
  /** The same without `beforeunload`, as when the browser discards the tab. */
  'close unasked, new tab': (tab) => closeAndReplace(tab, false),
  /** Duplicates the tab, which finds nothing of this one's session, and reloads. */
  'duplicate, reload': async (tab) => {
    await duplicate(tab)
    await tab.page.reload()
    return tab.loaded()
  },
} satisfies Record<string, (tab: Tab, random: Random) => Promise<Loaded>>

export type Leaving = keyof typeof leavings

/** The ways that WebKitGTK's WebDriver supports. It closes no tab with `beforeunload`. */
export const leavingsInWebKit = [
  'reload',
  'reload twice',
  'navigate and return',
  'navigate and go back',
  'close unasked, new tab',
  'duplicate, reload',
] as const satisfies Leaving[]

async function closeAndReplace(tab: Tab, runBeforeUnload: boolean): Promise<Loaded> {
  const truth = await tab.truth()
  if (!truth) throw new Error('The page has no session to close.')
  await tab.page.close({ runBeforeUnload })
  await tab.replace(truth.sessionId)
  const loaded = await tab.loaded()
  // localStorage carries the truth to the new tab. If it were outdated, a loss would go unnoticed.
  if (loaded.seen < truth.count) throw new Error(`The truth lacks ${truth.count - loaded.seen} messages.`)
  return loaded
}

async function duplicate(tab: Tab): Promise<void> {
  const page = await tab.page.duplicate()
  await page.waitForSoak()
  const { reason, sessionId } = await tab.loaded(page)
  const own = await tab.truth()
  await page.close()
  if (reason !== 'duplicated-tab') throw new Error(`A duplicated tab was not detected: ${reason}.`)
  if (sessionId === own?.sessionId) throw new Error("A duplicated tab has the other tab's session.")
}
