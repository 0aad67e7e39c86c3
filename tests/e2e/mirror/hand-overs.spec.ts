import { writeFileSync } from 'node:fs'
import type { BrowserContext, Page } from '@playwright/test'
import { randomOf } from '../../soak/random.js'
import { expect, test } from '../fixtures.js'
import { type Assistant, assistantOn, type Shown } from '../support/assistant.js'
import { countPeers } from '../support/peers.js'
import { overlaps, watchMicrophones } from './microphones.js'

/** Set by `npm run test:mirror`. */
const count = Number(process.env.HAND_OVERS ?? 200)
const seed = process.env.HAND_OVERS_SEED ?? '1'

interface Tab {
  page: Page
  assistant: Assistant
}

const questions = [
  'How are you?',
  'What teas do you have?',
  'What does shipping cost?',
  'Tell me about the Jade Sencha.',
  'When are you open?',
] as const

async function openTab(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage()
  await page.goto('/')
  return { page, assistant: assistantOn(page) }
}

const mirrors = ({ page }: Tab) => page.locator('[data-notice=mirror-live]')

/** Loads earlier messages, because a tab that takes a conversation over or starts mirroring it has only the last ones. */
async function loadAll({ page, assistant: { articles } }: Tab): Promise<void> {
  const earlier = page.locator('[data-rva-part=load-earlier]')
  while ((await earlier.count()) > 0) {
    const before = await articles.count()
    await earlier.click()
    await expect(async () => expect(await articles.count()).toBeGreaterThan(before)).toPass()
  }
}

/** Texts in the transcript, except those that are still changing. */
const finals = (shown: readonly Shown[]) =>
  shown.filter(({ status }) => status !== 'streaming').map(({ role, text }) => `${role}: ${text}`)

test('three tabs take a conversation from each other at random moments: nothing is lost, duplicated or reordered', async ({
  context,
  page,
}) => {
  test.setTimeout(60_000 + count * 20_000)
  await watchMicrophones(context)
  await context.addInitScript(() => {
    if (location.protocol === 'http:') localStorage.setItem('labs/mirror', 'on')
  })
  /** Offers that request a handover from the server. */
  let handovers = 0
  context.on('request', (request) => {
    if (request.url().endsWith('/offer') && request.postData()?.includes('"handover":true')) handovers++
  })
  await page.goto('/')
  const tabs: Tab[] = [{ page, assistant: assistantOn(page) }]
  await tabs[0]?.assistant.start()
  for (let index = 1; index < 3; index++) {
    const tab = await openTab(context)
    await tab.page.getByRole('button', { name: 'Show here' }).click()
    await expect(mirrors(tab)).toBeVisible()
    tabs.push(tab)
  }

  const random = randomOf(seed)
  const typed: string[] = []
  const times: number[] = []
  let owner = 0
  for (let round = 0; round < count; round++) {
    const asks = random.fraction() < 0.7
    if (asks) {
      // From any tab, the owner or a mirror.
      const text = `${random.pick(questions)} (${round})`
      await tabs[random.between(0, 2)]?.assistant.say(text)
      typed.push(text)
    }
    await page.waitForTimeout(random.between(0, 1_500))
    const next = (owner + random.between(1, 2)) % 3
    const [from, to] = [tabs[owner] as Tab, tabs[next] as Tab]
    const madeBefore = await countPeers(from.page)
    const start = Date.now()
    await to.page.getByRole('button', { name: 'Use here' }).click()
    await expect(to.page.locator('[data-notice^=mirror-]')).toHaveCount(0)
    await to.assistant.isConnected()
    times.push(Date.now() - start)
    for (const tab of tabs) if (tab !== to) await expect(mirrors(tab)).toBeVisible()
    expect((await countPeers(from.page)).live).toBe(0)
    expect((await countPeers(from.page)).made).toBe(madeBefore.made)
    expect((await countPeers(to.page)).live).toBe(1)
    owner = next
  }

  expect(handovers).toBe(count)
  const last = tabs[owner] as Tab
  await last.assistant.ask('Are you still there?')
  for (const tab of tabs) await loadAll(tab)
  const shown = await last.assistant.shown()
  for (const tab of tabs)
    await expect(async () =>
      expect(await tab.assistant.shown()).toEqual(await last.assistant.shown()),
    ).toPass()
  const users = shown.filter(({ role }) => role === 'user').map(({ text }) => text)
  const asked = typed.map((text) => users.filter((one) => one.includes(text)).length)
  expect(asked).toEqual(typed.map(() => 1))
  expect(users.map((text) => typed.findIndex((one) => text.includes(one))).filter((at) => at >= 0)).toEqual(
    typed.map((_, index) => index),
  )
  // By id, because the scripted agent repeats its answers.
  const ids = await last.assistant.log
    .locator('[data-message]')
    .evaluateAll((turns) => turns.map((turn) => turn.getAttribute('data-message')))
  expect(ids).toHaveLength(shown.length)
  expect(new Set(ids).size, 'no turn is there twice').toBe(ids.length)
  expect(await overlaps(tabs.map((tab) => tab.page))).toEqual([])

  // The conversation is on disk: the owner's reload restores it, and the mirrors follow it.
  await last.page.reload()
  await expect(last.assistant.restoredNotice.first()).toBeVisible()
  await last.assistant.isConnected()
  for (const tab of tabs) if (tab !== last) await expect(mirrors(tab)).toBeVisible()
  await loadAll(last)
  const restored = finals(await last.assistant.shown())
  expect(restored.slice(0, finals(shown).length)).toEqual(finals(shown))

  if (process.env.HAND_OVERS) {
    const sorted = times.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]
    const report = { seed, count, typed: typed.length, medianMs: at(0.5), p95Ms: at(0.95) }
    console.log(JSON.stringify(report))
    if (process.env.HAND_OVERS_REPORT) writeFileSync(process.env.HAND_OVERS_REPORT, JSON.stringify(report))
  }
})
