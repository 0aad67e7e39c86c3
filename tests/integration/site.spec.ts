import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Browser, expect, test } from '@playwright/test'
import { type PreviewServer, preview } from 'vite'
import { navigation } from '../../.config/site/navigation.js'
import { violationsOf } from '../support/axe.js'

const root = resolve(import.meta.dirname, '../..')
const built = join(root, '.cache/site/public')
const pages = ['index', ...Object.values(navigation).flat()]

test.describe.configure({ timeout: 400_000 })

let site: PreviewServer
test.beforeAll(async () => {
  test.setTimeout(400_000)
  execFileSync('npx', ['--no-install', 'tsx', '.config/site/build.ts', '--guides'], { cwd: root })
  site = await preview({
    root: built,
    configFile: false,
    logLevel: 'error',
    build: { outDir: built },
    preview: { host: '127.0.0.1', port: 0 },
  })
})
test.afterAll(async () => site.close())

/** The dark scheme differs only in its colors, so one page of each kind is enough (home, diagrams, code, several languages, pictures). */
const darkPages = [
  'index',
  'concepts/lifecycle',
  'concepts/guarantees',
  'testing',
  'production',
  'components',
]

async function lookAt(
  names: readonly string[],
  browser: Browser,
  colorScheme: 'light' | 'dark',
  rules?: string[],
): Promise<string[]> {
  const page = await browser.newPage({ colorScheme, reducedMotion: 'reduce' })
  const found: string[] = []
  for (const name of names) {
    await page.goto(`${site.resolvedUrls?.local[0]}${name}.html`)
    // Scripts render the diagrams, and label the scheme switch.
    await page.waitForFunction(() => {
      const isDrawn = (diagram: Element) => diagram.querySelector('svg') !== null
      const isNamed = (button: Element) => button.getAttribute('title') !== ''
      return (
        [...document.querySelectorAll('.mermaid')].every(isDrawn) &&
        [...document.querySelectorAll('.VPSwitchAppearance')].every(isNamed)
      )
    })
    const violations = await violationsOf(page, rules)
    found.push(...violations.map((violation) => `${name}, ${colorScheme}: ${violation}`))
  }
  await page.close()
  return found
}

test('axe finds nothing on any page of the docs, light and dark', async ({ browser }) => {
  expect(pages.filter((name) => !existsSync(join(built, `${name}.html`)))).toEqual([])
  const found = await Promise.all([
    lookAt(pages, browser, 'light'),
    lookAt(darkPages, browser, 'dark', ['color-contrast']),
  ])
  expect(found.flat()).toEqual([])
})
