/**
 * Runs the tests. `npm test` leaves out `slow`, slow files of `react-18`, and `heard`, which compares times on a quiet machine. It also
 * leaves out `openai`, which needs a key, and `apps`, `interop`, `stores`, `backup`, `processes`, `pipecat` and `livekit`, which install
 * third-party programs.
 * `npm test unit|browser|e2e` runs one part, `npm test PATH…` the given files. Finds or installs Chromium and, for the end-to-end tests,
 * Firefox.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { ensureChromium, ensureFirefox } from '../.config/browser.js'

const parts: Record<string, string[][]> = {
  unit: [['vitest', 'run', '-c', '.config/vitest.config.ts', '--project', 'unit']],
  browser: [
    [
      'vitest',
      'run',
      '-c',
      '.config/vitest.config.ts',
      ...['browser', 'react-18', 'storybook'].flatMap((project) => ['--project', project]),
    ],
  ],
  e2e: [
    ['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=e2e', '--project=integration'],
    ['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=timed'],
  ],
  'react-18': [['vitest', 'run', '-c', '.config/vitest.config.ts', '--project', 'react-18']],
  slow: [
    [
      ...['vitest', 'run', '-c', '.config/vitest.config.ts', '--project', 'unit', '--project', 'browser'],
      'tests/unit/orders/time-travel.test.ts',
      'tests/browser/react/announcements.test.tsx',
      'tests/browser/react/focus.test.tsx',
      'tests/browser/react/long-transcript.test.tsx',
    ],
    ['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=e2e', '--grep=@slow'],
  ],
  heard: [
    [
      ...['vitest', 'run', '-c', '.config/vitest.config.ts', '--project', 'browser'],
      'tests/browser/analytics/heard.test.ts',
    ],
    ['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=heard'],
  ],
  apps: [['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=apps']],
  interop: [['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=interop']],
  stores: [
    ['vitest', 'run', '-c', '.config/vitest.config.ts', '--project', 'stores'],
    [
      ...['vitest', 'run', '-c', '.config/vitest.config.ts', '--project', 'browser'],
      'tests/browser/storage/sqlite.test.ts',
    ],
  ],
  backup: [['vitest', 'run', '-c', '.config/vitest.config.ts', '--project', 'backup']],
  processes: [['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=processes']],
  openai: [['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=openai']],
  pipecat: [['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=pipecat']],
  livekit: [['playwright', 'test', '-c', '.config/playwright.config.ts', '--project=livekit']],
}

function commandsFor(args: string[]): string[][] {
  if (args.length === 0) return [...(parts.unit ?? []), ...(parts.browser ?? []), ...(parts.e2e ?? [])]
  const [first = ''] = args
  const part = parts[first]
  if (part) return part.map((command) => [...command, ...args.slice(1)])
  // The specification names the file below src/, where its own app has its tests.
  const files = args.map((path) => path.replace(/^src\/tests\//, 'tests/'))
  return files.every((path) => /\b(e2e|interop)\b/.test(path) || path.endsWith('.spec.ts'))
    ? [['playwright', 'test', '-c', '.config/playwright.config.ts', ...files]]
    : [['vitest', 'run', '-c', '.config/vitest.config.ts', ...files]]
}

// Only this part may spend the developer's money.
if (process.argv[2] !== 'openai') delete process.env.OPENAI_API_KEY
else if (!process.env.OPENAI_API_KEY) {
  console.error(`test:openai talks to a real model. Set
  OPENAI_API_KEY   an API key with access to the Realtime API (a run costs a few cents)
  OPENAI_BASE_URL  of a compatible server; https://api.openai.com/v1 by default
  OPENAI_MODEL     gpt-realtime by default
and run it again. Without a key, \`npm test e2e\` runs the same conversation with a double.`)
  process.exit(1)
}

if (process.argv[2] === 'react-18') process.env.REACT_18 = 'all'
if (process.argv[2] === 'slow') process.env.VITE_SLOW = 'true'
if (process.argv[2] === 'stores') process.env.ALL_STORES = 'true'
if (process.argv[2] === 'heard') process.env.VITE_HEARD_ROUNDS ??= '20'

process.env.CHROMIUM_PATH = ensureChromium()

/** How both runners begin the report of a failed test. */
const failedTest = /^\s*(FAIL\s|✘|\d+\) \[)/
const reason = /^\s*(\w*Error|Test timeout .*)\b/

/** Runs a command and shows its output. Collects the names of failed tests with their errors, because a log is often cut to its end. */
async function run([program = '', ...args]: string[], failures: Set<string>): Promise<boolean> {
  const child = spawn('npx', ['--no-install', program, ...args], {
    stdio: ['inherit', 'pipe', 'pipe'],
    env: process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env,
  })
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from.pipe(to, { end: false })
    let hasReason = true
    createInterface(from).on('line', (line) => {
      const text = stripVTControlCharacters(line)
      const isFailure = failedTest.test(text)
      if (isFailure || (!hasReason && reason.test(text))) failures.add(text.trim().slice(0, 500))
      if (isFailure) hasReason = false
      else if (reason.test(text)) hasReason = true
    })
  }
  const [status] = await once(child, 'close')
  return status === 0
}

const failures = new Set<string>()
let failed = 0
const commands = commandsFor(process.argv.slice(2))
if (commands.some(([program]) => program === 'playwright')) process.env.FIREFOX_PATH = ensureFirefox()
for (const command of commands) {
  if (!(await run(command, failures))) failed++
}
console.log(`Test runs: ${commands.length - failed} passed, ${failed} failed`)
for (const failure of failures) console.log(failure)
process.exit(failed === 0 ? 0 : 1)
