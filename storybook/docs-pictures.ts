import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Browser, Locator, Page } from 'playwright'

/** Pictures for the docs: the file, the story, and the element to show. */
const pictures: Record<string, { story: string; of: string }> = {
  ...Object.fromEntries(
    Object.entries({
      'microphone-denied': 'microphone-and-sound--denied',
      'token-expired': 'trouble--session-expired',
      'signalling-rejected': 'trouble--failed-fatal',
      'agent-unreachable': 'trouble--agent-never-joined',
      'reconnect-exhausted': 'trouble--failed-saved',
      'text-too-long': 'trouble--text-too-long',
      'session-newer': 'restoration-and-storage--saved-by-newer-app',
      'session-rolled-back': 'restoration-and-storage--older-copy',
      'storage-unavailable': 'restoration-and-storage--storage-unavailable',
      'storage-quota': 'restoration-and-storage--quota-full',
    }).map(([code, story]) => [
      `errors/${code}`,
      { story: `assistant-${story}`, of: '[data-rva-part=notice]' },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      header: 'header--header',
      status: 'status--status',
      notice: 'notice--notice',
      transcript: 'transcript--transcript',
      composer: 'composer--composer',
      'talk-button': 'talk-button--talk-button',
      controls: 'controls--controls',
      'call-check': 'call-check--failed',
      captions: 'captions--captions',
      dock: 'dock--dock',
    }).map(([part, story]) => [`parts/${part}`, { story: `parts-${story}`, of: '.own-part' }]),
  ),
  'parts/statistics': { story: 'assistant-statistics--good', of: '[data-rva-part=statistics]' },
}

/** Pictures are shown at this width, and have twice the resolution. */
const viewport = { width: 480, height: 560 }
const quality = 0.85

/** Encodes a picture as WebP, in the browser. */
const toWebp = (page: Page, png: Buffer): Promise<string> =>
  page.evaluate(
    async ({ source, quality }) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob())
      const canvas = document.createElement('canvas')
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height })
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
      return canvas.toDataURL('image/webp', quality).replace(/^.*,/, '')
    },
    { source: png.toString('base64'), quality },
  )

/** Takes the pictures for the docs: `npm run screenshots -- --docs` writes them to docs/images. */
export async function shootDocs(
  browser: Browser,
  open: (page: Page, story: string) => Promise<void>,
): Promise<string[]> {
  const folder = resolve(import.meta.dirname, '../docs/images')
  const context = await browser.newContext({
    viewport,
    deviceScaleFactor: 2,
    colorScheme: 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
  })
  const page = await context.newPage()
  const encoder = await context.newPage()
  const written: string[] = []
  for (const [name, { story, of }] of Object.entries(pictures)) {
    await open(page, story)
    const shown: Locator = page.locator(of).first()
    const png = await shown.screenshot({ animations: 'disabled' })
    const file = join(folder, `${name}.webp`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, Buffer.from(await toWebp(encoder, png), 'base64'))
    written.push(file)
  }
  await context.close()
  return written
}
