/**
 * Builds Storybook and takes a screenshot of every story in light and dark, wide and 360 px, and with `--shop` of the example app.
 * `npm run screenshots [-- --only TEXT] [--no-build] [--shop URL]`; the overview is `.cache/screenshots/index.html`.
 * `--docs` takes the pictures for the docs instead, in docs/images.
 * `--locale de|ar` shows the stories in that language, `--hard` at 320 px, with text at twice its size and in forced colours.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright'
import { preview } from 'vite'
import { chromiumArgs, ensureChromium } from '../.config/browser.js'
import { shootDocs } from './docs-pictures.js'
import { overview, type Picture } from './screenshots-page.js'

const root = resolve(import.meta.dirname, '..')
const built = join(root, 'storybook-static')
const output = join(root, '.cache/screenshots')
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    'no-build': { type: 'boolean' },
    shop: { type: 'string' },
    locale: { type: 'string' },
    hard: { type: 'boolean' },
    docs: { type: 'boolean' },
  },
})

const themes = ['light', 'dark'] as const
const sizes = { wide: { width: 1280, height: 720 }, narrow: { width: 360, height: 720 } } as const
type Size = keyof typeof sizes
const hardSizes: Partial<Record<Size, { width: number; height: number }>> = {
  narrow: { width: 320, height: 900 },
}
const shotSizes: Partial<Record<Size, { width: number; height: number }>> = options.hard ? hardSizes : sizes

interface Story {
  id: string
  title: string
  name: string
  type: string
}

interface Medium {
  forcedColors?: 'active'
  contrast?: 'more'
  reducedMotion?: 'reduce'
}

/** Globals of Storybook's page. */
interface StoryPage {
  __STORYBOOK_ADDONS_CHANNEL__?: {
    last(event: string): unknown
    emit(event: string, data: unknown): void
  }
  __STORYBOOK_PREVIEW__?: {
    currentRender?: { phase?: string; story?: { parameters: { media?: Medium } } }
  }
}

const readPhase = () => (window as unknown as StoryPage).__STORYBOOK_PREVIEW__?.currentRender?.phase
/** Reads the failure from the channel, because the phase of a story with a failed play function is `finished` too. */
const readFailure = () => {
  const channel = (window as unknown as StoryPage).__STORYBOOK_ADDONS_CHANNEL__
  return Boolean(channel?.last('playFunctionThrewException') ?? channel?.last('storyThrewException'))
}
const readMedia = () =>
  (window as unknown as StoryPage).__STORYBOOK_PREVIEW__?.currentRender?.story?.parameters.media

/** Changes the language of the open story after its play function, which relies on the English names. */
const changeLocale = (locale: string) => {
  const channel = (window as unknown as StoryPage).__STORYBOOK_ADDONS_CHANNEL__
  channel?.emit('updateGlobals', { globals: { locale } })
}

/** Ids of stories whose play function failed. */
const failures: string[] = []

/** Shows a story after its play function. */
async function openStory(page: Page, address: string, id: string, theme: string): Promise<boolean> {
  await page.goto(`${address}/iframe.html?viewMode=story&id=${id}&globals=theme:${theme}`)
  await page.waitForFunction(`['completed', 'finished', 'errored', 'aborted'].includes((${readPhase})())`)
  return !(await page.evaluate(readFailure))
}

async function shootStories(browser: Browser, address: string, stories: Story[]): Promise<Picture[]> {
  const pictures: Picture[] = []
  for (const theme of themes) {
    for (const [size, viewport] of Object.entries(shotSizes)) {
      const context = await browser.newContext({ viewport, colorScheme: theme, locale: 'en-GB' })
      const page = await context.newPage()
      for (const { id, title, name } of stories) {
        await page.emulateMedia({
          colorScheme: theme,
          reducedMotion: 'reduce',
          forcedColors: 'none',
          contrast: null,
        })
        if (!(await openStory(page, address, id, theme))) failures.push(`${id} (${theme}, ${size})`)
        const media = await page.evaluate(readMedia)
        if (media) await page.emulateMedia(media)
        if (options.hard) {
          await page.emulateMedia({ forcedColors: 'active' })
          await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'))
        }
        if (options.locale) {
          await page.evaluate(changeLocale, options.locale)
          await page
            .locator(`[data-rva-part=root][lang=${options.locale}]`)
            .first()
            .waitFor({ timeout: 3000 })
            // A story that does not use the standard assistant keeps its language.
            .catch(() => undefined)
        }
        const file = `${id}--${theme}--${size}.png`
        await page.screenshot({ path: join(output, file), animations: 'disabled' })
        pictures.push({ file, title, name, theme, size })
      }
      await context.close()
    }
  }
  return pictures
}

/** Takes screenshots of the example app: its first page, the open assistant, a call, and the list of conversations. */
async function shootShop(browser: Browser, address: string): Promise<Picture[]> {
  const pictures: Picture[] = []
  for (const theme of themes) {
    for (const size of Object.keys(sizes) as Size[]) {
      const context = await browser.newContext({
        viewport: size === 'wide' ? { width: 1280, height: 800 } : sizes[size],
        colorScheme: theme,
        reducedMotion: 'reduce',
        permissions: ['microphone'],
      })
      const page = await context.newPage()
      const shoot = async (name: string) => {
        const file = `shop-${name.toLowerCase().replaceAll(' ', '-')}--${theme}--${size}.png`
        await page.screenshot({ path: join(output, file), animations: 'disabled' })
        pictures.push({ file, title: 'Example', name, theme, size })
      }
      await page.goto(address)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await shoot('Shop')
      const handle = page.locator('.dock-handle')
      if (await handle.isVisible()) await handle.click()
      await shoot('Assistant')
      await page.getByRole('button', { name: 'Start conversation' }).click()
      await page.getByRole('button', { name: 'End conversation' }).waitFor()
      await page.getByRole('textbox', { name: 'Message' }).fill('What teapots do you have?')
      await page.keyboard.press('Enter')
      await page.locator('article[data-role=assistant]').nth(1).waitFor()
      await shoot('In a call')
      await page.getByRole('button', { name: 'Conversations', exact: true }).click()
      await shoot('Conversations')
      await context.close()
    }
  }
  return pictures
}

if (!options['no-build']) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build-storybook', '--', '--quiet'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) process.exit(status ?? 1)
}
rmSync(output, { recursive: true, force: true })
mkdirSync(output, { recursive: true })

const index = JSON.parse(readFileSync(join(built, 'index.json'), 'utf8')) as {
  entries: Record<string, Story>
}
const stories = Object.values(index.entries).filter(
  ({ type, id }) => type === 'story' && id.includes(options.only ?? ''),
)
const server = await preview({
  root,
  configFile: false,
  logLevel: 'error',
  build: { outDir: built },
  preview: { host: '127.0.0.1', port: 0 },
})
const address = server.resolvedUrls?.local[0]?.replace(/\/$/, '') ?? ''
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs })
try {
  const takeDocs = async () => {
    const files = await shootDocs(browser, async (page, id) => {
      if (!(id in index.entries)) throw new Error(`There is no story ${id}.`)
      if (!(await openStory(page, address, id, 'light'))) failures.push(id)
    })
    console.log(`${files.length} pictures in docs/images`)
    return []
  }
  const pictures = options.docs ? await takeDocs() : await shootStories(browser, address, stories)
  if (options.shop) pictures.push(...(await shootShop(browser, options.shop)))
  writeFileSync(join(output, 'index.html'), overview(pictures))
  if (!options.docs) console.log(`${pictures.length} pictures: ${join(output, 'index.html')}`)
  for (const failure of failures) console.error(`The play function failed: ${failure}`)
  process.exitCode = failures.length === 0 ? 0 : 1
} finally {
  await browser.close()
  await server.close()
}
