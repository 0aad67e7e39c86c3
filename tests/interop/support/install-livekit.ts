import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { repository } from '../../e2e/support/processes.js'
import { findPython } from './install-pipecat.js'

/**
 * The server and the agents under test. Their versions are part of the results, because others may behave differently. Servers from 1.13
 * on replace modules with forks, which `go install` rejects.
 */
export const serverVersion = 'v1.11.0'
export const agentsVersion = '1.8.9'

const cache = resolve(repository, 'node_modules/.cache')
const serverFolder = resolve(cache, `livekit-server-${serverVersion}`)
const program = resolve(serverFolder, 'server')
const pythonFolder = resolve(cache, `livekit-agents-${agentsVersion}`)
const python = resolve(pythonFolder, 'bin/python')
/** Written last, so that an interrupted installation is repeated. */
const mark = resolve(pythonFolder, 'installed')

function installServer(): void {
  if (existsSync(program)) return
  console.log(
    `Building livekit-server ${serverVersion} in node_modules/.cache: once, for two to seven minutes.`,
  )
  mkdirSync(serverFolder, { recursive: true })
  execFileSync('go', ['install', `github.com/livekit/livekit-server/cmd/server@${serverVersion}`], {
    env: { ...process.env, GOBIN: serverFolder, GOFLAGS: '-mod=mod' },
    stdio: 'inherit',
  })
}

function installAgents(): void {
  if (existsSync(mark)) return
  console.log(`Installing livekit-agents ${agentsVersion} in node_modules/.cache: once, for about a minute.`)
  mkdirSync(pythonFolder, { recursive: true })
  execFileSync(findPython(), ['-m', 'venv', '--clear', pythonFolder], { stdio: 'inherit' })
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', `livekit-agents==${agentsVersion}`], {
    stdio: 'inherit',
  })
  writeFileSync(mark, '')
}

/** Builds LiveKit's server and installs LiveKit Agents in a virtual environment, once. @returns their paths */
export function installLiveKit(): { program: string; python: string } {
  installServer()
  installAgents()
  return { program, python }
}
