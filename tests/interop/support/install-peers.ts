import { ensurePackages } from '../../../.config/packages.js'

/** Installs the programs that the tests call, if they are missing. */
export function installPeers(): void {
  ensurePackages(
    [
      { name: 'python3-aiortc', path: '/usr/lib/python3/dist-packages/aiortc' },
      { name: 'python3-aiohttp', path: '/usr/lib/python3/dist-packages/aiohttp' },
      { name: 'janus', path: '/usr/bin/janus' },
      { name: 'coturn', path: '/usr/bin/turnserver' },
    ],
    'The tests with other WebRTC stacks need them:',
  )
}
