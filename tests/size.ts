/** What the built package costs an app: each entry point bundled as an app would, compared with its budget. `npm run build` comes first. */
import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const repository = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
/** Every app that needs them has them once, whoever brought them. */
const others: string[] = [
  ...Object.keys(manifest.peerDependencies),
  ...Object.keys(manifest.dependencies),
  'react-dom',
]
const isOther = (id: string) => others.some((name) => id === name || id.startsWith(`${name}/`))

/** Found in minified code only where something of it is: names that belong to the browser can't be shortened. */
const markers = {
  webrtc: ['RTCPeerConnection', 'getUserMedia', 'setSinkId'],
  smallWebRtc: ['client-ready', 'llm-function-call-result'],
  storage: ['indexedDB', 'AES-GCM', 'BroadcastChannel'],
  store: ['connectRequested'],
}
type Marker = keyof typeof markers

interface Case {
  what: string
  /** The app's code. */
  code: string
  /** Most kilobytes (1000 bytes), minified and gzipped, that the page loads at once, beyond those of `beyond`. */
  budget: number
  /** Most that it loads later, when something is needed. @default 0 */
  laterBudget?: number
  /** The case whose bytes are not counted. */
  beyond?: string
  /** What must not be among what is loaded at once. */
  without: Marker[]
}

const all = (entry: string) => `import * as all from '${entry}'; globalThis.kept = all`
const only = (name: string, entry: string) => `import { ${name} } from '${entry}'; globalThis.kept = ${name}`
const everything: Marker[] = ['webrtc', 'smallWebRtc', 'storage', 'store']

const cases: Case[] = [
  {
    what: 'redux-voice-agent',
    code: all('redux-voice-agent'),
    budget: 15,
    laterBudget: 25,
    without: ['webrtc', 'smallWebRtc', 'storage'],
  },
  {
    what: 'redux-voice-agent/react',
    code: `${all('redux-voice-agent')}; import * as react from 'redux-voice-agent/react'; globalThis.react = react`,
    beyond: 'redux-voice-agent',
    budget: 10,
    laterBudget: 10,
    without: ['webrtc', 'smallWebRtc', 'storage'],
  },
  {
    what: 'redux-voice-agent/storage',
    code: all('redux-voice-agent/storage'),
    budget: 7,
    without: ['webrtc', 'smallWebRtc', 'store'],
  },
  {
    what: 'redux-voice-agent/transports',
    code: all('redux-voice-agent/transports'),
    budget: 6,
    without: ['storage', 'webrtc', 'store'],
  },
  {
    what: 'redux-voice-agent/devtools',
    code: all('redux-voice-agent/devtools'),
    budget: 1,
    without: everything,
  },
  {
    what: 'redux-voice-agent/testing',
    code: all('redux-voice-agent/testing'),
    budget: 2,
    without: everything,
  },
  {
    what: 'createReconnectPolicy alone',
    code: only('createReconnectPolicy', 'redux-voice-agent'),
    budget: 1,
    without: everything,
  },
  {
    what: 'smallWebRtcTransport alone',
    code: only('smallWebRtcTransport', 'redux-voice-agent/transports'),
    budget: 6,
    without: ['webrtc', 'storage', 'store'],
  },
  {
    what: 'scriptedTransport alone',
    code: only('scriptedTransport', 'redux-voice-agent/testing'),
    budget: 1,
    without: everything,
  },
]

interface Measured {
  now: number
  later: number
  /** The code that is loaded at once. */
  text: string
}

async function bundle(code: string): Promise<Measured> {
  const result = await build({
    root: repository,
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    plugins: [
      {
        name: 'app',
        enforce: 'pre',
        resolveId(id) {
          if (id === 'app') return '\0app'
          const [name, ...path] = id.split('/')
          if (name !== manifest.name) return isOther(id) ? { id, external: true } : null
          return join(repository, manifest.exports[['.', ...path].join('/')].default)
        },
        load(id) {
          if (id === '\0app') return { code, moduleSideEffects: true }
          // What Vite loads style sheets of chunks with is Vite's, and in the app already.
          return id.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load()' : null
        },
      },
    ],
    build: {
      target: 'es2022',
      write: false,
      minify: true,
      modulePreload: false,
      rollupOptions: { input: 'app' },
    },
  })
  const chunks = new Map(
    [result]
      .flat()
      .flatMap((built) => ('output' in built ? built.output : []))
      .flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])),
  )
  const atOnce = new Set(
    [...chunks.values()].filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName),
  )
  for (const name of atOnce) for (const imported of chunks.get(name)?.imports ?? []) atOnce.add(imported)
  // Those that somebody asks for: a bundler may write one that nothing refers to any more.
  const needed = new Set(atOnce)
  for (const name of needed) {
    for (const [other] of chunks) if (chunks.get(name)?.code.includes(basename(other))) needed.add(other)
  }
  const measured: Measured = { now: 0, later: 0, text: '' }
  for (const [name, { code }] of chunks) {
    if (!needed.has(name)) continue
    const bytes = gzipSync(code, { level: 9 }).length
    if (!atOnce.has(name)) measured.later += bytes
    else {
      measured.now += bytes
      measured.text += code
    }
  }
  return measured
}

const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1)
const known = new Map<string, Measured>()
const failures: string[] = []
const rows: string[] = []

for (const { what, code, budget, laterBudget = 0, beyond, without } of cases) {
  const measured = await bundle(code)
  known.set(what, measured)
  const base = beyond === undefined ? { now: 0, later: 0 } : known.get(beyond)
  if (!base) throw new Error(`${beyond} comes after ${what}.`)
  const now = measured.now - base.now
  const later = measured.later - base.later
  rows.push(
    `| ${what}${beyond ? ', beyond the core' : ''} | ${kilobytes(now)} | ${budget} | ${kilobytes(later)} | ${laterBudget} |`,
  )
  if (now > budget * 1000)
    failures.push(`${what} loads ${kilobytes(now)} kB at once; its budget is ${budget} kB.`)
  if (later > laterBudget * 1000)
    failures.push(`${what} loads ${kilobytes(later)} kB later; its budget is ${laterBudget} kB.`)
  for (const marker of without) {
    const found = markers[marker].filter((name) => measured.text.includes(name))
    if (found.length > 0) failures.push(`${what} loads ${marker} at once: ${found.join(', ')}.`)
  }
}

console.log(
  ['| kB, minified and gzipped | at once | budget | later | budget |', '|---|--:|--:|--:|--:|', ...rows].join(
    '\n',
  ),
)
for (const failure of failures) console.error(failure)
process.exit(failures.length === 0 ? 0 : 1)
