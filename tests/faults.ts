/**
 * Runs every fault against the example's real server process, and writes a table into docs/about/measurements.md.
 * The table shows the statuses seen and the time until recovery. Takes about ten minutes.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureChromium } from '../.config/browser.js'
import type { FaultRow } from './e2e/faults/support/faults.js'

const guide = resolve(import.meta.dirname, '../docs/about/measurements.md')
const [begin, end] = ['<!-- fault table: npm run test:faults -->', '<!-- end of fault table -->']

const file = join(mkdtempSync(join(tmpdir(), 'faults-')), 'rows.jsonl')
const { status } = spawnSync(
  'npx',
  [
    '--no-install',
    'playwright',
    'test',
    '-c',
    '.config/playwright.config.ts',
    'tests/e2e/faults',
    // One after the other: how long each takes is the table.
    '--workers=1',
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env: { ...process.env, FAULTS_FILE: file, CHROMIUM_PATH: ensureChromium() } },
)

const rows = existsSync(file)
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as FaultRow)
  : []
const seconds = (ms: number) => (ms < 10 ? '–' : `${(ms / 1000).toFixed(1)} s`)
const table = [
  '| fault | states seen | sound is back after | by |',
  '|---|---|---|---|',
  ...rows.map(
    ({ fault, states, recoveryMs, by }) =>
      `| ${fault} | ${states} | ${seconds(recoveryMs)} | ${by || 'itself'} |`,
  ),
].join('\n')
console.log(table)

// Only a whole run is worth keeping.
if (status === 0 && process.argv.length === 2) {
  const text = readFileSync(guide, 'utf8')
  const [before, rest = ''] = text.split(begin)
  const after = rest.split(end)[1] ?? ''
  writeFileSync(guide, `${before}${begin}\n\n${table}\n\n${end}${after}`)
}
process.exit(status ?? 1)
