/** All checks that need no browser and run no tests: types, lint, format, import direction, and the published package. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const folders = ['store', 'middleware', 'src', 'tests', 'storybook', 'examples']
const checks: Record<string, string[]> = {
  types: ['tsc', '-p', 'tsconfig.json'],
  'format, lint, import direction': [
    'biome',
    'check',
    '--config-path=.config/biome',
    '--error-on-warnings',
    ...folders,
    // Not the whole folder: Biome would treat its own file there as a second root.
    ...readdirSync('.config').flatMap((name) => (name.endsWith('.ts') ? [`.config/${name}`] : [])),
  ],
  'promises left alone': [
    'oxlint',
    '-c',
    '.config/oxlint.json',
    '--type-aware',
    '--deny-warnings',
    ...folders,
  ],
  'plain English': ['tsx', 'tests/style.ts'],
  'no decision by the state of the store': ['tsx', 'tests/decisions.ts'],
  'no test that needs a fast machine': ['tsx', 'tests/waits.ts'],
  build: ['vite', 'build', '-c', '.config/vite.config.ts', '--logLevel', 'warn'],
  declarations: ['tsc', '-p', '.config/tsconfig.build.json'],
  'pages of the API': ['tsx', '.config/site/build.ts', '--api'],
  'package fields': ['publint', '--strict'],
  'package types': [
    'attw',
    '--pack',
    '.',
    '--profile',
    'esm-only',
    '--ignore-rules',
    'internal-resolution-error',
  ],
  'bundle budgets, tree-shaking': ['tsx', 'tests/size.ts'],
}

let failed = 0
for (const [name, [program = '', ...args]] of Object.entries(checks)) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', program, ...args], {
    encoding: 'utf8',
  })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (status !== 0) {
    failed++
    console.log(stdout, stderr)
  }
}
console.log(`Checks: ${Object.keys(checks).length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
