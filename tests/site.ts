/** Serves the site that `npm run docs` has built, and looks at each page of the guides with axe, light and dark: `npm run test:site`. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright'
import { preview } from 'vite'
import { chromiumArgs, ensureChromium } from '../.config/browser.js'
import { navigation } from '../.config/site/navigation.js'
import { violationsOf } from './support/axe.js'

const built = resolve(import.meta.dirname, '../.cache/site/public')
if (!existsSync(join(built, 'index.html'))) throw new Error('There is no site yet: npm run docs')

const server = await preview({
  root: built,
  configFile: false,
  logLevel: 'error',
  build: { outDir: built },
  preview: { host: '127.0.0.1', port: 4391 },
})
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs })
const names = ['index', ...Object.values(navigation).flat()].filter((name) =>
  existsSync(join(built, `${name}.html`)),
)
let count = 0
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme, reducedMotion: 'reduce' })
    for (const name of names) {
      await page.goto(`http://127.0.0.1:4391/${name}.html`, { waitUntil: 'networkidle' })
      for (const violation of await violationsOf(page)) {
        count++
        console.log(`${name}, ${colorScheme}: ${violation}`)
      }
    }
    await page.close()
  }
} finally {
  await browser.close()
  await server.close()
}
console.log(`axe: ${names.length} pages in two schemes, ${count} violations`)
process.exit(count === 0 && names.length > 30 ? 0 : 1)
