import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter'
import { repository } from '../../e2e/support/processes.js'
import { agentsVersion, serverVersion } from './install-livekit.js'
import { pipecatVersion } from './install-pipecat.js'
import { pionVersion } from './pion.js'

const ofDebian = (name: string) =>
  execFileSync('dpkg-query', ['-W', '-f', `\${Version}`, name], { encoding: 'utf8' })

function ofNpm(name: string): string {
  const { version } = JSON.parse(
    readFileSync(resolve(repository, 'node_modules', name, 'package.json'), 'utf8'),
  )
  return version
}

/** Peers by test file. */
const peers: Record<string, [peer: string, version: () => string]> = {
  'janus.spec.ts': ['Janus', () => ofDebian('janus')],
  'livekit.spec.ts': ['LiveKit server, Agents', () => `${serverVersion}, ${agentsVersion}`],
  'pion.spec.ts': ['Pion whip-whep', () => pionVersion],
  'pipecat.spec.ts': ['bot on aiortc', () => ofDebian('python3-aiortc')],
  'pipecat-client.spec.ts': ['@pipecat-ai/client-js', () => ofNpm('@pipecat-ai/client-js')],
  'pipecat-reloads.spec.ts': ['Pipecat', () => pipecatVersion],
  'pipecat-server.spec.ts': ['Pipecat', () => pipecatVersion],
  'relay.spec.ts': ['coturn', () => ofDebian('coturn')],
  'relay-credentials.spec.ts': ['coturn', () => ofDebian('coturn')],
}

function versionOf(version: (() => string) | undefined): string {
  try {
    return version?.() ?? ''
  } catch {
    // It was not installed, so its tests have failed.
    return 'missing'
  }
}

/** Prints a table of the tests with third-party peers, and no other tests. */
// biome-ignore lint/style/noDefaultExport: Playwright loads a reporter by it
export default class InteropTable implements Reporter {
  readonly #rows: string[] = []

  onTestEnd(test: TestCase, { status, duration }: TestResult) {
    if (!/[\\/]interop[\\/]/.test(test.location.file)) return
    const file = basename(test.location.file)
    const [peer, version] = peers[file] ?? [file.replace('.spec.ts', '')]
    // Without project and file.
    const tried = test.titlePath().slice(3).join(': ')
    this.#rows.push(
      `| ${peer} | ${versionOf(version)} | ${tried} | ${status}, ${Math.round(duration / 1_000)} s |`,
    )
  }

  onEnd() {
    if (this.#rows.length > 0)
      console.log(['', '| Peer | Version | Tried | Result |', '|---|---|---|---|', ...this.#rows].join('\n'))
  }

  printsToStdio() {
    return false
  }
}
