import type { ChildProcess } from 'node:child_process'
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import type { Page as FirefoxPage } from 'puppeteer-core'
import { launchBrowser } from '../soak/browsers.js'
import { violationsOf } from '../support/axe.js'
import { test as base, collectComplaints, expect, unexpected } from './fixtures.js'
import { assistantOn } from './support/assistant.js'
import { answers, end, freePort, runScript } from './support/processes.js'
import { canary, findOnDisk } from './support/profile.js'
import { serveShop } from './support/shop.js'
import { onToken } from './support/tokens.js'
import type { VoiceServer } from './support/voice-server.js'

/** Starts the voice server with its output, home and temporary files in one folder. */
async function startWatched(port: number, folder: string): Promise<ChildProcess> {
  const child = runScript('examples/voice-app/server/main.ts', {
    VOICE_SERVER_PORT: String(port),
    VOICE_WORDS_PER_MINUTE: '400',
    HOME: folder,
    TMPDIR: folder,
  })
  child.stdout?.pipe(createWriteStream(join(folder, 'stdout.log')))
  child.stderr?.pipe(createWriteStream(join(folder, 'stderr.log')))
  await answers(`http://127.0.0.1:${port}/api/voice-agent/health`)
  return child
}

/** Files outside the folder that the process has open for writing. */
function openForWriting(pid: number, folder: string): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`)
      const [, flags = '0'] =
        /flags:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8')) ?? []
      const isWritten = (Number.parseInt(flags, 8) & 3) !== 0
      const isFile = target.startsWith('/') && !target.startsWith('/dev/') && !target.startsWith(folder)
      return isWritten && isFile ? [target] : []
    } catch {
      return []
    }
  })
}

interface Watched {
  folder: string
  pid(): number
}

const test = base.extend<object, { watched: Watched & { server: VoiceServer } }>({
  watched: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'redux-voice-agent-shares-'))
      const port = await freePort()
      let child: ChildProcess | undefined
      const stop = async (signal: NodeJS.Signals) => {
        if (child) await end(child, signal)
      }
      await use({
        folder,
        pid: () => child?.pid ?? 0,
        server: {
          port,
          async start() {
            child = await startWatched(port, folder)
          },
          kill: () => stop('SIGKILL'),
          stop: () => stop('SIGTERM'),
        },
      })
      await stop('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  stack: [
    async ({ watched: { server } }, use) => {
      const port = await freePort()
      const [shop] = await Promise.all([serveShop({ port, voicePort: server.port }), server.start()])
      await use({ url: shop.url, voiceServer: server })
      await shop.close()
    },
    { scope: 'worker', timeout: 120_000 },
  ],
})

const bubbles = (page: Page, label: string) =>
  page.getByRole('log', { name: label }).locator('[data-rva-part=bubble]').allInnerTexts()

/** Creates a share on the *Labs* page. Returns its link, and the texts of the preview. */
async function share(page: Page, role: string): Promise<{ link: string; preview: string[] }> {
  await page.getByRole('link', { name: 'Labs' }).click()
  await page.getByRole('button', { name: 'Share this conversation' }).click()
  await page.getByLabel('The reader may').selectOption({ label: role })
  const preview = await bubbles(page, 'Preview')
  await page.getByRole('button', { name: 'Create a link' }).click()
  const link = await page.getByRole('textbox', { name: 'Link', exact: true }).inputValue()
  return { link, preview }
}

async function talk(page: Page, words: readonly string[]) {
  const assistant = assistantOn(page)
  await assistant.start()
  await assistant.greeted()
  for (const word of words) await assistant.ask(`Do you have ${word} tea?`)
  return assistant
}

const textOf = (page: FirefoxPage) => page.evaluate(() => document.body.innerText)

const waitForText = (page: FirefoxPage, text: string) =>
  page.waitForFunction((wanted) => document.body.innerText.includes(wanted), { polling: 50 }, text)

async function commentIn(page: FirefoxPage, text: string): Promise<void> {
  await page.locator('textarea').fill(text)
  await page.locator('[data-rva-part=comment-form] button').click()
}

/** Names in code that accesses the microphone or makes a call. */
const callCode = /getUserMedia|RTCPeerConnection|AudioContext/

/** URLs of the scripts that a page has loaded. */
const scriptsOf = (page: Pick<FirefoxPage, 'evaluate'>) =>
  page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => /\.js($|\?)/.test(name)),
  )

/** Returns the scripts that contain call code. */
async function withCalls(urls: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()))
  return urls.filter((_, index) => callCode.test(texts[index] ?? ''))
}

test('Firefox opens what Chromium shared, comments on it, and learns with its next request that it was revoked @slow', async ({
  page,
  assistant,
  watched,
}) => {
  test.setTimeout(120_000)
  const words = [canary(), canary()]
  await talk(page, words)
  const { link, preview } = await share(page, 'Read and comment')
  expect(preview.join('\n')).toContain(words[0])
  expect(preview.length).toBe((await assistant.shown()).filter(({ role }) => role !== 'tool').length)
  expect(await violationsOf(page)).toEqual([])

  const firefox = await launchBrowser({ engine: 'firefox' })
  try {
    const reader = await firefox.newPage()
    await reader.goto(link)
    await waitForText(reader, words[1] ?? '')
    const shown = await reader.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[role=log] [data-rva-part=bubble]')].map(
        ({ innerText }) => innerText,
      ),
    )
    expect(shown).toEqual(preview)
    expect(await reader.evaluate(() => location.href)).toBe(link.slice(0, link.indexOf('#')))
    const scripts = await scriptsOf(reader)
    expect(scripts.length).toBeGreaterThan(0)
    expect(await withCalls(scripts)).toEqual([])
    // Control: the shop's own page has such code.
    expect(await withCalls(await scriptsOf(page as never))).not.toEqual([])

    const comment = canary()
    await commentIn(reader, comment)
    await waitForText(reader, 'Your comment was added.')

    await page.getByRole('button', { name: 'Stop sharing' }).click()
    await expect(page.getByRole('button', { name: 'Stop sharing' })).toHaveCount(0)
    await commentIn(reader, 'Is it still here?')
    await waitForText(reader, 'Its owner has stopped sharing it.')
    for (const word of [...words, comment]) expect(await textOf(reader)).not.toContain(word)

    // It is also gone when reopened.
    await reader.goto('about:blank')
    await reader.goto(link)
    await waitForText(reader, 'Its owner has stopped sharing it.')

    const secrets = [...words, comment, link.slice(link.lastIndexOf('.') + 1)]
    expect(findOnDisk(watched.folder, secrets)).toEqual([])
    expect(openForWriting(watched.pid(), watched.folder)).toEqual([])
  } finally {
    await firefox.close()
  }
})

/** Records what a page's offers send: the session's id, the token, and the context. */
function watchOffers(context: BrowserContext) {
  const offers: { authorization: string; body: string }[] = []
  context.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/api/voice-agent/offer'))
      offers.push({
        authorization: request.headers().authorization ?? '',
        body: request.postData() ?? '',
      })
  })
  return offers
}

test('a reader continues a share in a new session, with a new token @slow', async ({
  page,
  context,
  browser,
  stack,
}) => {
  test.setTimeout(120_000)
  const word = canary()
  const ownerTokens: string[] = []
  onToken(context, ({ token, session_id }) => ownerTokens.push(token, session_id))
  await page.goto('/')
  const owner = await talk(page, [word])
  const { link } = await share(page, 'Read, comment and continue')
  await owner.end()

  const own = await browser.newContext({ baseURL: stack.url, permissions: ['microphone'] })
  const complaints = collectComplaints(own)
  const offers = watchOffers(own)
  const reader = await own.newPage()
  await reader.goto(link)
  await expect(reader.getByText(`Do you have ${word} tea?`)).toBeVisible()
  expect(await violationsOf(reader)).toEqual([])
  await reader.getByRole('button', { name: 'Continue as my own' }).click()
  const mine = assistantOn(reader)
  await expect(reader).toHaveURL(`${stack.url}/`)
  await expect(mine.log.getByText(`Do you have ${word} tea?`)).toBeVisible()
  await mine.startButton.click()
  await mine.isConnected()
  await mine.ask('How are you?')

  expect(ownerTokens.length).toBeGreaterThan(1)
  expect(offers.length).toBeGreaterThan(0)
  for (const { authorization, body } of offers) {
    expect(body).toContain(word)
    for (const secret of ownerTokens) expect(`${authorization} ${body}`).not.toContain(secret)
  }
  await reader.reload()
  await expect(mine.log.getByText(`Do you have ${word} tea?`)).toBeVisible()
  expect(unexpected(complaints)).toEqual([])
  await own.close()
})

test("two tabs keep each other's receipts, and pressing again creates no second share @slow", async ({
  page,
  context,
}) => {
  await page.goto('/')
  await talk(page, [canary()])
  await share(page, 'Read')
  const stops = page.getByRole('button', { name: 'Stop sharing' })
  await expect(stops).toHaveCount(1)
  const other = await context.newPage()
  await other.goto('/labs')
  await expect(other.getByRole('button', { name: 'Stop sharing' })).toHaveCount(1)

  const puts: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'PUT') puts.push(request.url())
  })
  await page.getByRole('button', { name: 'Create a link' }).dblclick()
  await expect(page.getByRole('textbox', { name: 'Link', exact: true })).toBeVisible()
  await expect(stops).toHaveCount(2)
  expect(puts).toHaveLength(1)
  // The other tab has both, and revokes the first one.
  await expect(other.getByRole('button', { name: 'Stop sharing' })).toHaveCount(2)
  await other.getByRole('button', { name: 'Stop sharing' }).first().click()
  await expect(stops).toHaveCount(1)
  await page.getByRole('button', { name: 'Create a link' }).click()
  await expect(stops).toHaveCount(2)
  await other.reload()
  await expect(other.getByRole('button', { name: 'Stop sharing' })).toHaveCount(2)
})

test('a share for one person opens in their browser, and in no other @slow', async ({
  page,
  browser,
  stack,
}) => {
  const contexts = await Promise.all([0, 1].map(() => browser.newContext({ baseURL: stack.url })))
  const [ada, eve] = await Promise.all(contexts.map((context) => context.newPage()))
  if (!ada || !eve) throw new Error('There are two pages.')
  await ada.goto('/labs')
  await ada.getByRole('button', { name: 'Show my public key' }).click()
  const publicKey = await ada.getByLabel(/^My public key/).inputValue()

  const word = canary()
  await page.goto('/')
  await talk(page, [word])
  await page.getByRole('link', { name: 'Labs' }).click()
  await page.getByRole('button', { name: 'Share this conversation' }).click()
  await page.getByLabel('Public key of one person (optional)').fill(publicKey)
  await page.getByRole('button', { name: 'Create a link' }).click()
  const link = await page.getByRole('textbox', { name: 'Link', exact: true }).inputValue()
  expect(link).toMatch(/\/shared#[\w-]{22}$/)

  await ada.goto(link)
  await expect(ada.getByText(`Do you have ${word} tea?`)).toBeVisible()
  await eve.goto(link)
  await expect(eve.getByText('This conversation was shared with another person')).toBeVisible()
  for (const context of contexts) await context.close()
})
