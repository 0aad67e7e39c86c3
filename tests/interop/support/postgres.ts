import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages } from '../../../.config/packages.js'
import { freePort } from '../../e2e/support/processes.js'
import { accepts, startPeer } from './processes.js'

const versions = '/usr/lib/postgresql'

/** PostgreSQL on loopback, with its files in a temporary folder. */
export interface PostgresServer {
  readonly url: string
  stop(): Promise<void>
}

/** Installs PostgreSQL if it is missing, and starts it as an unprivileged user, because it refuses root. */
export async function startPostgres(): Promise<PostgresServer> {
  ensurePackages([{ name: 'postgresql', path: versions }], 'The store tests need it:')
  const version = readdirSync(versions).find((name) => existsSync(join(versions, name, 'bin/initdb')))
  const programs = join(versions, version ?? '', 'bin')
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-postgres-'))
  const isRoot = process.getuid?.() === 0
  if (isRoot) execFileSync('chown', ['postgres:postgres', folder])
  const asUser = (name: string, ...args: string[]): [string, ...string[]] => {
    const program = join(programs, name)
    return isRoot
      ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]
      : [program, ...args]
  }
  const data = join(folder, 'data')
  const [initdb, ...initArgs] = asUser(
    'initdb',
    '-D',
    data,
    '-U',
    'tests',
    '-A',
    'trust',
    '--no-sync',
    '-E',
    'UTF8',
  )
  execFileSync(initdb, initArgs, { cwd: folder, stdio: 'pipe' })
  const settings = ['-h', '127.0.0.1', '-p', String(port), '-k', folder, '-F']
  const [postgres, ...args] = asUser('postgres', '-D', data, ...settings)
  const server = await startPeer(postgres, args, () => accepts(port))
  return {
    url: `postgres://tests@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
