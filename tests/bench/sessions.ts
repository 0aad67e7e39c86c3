import type { Tab } from './browser.js'
import { median } from './measure.js'
import type { SessionCosts } from './page/sessions.js'

/** Page loads measured per size, alternating between sizes. */
const ROUNDS = 15
/** Maximum ratio for a large store. */
const WANTED = 1.5

const names: Record<keyof SessionCosts, string> = {
  load: 'page load',
  list: 'first 50 listed',
  nextPage: 'next 50 listed',
  idleStep: 'clean-up of nothing',
  step: 'clean-up of 100',
}

/** Compares page costs with few and with many stored sessions, alternating in one run. Returns the lines of a report. */
export async function benchSessions(tab: Tab, sizes: readonly number[]): Promise<string[]> {
  await tab.clear()
  await tab.load()
  for (const size of sizes) await tab.page.evaluate((count) => window.bench.seedSessions(count), size)
  const measured = new Map<number, SessionCosts[]>(sizes.map((size) => [size, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const size of sizes) {
      await tab.load()
      const costs = await tab.page.evaluate((count) => window.bench.measureSessions(count), size)
      // The first round warms the browser's caches.
      if (round > 0) measured.get(size)?.push(costs)
    }
  }
  const [few = 0] = sizes
  return (Object.keys(names) as (keyof SessionCosts)[]).map((name) => {
    const of = (size: number) => median((measured.get(size) ?? []).map((costs) => costs[name]))
    const cells = sizes.map((size) => `${of(size).toFixed(1)} ms with ${size.toLocaleString('en')}`)
    const ratio = of(sizes.at(-1) ?? 0) / of(few)
    return `${names[name]}: ${cells.join(', ')}; ratio ${ratio.toFixed(2)} (wanted: at most ${WANTED})`
  })
}
