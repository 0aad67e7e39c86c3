/**
 * Records README's animated picture from the example: speak, reload in the middle of the answer, go to another page.
 * `npm run picture`; it writes docs/images/reload.gif.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { chromium, type Page } from 'playwright'
import { ensureChromium } from '../.config/browser.js'
import { withSilentMicrophone } from '../tests/e2e/support/microphones.js'

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
/** Wide enough for the shop to show its assistant beside the page. The picture is smaller, with a caption above. */
const viewport = { width: 1280, height: 720 }
const captionHeight = 36
const [width, height] = [960, 540 + captionHeight]
/** Milliseconds per frame in the picture, even if a slow machine takes longer to capture it. */
const frameMs = 80
const holdMs = 1_500
/** Captures one of this many frames in a sequence, so that the sequence is short. */
const stride = 3
const ports = { PORT: '5391', VOICE_SERVER_PORT: '8991' }
const largestBytes = 1_500_000

interface Frame {
  png: Buffer
  caption: string
  delay: number
}

const frames: Frame[] = []
let caption = ''

/** Captures a frame, unless it is identical to the previous one. */
async function shoot(page: Page, delay = frameMs): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled' })
  const last = frames.at(-1)
  if (last?.caption === caption && last.png.equals(png)) last.delay = Math.max(last.delay, delay)
  else frames.push({ png, caption, delay })
}

/** Captures frames until the promise settles. */
async function shootDuring(page: Page, action: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = action.finally(() => {
    isOver = true
  })
  for (let taken = 0; !isOver; taken++) {
    if (taken % stride === 0) await shoot(page)
    else await page.screenshot({ animations: 'disabled' })
  }
  await over
}

async function play(page: Page): Promise<void> {
  const message = page.getByRole('textbox', { name: 'Message' })
  caption = '1  Start a conversation'
  await page.goto(`http://localhost:${ports.PORT}/`)
  await page.getByRole('button', { name: 'Start conversation' }).waitFor()
  await shoot(page, holdMs)
  await page.getByRole('button', { name: 'Start conversation' }).click()
  await shootDuring(page, page.locator('[data-role="assistant"][data-status="final"]').first().waitFor())
  caption = '2  Speak, or type'
  for (const word of ['What teas', ' do you', ' have?']) {
    await message.pressSequentially(word)
    await shoot(page, 300)
  }
  await page.keyboard.press('Enter')
  const middle = page
    .locator('[data-role="assistant"][data-status="streaming"]')
    .filter({ hasText: /(\S+ ){9}/ })
    .waitFor()
  await shootDuring(page, middle)
  caption = '3  Reload in the middle of the answer'
  await shoot(page, holdMs)
  await page.reload()
  await shootDuring(page, page.getByText('The agent picks up where you left off.').first().waitFor())
  caption = '4  The conversation is back, and the agent continues'
  await shoot(page, holdMs)
  await shootDuring(page, page.locator('[data-activity="listening"]').first().waitFor())
  await shoot(page, holdMs)
  caption = '5  Another page, the same call'
  await page.getByRole('link', { name: /Mug/ }).first().click()
  await shoot(page, holdMs)
}

/** Decodes frames to pixels and draws their captions, in the browser. */
async function decode(page: Page, pictures: readonly Frame[]): Promise<Uint8Array[]> {
  const decoded: Uint8Array[] = []
  for (const { png, caption } of pictures) {
    const base64 = await page.evaluate(
      async ({ source, caption, width, height, captionHeight }) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob())
        const context = new OffscreenCanvas(width, height).getContext('2d')
        if (!context) throw new Error('The browser has no canvas.')
        context.imageSmoothingQuality = 'high'
        context.drawImage(bitmap, 0, captionHeight, width, height - captionHeight)
        context.fillStyle = '#1f2937'
        context.fillRect(0, 0, width, captionHeight)
        context.fillStyle = '#ffffff'
        context.font = '600 17px system-ui, sans-serif'
        context.textBaseline = 'middle'
        context.fillText(caption, 16, captionHeight / 2)
        const { data } = context.getImageData(0, 0, width, height)
        let text = ''
        for (let at = 0; at < data.length; at += 32_768)
          text += String.fromCharCode(...data.subarray(at, at + 32_768))
        return btoa(text)
      },
      { source: png.toString('base64'), caption, width, height, captionHeight },
    )
    decoded.push(new Uint8Array(Buffer.from(base64, 'base64')))
  }
  return decoded
}

/** Encodes only the pixels that changed; all others are transparent. */
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
ensureChromium()
const browser = await chromium.launch(withSilentMicrophone())
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
  const pictures = await decode(page, frames)
  const delays = frames.map(({ delay }) => delay)
  const bytes = encode(pictures, delays)
  if (bytes.length > largestBytes)
    throw new Error(`The picture has ${bytes.length} bytes; ${largestBytes} are allowed.`)
  writeFileSync(join(root, 'docs/images/reload.gif'), bytes)
  const seconds = delays.reduce((sum, delay) => sum + delay, 0) / 1000
  console.log(
    `docs/images/reload.gif: ${frames.length} frames, ${seconds} s, ${Math.round(bytes.length / 1000)} kB`,
  )
} finally {
  await browser.close()
  shop.kill('SIGTERM')
  await ended
}
