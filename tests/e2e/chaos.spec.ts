import { expect, test } from '@playwright/test'
import { ChaosBrowser } from '../chaos/browser.js'
import { type ChaosOptions, chaos } from '../chaos/chaos.js'
import { type Plan, planOf, type Step } from '../chaos/plan.js'
import { serveChaos } from '../chaos/serve.js'

// Together they take about ten seconds, but the machine may be busy.
test.describe.configure({ timeout: 120_000 })

interface Served {
  url: string
  close(): Promise<void>
}

let page: Served
let faultyPage: Served

test.beforeAll(async () => {
  page = await serveChaos()
  faultyPage = await serveChaos({ isMutant: true })
})
test.afterAll(() => Promise.all([page.close(), faultyPage.close()]))

/** Runs `work` with a separate browser. */
async function inBrowser<T>({ url }: Served, work: (browser: ChaosBrowser) => Promise<T>): Promise<T> {
  const browser = await ChaosBrowser.launch(url)
  try {
    return await work(browser)
  } finally {
    await browser.close()
  }
}

const seed = '20261128'

test('no conversation is lost, whatever the quota, the clock, the tabs, the passphrase, frames and crashes do', async () => {
  await inBrowser(page, async (browser) => {
    for (const run of [0, 1]) {
      const { complaints, steps, expected } = await chaos({ seed, run, browser })
      expect(
        complaints,
        `npm run chaos -- --seed ${seed} --from ${run} --runs 1\n${steps.join('\n')}`,
      ).toEqual([])
      expect(expected).toBeGreaterThan(0)
    }
  })
})

const place = { tab: 0, isFrame: false }
const twoConversations: Step[] = [
  { type: 'open', tab: 0, passphrase: 'right', hasFrame: false },
  { type: 'say', place, length: 40, isSaved: true },
  { type: 'create', place },
  { type: 'say', place, length: 40, isSaved: true },
]
const planWith = (...steps: Step[]): Plan => ({ ...planOf(seed, 0), steps: [...twoConversations, ...steps] })

test('detects that a conversation is lost if its records are deleted', async () => {
  const sabotage: ChaosOptions['sabotage'] = (tab, [sessionId]) =>
    tab.evaluate(async (id) => {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open('redux-voice-agent')
        request.onsuccess = () => resolve(request.result)
      })
      const transaction = database.transaction('records', 'readwrite')
      transaction.objectStore('records').delete(`session/${id}/head`)
      await new Promise((resolve) => {
        transaction.oncomplete = resolve
      })
      database.close()
    }, sessionId)
  const { complaints, expected } = await inBrowser(page, (browser) =>
    chaos({ seed, run: 0, browser, sabotage, plan: planWith() }),
  )
  expect(expected).toBe(2)
  expect(complaints).toEqual([expect.stringContaining('is gone (without a word)')])
})

test('detects that a package which trusts one clock reading loses conversations', async () => {
  const year = 365 * 86_400_000
  const plan = planWith(
    { type: 'clock', offset: year, isNoticed: false },
    { type: 'leave', tab: 0, end: 'tab is closed' },
    { type: 'open', tab: 1, passphrase: 'right', hasFrame: false },
    { type: 'cleanUp', place: { tab: 1, isFrame: false } },
  )
  const { complaints } = await inBrowser(faultyPage, (browser) => chaos({ seed, run: 0, browser, plan }))
  expect(complaints).toEqual([
    expect.stringContaining('is gone (expired)'),
    expect.stringContaining('is gone (expired)'),
  ])
})
