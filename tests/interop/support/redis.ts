import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages } from '../../../.config/packages.js'
import { freePort } from '../../e2e/support/processes.js'
import { accepts, type Peer, startPeer } from './processes.js'

const program = '/usr/bin/redis-server'

/** Redis on loopback, without files, so that it has lost everything after a kill and restart. */
export interface RedisServer {
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Installs Redis if it is missing. It does not run before `start`. */
export async function createRedis(): Promise<RedisServer> {
  ensurePackages([{ name: 'redis-server', path: program }], 'The tests with several processes need it:')
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-redis-'))
  let server: Peer | undefined
  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const settings = { bind: '127.0.0.1', port, dir: folder, save: '', appendonly: 'no' }
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
      server = await startPeer(program, args, () => accepts(port))
    },
    kill: async () => server?.kill(),
    async stop() {
      await server?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
