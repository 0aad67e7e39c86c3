import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { repository } from '../../e2e/support/processes.js'

/** The server under test. Its version is part of the results, because others may behave differently. */
export const pipecatVersion = '1.14.0'

const folder = resolve(repository, 'node_modules/.cache', `pipecat-${pipecatVersion}`)
const python = resolve(folder, 'bin/python')
/** Written last, so that an interrupted installation is repeated. */
const mark = resolve(folder, 'installed')

export function findPython(): string {
  for (const name of ['python3.11', 'python3.12', 'python3.13', 'python3'])
    if (spawnSync(name, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 11))']).status === 0)
      return name
  throw new Error('These tests need Python 3.11 or later with its venv module.')
}

/** Installs Pipecat in a virtual environment, once. @returns the path of its Python */
export function installPipecat(): string {
  if (existsSync(mark)) return python
  console.log(`Installing pipecat-ai ${pipecatVersion} in node_modules/.cache: once, for a minute or two.`)
  mkdirSync(folder, { recursive: true })
  execFileSync(findPython(), ['-m', 'venv', '--clear', folder], { stdio: 'inherit' })
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', `pipecat-ai[webrtc,runner]==${pipecatVersion}`], {
    stdio: 'inherit',
  })
  writeFileSync(mark, '')
  return python
}
