import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../e2e/support/processes.js'
import { accepts, startPeer } from './processes.js'

const username = 'ada'
const credential = 'the right one'

/** coturn on loopback, which relays to loopback, for one user. */
export async function startTurnServer() {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-coturn-'))
  const options = [
    ['listening-ip', '127.0.0.1'],
    ['listening-port', String(port)],
    ['relay-ip', '127.0.0.1'],
    ['realm', 'interop.test'],
    ['user', `${username}:${credential}`],
    ['log-file', 'stdout'],
    ['pidfile', join(folder, 'coturn.pid')],
    ['userdb', join(folder, 'users.sqlite')],
  ].map(([name, value]) => `--${name}=${value}`)
  const flags = ['lt-cred-mech', 'allow-loopback-peers', 'no-tls', 'no-dtls', 'no-cli'].map(
    (name) => `--${name}`,
  )
  const server = await startPeer(
    '/usr/bin/turnserver',
    // Without a file of its own it would read the system's.
    ['-n', ...flags, ...options],
    () => accepts(port),
  )
  return {
    port,
    iceServers: (transport: 'udp' | 'tcp', password = credential): RTCIceServer[] => [
      { urls: `turn:127.0.0.1:${port}?transport=${transport}`, username, credential: password },
    ],
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
