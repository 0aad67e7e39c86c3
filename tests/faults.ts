/**
 * Runs every fault against the example's real server process, and writes a table into docs/about/measurements.md.
 * The table shows the statuses seen and the time until recovery. Takes about ten minutes.
 *
 * - `--server pipecat`: uses Pipecat's own runner instead of the example's server, with a separate table.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureChromium } from '../.config/browser.js'
import type { FaultRow } from './e2e/faults/support/faults.js'
import { installPipecat } from './interop/support/install-pipecat.js'

const guide = resolve(import.meta.dirname, '../docs/about/measurements.md')
const args = process.argv.slice(2)
const option = args.indexOf('--server')
const [, server = 'example'] = option < 0 ? [] : args.splice(option, 2)
if (server !== 'example' && server !== 'pipecat')
  throw new Error(`--server must be example or pipecat; got ${server}.`)
if (server === 'pipecat') installPipecat()
const command = server === 'pipecat' ? 'npm run test:faults -- --server pipecat' : 'npm run test:faults'
const [begin, end] = [`<!-- fault table: ${command} -->`, '<!-- end of fault table -->']

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
    // One at a time, because the table contains durations.
    '--workers=1',
    ...args,
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, FAULTS_FILE: file, FAULTS_SERVER: server, CHROMIUM_PATH: ensureChromium() },
  },
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

// Saves only a complete run.
if (status === 0 && args.length === 0) {
  const text = readFileSync(guide, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`${guide} must have "${begin}" and, after it, "${end}".`)
  writeFileSync(guide, `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`)
}
process.exit(status ?? 1)
