import type { Page } from '@playwright/test'
import { servePage } from '../../support/serve-page.js'
import { expect, test } from './support.js'
import type {} from './values-page/main.js'

/** Reloads in each test. */
const reloads = 20

let site = ''
let close = async () => {}

test.beforeAll(async () => {
  const served = await servePage(`${import.meta.dirname}/values-page`)
  site = served.url
  close = served.close
})

test.afterAll(() => close())

async function ready(page: Page): Promise<string[]> {
  await page.waitForFunction(() => 'cart' in window && window.cart.isRestored())
  return page.evaluate(() => window.cart.items())
}

/** Changes the cart and reloads in the same task, from the page's own script. */
async function addAndReload(page: Page, item: string): Promise<void> {
  const loaded = page.waitForEvent('load')
  await page.evaluate((added) => {
    setTimeout(() => {
      window.cart.add(added)
      location.reload()
    })
  }, item)
  await loaded
}

for (const [name, query] of [
  ['a change made in the task of a reload is stored, flushed as the docs say', '?flush'],
  ['also with a throttle', '?flush&throttle=60000'],
] as const) {
  test(name, async ({ launch }) => {
    const { page } = await launch()
    await page.goto(site + query)
    await ready(page)
    // A name's first value is not journalled, because its key is not stored yet.
    const added = ['item 0']
    await page.evaluate(() => {
      window.cart.add('item 0')
      return window.cart.flush()
    })
    await expect.poll(() => page.evaluate(() => window.cart.stored())).toMatch(/item 0/)
    const seen: number[] = []
    for (let count = 1; count <= reloads; count++) {
      added.push(`item ${count}`)
      await addAndReload(page, `item ${count}`)
      seen.push((await ready(page)).length)
    }
    expect(await ready(page)).toEqual(added)
  })
}
