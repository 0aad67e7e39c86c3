import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../e2e/support/processes.js'
import { accepts, startPeer } from './processes.js'

const username = 'ada'
const credential = 'the right one'

/**
 * Starts coturn on loopback for one user. It relays only to loopback.
 *
 * @param options.secret Uses expiring credentials instead of the user's: `use-auth-secret`.
 */
export async function startTurnServer({ secret }: { secret?: string } = {}) {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-coturn-'))
  const options = [
    ['listening-ip', '127.0.0.1'],
    ['listening-port', String(port)],
    ['relay-ip', '127.0.0.1'],
    ['realm', 'interop.test'],
    secret ? ['static-auth-secret', secret] : ['user', `${username}:${credential}`],
    ['log-file', 'stdout'],
    ['pidfile', join(folder, 'coturn.pid')],
    ['userdb', join(folder, 'users.sqlite')],
  ].map(([name, value]) => `--${name}=${value}`)
  const mechanism = secret ? 'use-auth-secret' : 'lt-cred-mech'
  const flags = [mechanism, 'allow-loopback-peers', 'no-tls', 'no-dtls', 'no-cli'].map((name) => `--${name}`)
  // Without its own file, it would read the system's.
  const launch = () => startPeer('/usr/bin/turnserver', ['-n', ...flags, ...options], () => accepts(port))
  let server = await launch()
  return {
    port,
    iceServers: (transport: 'udp' | 'tcp', password = credential): RTCIceServer[] => [
      { urls: `turn:127.0.0.1:${port}?transport=${transport}`, username, credential: password },
    ],
    /** Kills the server with all its relays, and restarts it. */
    async restart() {
      await server.kill()
      server = await launch()
    },
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
