/**
 * Measures the panel with 100, 1,000 and 10,000 messages, in a production build and this machine's Chromium: `npm run bench:ui`. Prints
 * its first paint, the cost of a streamed delta, and the frame times while scrolling. Asserts nothing about time.
 */
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { chromiumArgs, ensureChromium } from '../../../.config/browser.js'
import type { UiFigures } from './page.js'

const root = resolve(import.meta.dirname)
const outDir = resolve(root, '../../../.cache/bench-ui')
await build({
  root,
  configFile: false,
  logLevel: 'error',
  plugins: [react()],
  resolve: { tsconfigPaths: true },
  build: { outDir, emptyOutDir: true },
})
const server = await preview({
  root,
  configFile: false,
  logLevel: 'error',
  build: { outDir },
  preview: { host: '127.0.0.1', port: 0 },
})
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs })
try {
  const page = await browser.newPage({ viewport: { width: 420, height: 760 } })
  await page.goto(server.resolvedUrls?.local[0] ?? '')
  console.log(
    '| messages | first paint ms | all there ms | delta ms | frames of a scroll: median ms | slowest 1 % ms | above 33 ms |',
  )
  console.log('|---:|---:|---:|---:|---:|---:|---:|')
  for (const count of [100, 1_000, 10_000]) {
    const figures = (await page.evaluate(`measureUi(${count})`)) as UiFigures
    const { firstPaint, complete, delta, frames } = figures
    const sorted = frames.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
    const row = [firstPaint, complete, delta, at(0.5), at(0.99)].map((figure) => figure.toFixed(2))
    console.log(
      `| ${[count.toLocaleString('en'), ...row, frames.filter((ms) => ms > 33).length].join(' | ')} |`,
    )
  }
} finally {
  await browser.close()
  await server.close()
}
