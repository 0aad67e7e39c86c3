import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AwsClient } from 'aws4fetch'
import { ensurePackages } from '../../../.config/packages.js'
import { freePort } from '../../e2e/support/processes.js'
import type { Bucket } from '../../recipes/backup-signer.js'
import { accepts, type Peer, startPeer } from './processes.js'

const kinds = ['account', 'container', 'object'] as const

/** Configuration sections of a server. Swift looks for an app with this name. */
const appOf = (kind: string, filters: readonly string[] = []) => `[pipeline:main]
pipeline = ${[...filters, `${kind}-server`].join(' ')}
[app:${kind}-server]
use = egg:swift#${kind}
`

/** OpenStack Swift on loopback, with its S3 API and one bucket. It checks signatures. */
export interface SwiftServer {
  readonly bucket: Bucket
  stop(): Promise<void>
}

/** Installs Swift if it is missing, and starts its four servers, with all files in a temporary folder. */
export async function startSwift(): Promise<SwiftServer> {
  const names = ['proxy', ...kinds].map((kind) => ({
    name: `swift-${kind}`,
    path: `/usr/bin/swift-${kind}-server`,
  }))
  const builder = { name: 'swift', path: '/usr/bin/swift-ring-builder' }
  ensurePackages([...names, builder], 'The backup tests need it:')
  const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-swift-'))
  await mkdir(join(folder, 'devices', 'd1'), { recursive: true })
  const peers: Peer[] = []

  async function start(kind: string, port: number, config: string): Promise<void> {
    const path = join(folder, `${kind}.conf`)
    const shared = `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${process.env.USER ?? 'root'}
swift_dir = ${folder}
devices = ${join(folder, 'devices')}
mount_check = false
log_level = ERROR
`
    await writeFile(path, shared + config)
    peers.push(await startPeer(`/usr/bin/swift-${kind}-server`, [path], () => accepts(port)))
  }

  for (const kind of kinds) {
    const port = await freePort()
    const ring = (...args: string[]) =>
      execFileSync('/usr/bin/swift-ring-builder', [join(folder, `${kind}.builder`), ...args], {
        stdio: 'ignore',
      })
    ring('create', '4', '1', '1')
    ring('add', `r1z1-127.0.0.1:${port}/d1`, '1')
    ring('rebalance')
    await start(kind, port, appOf(kind))
  }
  const port = await freePort()
  const filters = ['catch_errors', 'memcache', 'listing_formats', 's3api', 'tempauth', 'copy', 'slo', 'dlo']
  const settings: Record<string, string> = {
    // Nothing listens there, because Swift works without its cache.
    memcache: 'memcache_servers = 127.0.0.1:1',
    tempauth: 'user_test_tester = testing .admin',
  }
  const sections = filters.map(
    (name) => `[filter:${name}]\nuse = egg:swift#${name}\n${settings[name] ?? ''}\n`,
  )
  await start('proxy', port, `${appOf('proxy', filters)}account_autocreate = true\n${sections.join('')}`)

  const credentials = { region: 'us-east-1', accessKeyId: 'test:tester', secretAccessKey: 'testing' }
  const bucket = { ...credentials, url: `http://127.0.0.1:${port}/backup` }
  const client = new AwsClient({ ...credentials, service: 's3' })
  const made = await client.fetch(bucket.url, { method: 'PUT' })
  if (!made.ok) throw new Error(`Swift did not create the bucket: ${made.status} ${await made.text()}`)
  return {
    bucket,
    async stop() {
      for (const peer of peers.reverse()) await peer.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
