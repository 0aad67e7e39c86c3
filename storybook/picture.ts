/**
 * Makes the animated picture of README from the example: speak, reload in the middle of the answer, go to another page and back.
 * `npm run picture`; it writes docs/public/reload.gif.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { chromium, type Page } from 'playwright'
import { chromiumArgs, ensureChromium } from '../.config/browser.js'

/** The used part of gifenc, which has no types. */
interface Gifenc {
  GIFEncoder(): {
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: {
        palette?: number[][]
        delay: number
        transparent?: boolean
        transparentIndex?: number
        dispose?: number
      },
    ): void
    finish(): void
    bytes(): Uint8Array
  }
  quantize(rgba: Uint8Array, maxColors: number): number[][]
  applyPalette(rgba: Uint8Array, palette: number[][]): Uint8Array
}

const { GIFEncoder, quantize, applyPalette } = createRequire(import.meta.url)('gifenc') as Gifenc
const root = resolve(import.meta.dirname, '..')
/** Wide enough for the shop to show its assistant beside the page; the picture is smaller. */
const viewport = { width: 1280, height: 720 }
const [width, height] = [960, 540]
const ports = { PORT: '5391', VOICE_SERVER_PORT: '8991' }
const largestBytes = 1_500_000

interface Frame {
  png: Buffer
  at: number
}

const frames: Frame[] = []

async function shoot(page: Page): Promise<void> {
  frames.push({ png: await page.screenshot({ animations: 'disabled' }), at: Date.now() })
}

/** Takes pictures until the promise has settled. */
async function shootDuring(page: Page, action: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = action.finally(() => {
    isOver = true
  })
  while (!isOver) await shoot(page)
  await over
}

async function play(page: Page): Promise<void> {
  const answer = page.locator('[role="log"] [data-role="assistant"]')
  await page.goto(`http://localhost:${ports.PORT}/`)
  await page.getByRole('button', { name: 'Start conversation' }).waitFor()
  await shoot(page)
  await page.getByRole('button', { name: 'Start conversation' }).click()
  await shootDuring(page, answer.filter({ hasText: 'Hello' }).first().waitFor())
  await shootDuring(
    page,
    page.getByRole('textbox', { name: 'Message' }).pressSequentially('What teas do you have?', { delay: 60 }),
  )
  await page.keyboard.press('Enter')
  await shootDuring(
    page,
    answer
      .filter({ hasText: /(\S+ ){9}/ })
      .nth(1)
      .waitFor(),
  )
  await page.reload()
  await shootDuring(page, page.getByText('The agent is back where you were.').first().waitFor())
  await shootDuring(page, page.locator('[data-activity="listening"]').first().waitFor())
  await page.getByRole('link', { name: /Mug/ }).first().click()
  await shoot(page)
  await page.goBack()
  await shoot(page)
}

/** Pixels of pictures, decoded by the browser. */
async function decode(page: Page, pngs: readonly Buffer[]): Promise<Uint8Array[]> {
  const decoded: Uint8Array[] = []
  for (const png of pngs) {
    const base64 = await page.evaluate(
      async ({ source, width, height }) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob())
        const context = new OffscreenCanvas(width, height).getContext('2d')
        if (!context) throw new Error('The browser has no canvas.')
        context.imageSmoothingQuality = 'high'
        context.drawImage(bitmap, 0, 0, width, height)
        const { data } = context.getImageData(0, 0, width, height)
        let text = ''
        for (let at = 0; at < data.length; at += 32_768)
          text += String.fromCharCode(...data.subarray(at, at + 32_768))
        return btoa(text)
      },
      { source: png.toString('base64'), width, height },
    )
    decoded.push(new Uint8Array(Buffer.from(base64, 'base64')))
  }
  return decoded
}

/** Encodes only the pixels that changed: all others are transparent. */
function encode(pictures: readonly Uint8Array[], delays: readonly number[]): Uint8Array {
  const samples = [0, Math.floor(pictures.length / 2), pictures.length - 1].flatMap(
    (at) => pictures[at] ?? [],
  )
  const sample = new Uint8Array(samples.reduce((sum, { length }) => sum + length, 0))
  samples.reduce((offset, part) => {
    sample.set(part, offset)
    return offset + part.length
  }, 0)
  const palette = quantize(sample, 127)
  const transparentIndex = palette.length
  const gif = GIFEncoder()
  let before: Uint8Array | null = null
  for (const [at, picture] of pictures.entries()) {
    const index = applyPalette(picture, palette)
    const changed = index.map((color, pixel) => (before?.[pixel] === color ? transparentIndex : color))
    gif.writeFrame(changed, width, height, {
      ...(at === 0 && { palette: [...palette, [0, 0, 0]] }),
      delay: delays[at] ?? 200,
      transparent: true,
      transparentIndex,
      dispose: 1,
    })
    before = index
  }
  gif.finish()
  return gif.bytes()
}

const shop = spawn(process.execPath, ['--import', 'tsx', join(root, 'examples/voice-app/start.ts')], {
  env: { ...process.env, ...ports },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = once(shop, 'exit')
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs })
try {
  let said = ''
  for await (const text of shop.stdout) {
    said += String(text)
    if (said.includes('Stop')) break
  }
  const context = await browser.newContext({
    viewport,
    colorScheme: 'light',
    permissions: ['microphone'],
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await play(page)
  const pictures = await decode(
    page,
    frames.map(({ png }) => png),
  )
  const delays = frames.map(({ at }, index) =>
    // The last one stays; a slow machine does not make the picture slow.
    index === frames.length - 1 ? 2500 : Math.min(400, (frames[index + 1]?.at ?? at) - at),
  )
  const bytes = encode(pictures, delays)
  if (bytes.length > largestBytes)
    throw new Error(`The picture has ${bytes.length} bytes; ${largestBytes} are allowed.`)
  mkdirSync(join(root, 'docs/public'), { recursive: true })
  writeFileSync(join(root, 'docs/public/reload.gif'), bytes)
  console.log(`docs/public/reload.gif: ${frames.length} frames, ${Math.round(bytes.length / 1000)} kB`)
} finally {
  await browser.close()
  shop.kill('SIGTERM')
  await ended
}
