import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ensurePackages } from '../../../.config/packages.js'
import { freePort, repository } from '../../e2e/support/processes.js'
import { accepts, startPeer } from './processes.js'

const page = resolve(repository, 'docs/production.md')

/** The only code block in this language on the production page. */
export function sampleOf(language: string): string {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/```(\w+)\n(.*?)```/gs)]
  const [only, ...others] = blocks.filter(([, name]) => name === language)
  if (!only?.[2] || others.length > 0) throw new Error(`The page must have exactly one ${language} block.`)
  return only[2]
}

/** Replaces texts that the sample must contain. */
function adapt(sample: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`The sample no longer contains ${from}.`)
    return text.replaceAll(from, to)
  }, sample)
}

interface Site {
  /** Folder of the built page. */
  root: string
  /** Ports of the two voice server processes. */
  ports: readonly [number, number]
}

async function prepare() {
  const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-proxy-'))
  const [certificate, key] = [join(folder, 'shop.pem'), join(folder, 'shop.key')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const files = ['-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], {
    stdio: 'ignore',
  })
  return { folder, certificate, key, port: await freePort() }
}

/** Serves a page with the docs' nginx sample and a generated certificate. */
export async function startNginx({ root, ports: [one, two] }: Site) {
  ensurePackages([{ name: 'nginx', path: '/usr/sbin/nginx' }], "The tests of the docs' samples need it:")
  const { folder, certificate, key, port } = await prepare()
  const sample = adapt(sampleOf('nginx'), {
    'voice-1.internal:8787': `127.0.0.1:${one}`,
    'voice-2.internal:8787': `127.0.0.1:${two}`,
    'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
    'shop.example.com': 'localhost',
    '/etc/ssl/shop.pem': certificate,
    '/etc/ssl/shop.key': key,
    '/srv/shop': root,
  })
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temporary = paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')
  const configuration = join(folder, 'nginx.conf')
  const main = `daemon off;\nuser root;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\n`
  const http = `include /etc/nginx/mime.types;\naccess_log off;\n${temporary}\n${sample}`
  writeFileSync(configuration, `${main}http {\n${http}}\n`)
  const args = ['-c', configuration, '-p', folder]
  execFileSync('/usr/sbin/nginx', ['-t', ...args], { stdio: 'pipe' })
  const server = await startPeer('/usr/sbin/nginx', args, () => accepts(port))
  return site(port, server, folder)
}

/** The same with Caddy. */
export async function startCaddy({ root, ports: [one, two] }: Site) {
  ensurePackages([{ name: 'caddy', path: '/usr/bin/caddy' }], "The tests of the docs' samples need it:")
  const { folder, certificate, key, port } = await prepare()
  const sample = adapt(sampleOf('caddy'), {
    'voice-1.internal:8787': `127.0.0.1:${one}`,
    'voice-2.internal:8787': `127.0.0.1:${two}`,
    'shop.example.com {': `https://localhost:${port} {\n    bind 127.0.0.1\n    tls ${certificate} ${key}`,
    '/srv/shop': root,
  })
  const configuration = join(folder, 'Caddyfile')
  const global = 'admin off\nauto_https disable_redirects'
  writeFileSync(configuration, `{\n${global}\n}\n${sample}`)
  const args = ['--config', configuration, '--adapter', 'caddyfile']
  const env = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder }
  mkdirSync(join(folder, 'caddy'))
  execFileSync('/usr/bin/caddy', ['validate', ...args], { stdio: 'pipe', env: { ...process.env, ...env } })
  const server = await startPeer('/usr/bin/caddy', ['run', ...args], () => accepts(port), { env })
  return site(port, server, folder)
}

/** Starts coturn on loopback with the docs' configuration. */
export async function startDocumentedTurnServer() {
  const { folder, certificate, key, port } = await prepare()
  const sample = adapt(sampleOf('ini'), {
    'tls-listening-port=5349': `tls-listening-port=${await freePort()}`,
    'listening-port=3478': `listening-port=${port}`,
    '/etc/ssl/turn.pem': certificate,
    '/etc/ssl/turn.key': key,
  })
  const own = {
    'listening-ip': '127.0.0.1',
    'relay-ip': '127.0.0.1',
    'log-file': 'stdout',
    pidfile: join(folder, 'pid'),
  }
  const lines = Object.entries({ ...own, userdb: join(folder, 'users') }).map(
    ([name, value]) => `${name}=${value}`,
  )
  const configuration = join(folder, 'turnserver.conf')
  writeFileSync(configuration, `${sample}${lines.join('\n')}\n`)
  const server = await startPeer('/usr/bin/turnserver', ['-c', configuration], () => accepts(port))
  return {
    port,
    secret: /^static-auth-secret=(.*)$/m.exec(sample)?.[1] ?? '',
    output: server.output,
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function site(port: number, server: { stop(): Promise<void> }, folder: string) {
  return {
    url: `https://localhost:${port}/`,
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
