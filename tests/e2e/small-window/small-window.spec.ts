import { resolve } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import { launch } from 'puppeteer-core'
import { ensureChromium } from '../../../.config/browser.js'
import { servePage } from '../../support/serve-page.js'
import { test as base, expect } from '../fixtures.js'
import { assistantOn } from '../support/assistant.js'
import { withSilentMicrophone } from '../support/microphones.js'
import { countPeers } from '../support/peers.js'
import type {} from './page/main.js'

declare global {
  interface Window {
    players: HTMLAudioElement[]
  }
}

const test = base.extend<object, { site: { url: string } }>({
  site: [
    async ({ stack }, use) => {
      const page = resolve(import.meta.dirname, 'page')
      const served = await servePage(page, [], { '/api': `http://127.0.0.1:${stack.voiceServer.port}` })
      await use(served)
      await served.close()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  page: async ({ page, site }, use) => {
    await page.addInitScript(() => {
      window.players = []
      window.Audio = class extends Audio {
        constructor() {
          super()
          window.players.push(this)
        }
      }
    })
    await page.goto(site.url)
    await use(page)
  },
})

// A context with explicit permissions has no others.
test.use({ permissions: ['microphone', 'clipboard-read', 'clipboard-write'] })

const openName = 'Open in a small window'
const assistantIn = (page: Page, title = 'Ask the shop') => page.getByRole('region', { name: title })

/** Opens an assistant's small window by keyboard. */
async function openWindow(context: BrowserContext, page: Page, title?: string): Promise<Page> {
  const arrives = context.waitForEvent('page')
  await assistantIn(page, title).getByRole('button', { name: openName }).focus()
  await page.keyboard.press('Enter')
  const small = await arrives
  await expect(small.getByRole('region')).toBeVisible()
  return small
}

/** Accessible name of the focused element. */
const focusOf = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent ?? null
  })
/** Announcements since the page was loaded. */
const heardIn = (page: Page) => page.evaluate(() => window.heard)
const playing = (page: Page) =>
  page.evaluate(() => window.players.filter(({ paused, srcObject }) => srcObject !== null && !paused).length)

async function tabTo(page: Page, name: string) {
  for (let stop = 0; (await focusOf(page)) !== name; stop++) {
    expect(stop, `The keyboard does not reach ${name}.`).toBeLessThan(15)
    await page.keyboard.press('Tab')
  }
}

test("a whole call in the window works by keyboard alone: one voice, one announcer, and the page's look", async ({
  context,
  page,
}) => {
  const small = await openWindow(context, page)
  await expect(assistantIn(page).getByText('The assistant is in a small window.')).toBeVisible()
  await expect(small).toHaveTitle('Ask the shop')
  // Not a button, because the first one may end a call.
  expect(await focusOf(small)).toBe('Ask the shop')

  // The styles of the package, of a style sheet and of an element in the page. The size in the page does not apply to the window.
  const part = (name: string) => small.locator(`[data-rva-part=${name}]`)
  await expect(part('root')).toHaveCSS('display', 'flex')
  await expect(part('primary')).toHaveCSS('background-color', 'rgb(120, 20, 90)')
  await expect(part('title')).toHaveCSS('text-decoration-line', 'underline')
  const sizes = await small.evaluate(() => [document.querySelector('section')?.offsetHeight, innerHeight])
  expect(sizes[0]).toBe(sizes[1])

  await tabTo(small, 'Start conversation')
  await small.keyboard.press('Enter')
  const assistant = assistantOn(small)
  await assistant.isConnected()
  await assistant.greeted()
  await tabTo(small, 'Message')
  await small.keyboard.type('What teas do you have?')
  await small.keyboard.press('Enter')
  await assistant.hasSaid(/sencha/i)
  expect(await playing(page)).toBe(1)
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  const heard = await heardIn(page)
  expect(heard).toContain('window: Connected.')
  expect(heard.filter((line) => line.startsWith('page: '))).toEqual([])

  // Escape closes a panel, but neither the window nor the call.
  await tabTo(small, 'Microphone and speaker')
  await small.keyboard.press('Enter')
  await expect(small.getByRole('group', { name: 'Microphone and speaker' })).toBeVisible()
  await small.keyboard.press('Escape')
  await expect(small.getByRole('group', { name: 'Microphone and speaker' })).toHaveCount(0)
  expect(await focusOf(small)).toBe('Microphone and speaker')
  await assistant.isConnected()
})

/** Starts a call in a small window. */
async function callInWindow(context: BrowserContext, page: Page) {
  const small = await openWindow(context, page)
  const assistant = assistantOn(small)
  await assistant.start()
  return { small, assistant }
}

const isOn = (page: Page) =>
  page.evaluate(() => {
    const { selectors, agent } = window.agents.first
    return selectors.selectVoiceAgent(agent.store.getState()).connection.status
  })

test('when the user closes the window, the parts, the draft and the focus return, and the call continues', async ({
  context,
  page,
}) => {
  const { small, assistant } = await callInWindow(context, page)
  await assistant.greeted()
  await small.getByRole('textbox', { name: 'Message' }).fill('Half a sentence')
  await small.close()
  const inPage = assistantIn(page)
  await expect(inPage.getByRole('textbox', { name: 'Message' })).toHaveValue('Half a sentence')
  await expect(inPage.getByRole('button', { name: openName })).toBeFocused()
  await expect(inPage.getByRole('log').getByRole('article')).not.toHaveCount(0)
  expect(await isOn(page)).toBe('connected')
  expect(await playing(page)).toBe(1)
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  await inPage.getByRole('button', { name: 'End conversation' }).click()
  await expect.poll(() => heardIn(page)).toContain('page: The conversation has ended.')
})

test('closing a window does not take the focus from elsewhere in the page @slow', async ({
  context,
  page,
}) => {
  const small = await openWindow(context, page)
  const search = page.getByRole('textbox', { name: 'Search the shop' })
  await search.focus()
  await small.close()
  await expect(assistantIn(page).getByRole('button', { name: openName })).toBeVisible()
  await expect(search).toBeFocused()
})

test('the page takes the parts back, and opens them again @slow', async ({ context, page }) => {
  for (const _ of ['first', 'second']) {
    const small = await openWindow(context, page)
    const closes = small.waitForEvent('close')
    await assistantIn(page).getByRole('button', { name: 'Bring it back' }).click()
    await closes
    await expect(assistantIn(page).getByRole('button', { name: openName })).toBeFocused()
    await expect(assistantIn(page).getByRole('textbox', { name: 'Message' })).toBeVisible()
  }
})

test('if two assistants share a call, the one that last opened a window has it @slow', async ({
  context,
  page,
}) => {
  const { small, assistant } = await callInWindow(context, page)
  await assistant.greeted()
  const closes = small.waitForEvent('close')
  const other = await openWindow(context, page, 'Ask again')
  await closes
  await expect(assistantIn(page).getByRole('textbox', { name: 'Message' })).toBeVisible()
  await assistantOn(other).isConnected()
  expect(await focusOf(other)).toBe('Ask again')
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  await assistantOn(other).end()
  const ended = async () => (await heardIn(page)).filter((line) => line.endsWith('has ended.'))
  await expect.poll(ended).toEqual(['window: The conversation has ended.'])
})

test('replacing the agent closes the window and its call, and the page shows the other agent @slow', async ({
  context,
  page,
}) => {
  const { small, assistant } = await callInWindow(context, page)
  await assistant.greeted()
  const closes = small.waitForEvent('close')
  await page.getByRole('button', { name: 'Another agent' }).click()
  await closes
  const inPage = assistantIn(page)
  await expect(inPage.getByRole('button', { name: 'Start conversation' })).toBeVisible()
  await expect(inPage.getByRole('article')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Another agent' })).toBeFocused()
  await expect.poll(() => isOn(page)).toBe('disconnected')
  const again = await openWindow(context, page)
  await expect(again.getByRole('button', { name: 'Start conversation' })).toBeVisible()
})

test('a reload of the page closes its window, and the call continues in the page', async ({
  context,
  page,
}) => {
  const { small, assistant } = await callInWindow(context, page)
  await assistant.greeted()
  const closes = small.waitForEvent('close')
  await page.reload()
  await closes
  await expect(assistantIn(page).getByText('Conversation restored')).toBeVisible()
  await expect.poll(() => isOn(page)).toBe('connected')
})

test("the window follows the page's theme, and can be copied from", async ({ context, page }) => {
  const { small, assistant } = await callInWindow(context, page)
  await assistant.greeted()
  await page.getByRole('button', { name: 'Night' }).click()
  await expect(small.locator('html')).toHaveClass('shop night')
  const send = small.locator('[data-rva-part=send] [data-rva-part=icon]')
  await expect(send).toHaveCSS('color-scheme', 'dark')
  await small.bringToFront()
  await small.getByRole('button', { name: 'Conversations' }).click()
  await small.getByRole('button', { name: 'Copy text' }).click()
  await expect(small.getByRole('region', { name: 'Conversations' }).getByRole('status').first()).toHaveText(
    'The conversation was copied.',
  )
})

test('over another tab, the window follows the words, and the levels and statistics continue', async ({
  site,
}) => {
  // Not with Playwright, where pages are never hidden.
  const browser = await launch({
    executablePath: ensureChromium(),
    args: withSilentMicrophone().args,
    defaultViewport: null,
  })
  try {
    const [page] = await browser.pages()
    if (!page) throw new Error('The browser has no page.')
    await page.goto(site.url)
    await page.locator(`::-p-aria([name="${openName}"])`).click()
    const target = await browser.waitForTarget((one) => one.type() === 'page' && one.url() === 'about:blank')
    const small = await target.asPage()
    await small.locator('::-p-aria([name="Start conversation"])').click()
    await small.locator('[data-connection=connected]').wait()
    const other = await browser.newPage()
    await other.bringToFront()
    await page.waitForFunction(() => document.visibilityState === 'hidden')

    const samples = () =>
      page.evaluate(() => {
        const { selectors, agent } = window.agents.first
        return selectors.selectVoiceAgent(agent.store.getState()).stats.network.length
      })
    const before = await samples()
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const level = window.agents.first.agent.audioLevel('agent')
          const stop = level.subscribe(() => {
            if (level.get() === 0) return
            stop()
            resolve()
          })
          window.agents.first.agent.sendText('What teas do you have?')
        }),
    )
    await expect.poll(samples).toBeGreaterThan(before + 2)
    for (const question of ['Tell me about sencha.', 'What teapots do you have?', 'And which mugs?'])
      await page.evaluate((text) => void window.agents.first.agent.sendText(text), question)
    await small.waitForFunction(() => {
      const view = document.querySelector('[data-rva-part=viewport]')
      return view && view.scrollHeight > view.clientHeight + 100
    })
    const toEnd = () =>
      small.evaluate(() => {
        const view = document.querySelector('[data-rva-part=viewport]') as Element
        return view.scrollHeight - view.clientHeight - view.scrollTop
      })
    expect(await toEnd()).toBeLessThanOrEqual(1)
    expect(await page.evaluate(() => document.visibilityState)).toBe('hidden')
  } finally {
    await browser.close()
  }
})
