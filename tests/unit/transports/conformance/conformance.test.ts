import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type ConformanceKind,
  type TransportUnderTest,
  transportConformance,
} from 'redux-voice-agent/testing'
import type { VoiceTransportFactory } from 'redux-voice-agent/transports'
import { beforeAll, describe, expect, it } from 'vitest'
import { createFullLineDouble, createLineDouble, subjects } from './doubles.js'

const root = resolve(import.meta.dirname, '../../../..')
const folder = join(root, '.cache/conformance')

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['.'] }),
  )
})

let files = 0
/** Imports a module from source text. */
async function load(code: string): Promise<Record<string, () => VoiceTransportFactory>> {
  const path = join(folder, `transport-${files++}.ts`)
  writeFileSync(path, code)
  return import(/* @vite-ignore */ pathToFileURL(path).href)
}

for (const [name, subject] of Object.entries(subjects)) {
  describe(name, () => {
    for (const { name: rule, isSkipped, run } of transportConformance(subject))
      it.skipIf(isSkipped)(rule, run)
  })
}

describe('the line transport from the guide', () => {
  const guide = readFileSync(join(root, 'docs/transports.md'), 'utf8')
  const [, section = ''] = guide.split('## Write a transport')
  const [, code = ''] = section.match(/```ts\n(.*?)```/s) ?? []
  let transport: VoiceTransportFactory
  beforeAll(async () => {
    // Only the transport, because the agent needs a page.
    const [own = ''] = code.split('export const voiceAgent')
    const loaded = await load(`${own}\nexport { lineTransport }`)
    transport = (loaded.lineTransport as () => VoiceTransportFactory)()
  })
  const subject: TransportUnderTest = { transport: (host) => transport(host), provider: createLineDouble }
  for (const { name, isSkipped, run } of transportConformance(subject)) it.skipIf(isSkipped)(name, run)
})

/** A fault of each kind, which replaces `code` in the transport with `fault`. */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are parts of a source text.
const mutants: [ConformanceKind, string, string, string][] = [
  ['connect', 'sends the token in the URL', '`${apiEndpoint}/call`', '`${apiEndpoint}/call?token=${token}`'],
  ['connect', 'opens no microphone', 'peer.openMicrophoneGate()', ''],
  [
    'connect',
    'sends a text twice',
    "if (message.type === 'text') return",
    "if (message.type === 'text') peer?.send(JSON.stringify({ kind: 'user', words: message.text }))\n if (message.type === 'text') return",
  ],
  [
    'cancel',
    'does not pass the signal to the request',
    'body: JSON.stringify({ sdp, sessionId, context }),\n          signal,',
    'body: JSON.stringify({ sdp, sessionId, context }),',
  ],
  ['cancel', 'does not abort when closed', 'AbortSignal.any([requested, closed.signal])', 'requested'],
  [
    'cancel',
    'swallows its abort, and starts a timer',
    'await peer.opened(10_000)',
    'await peer.opened(10_000).catch(() => {})\n setInterval(() => {}, 1_000)',
  ],
  [
    'refuse',
    'takes 401 for final',
    "if (response.status === 401) throw new VoiceAgentError('unauthorized')",
    '',
  ],
  [
    'refuse',
    'tries 403 again',
    "if (!response.ok) throw new VoiceAgentError('signalling-rejected')",
    "if (!response.ok) throw new VoiceAgentError('signalling-unavailable')",
  ],
  [
    'refuse',
    'names the token in its error',
    "throw new VoiceAgentError('signalling-unavailable')",
    "throw new VoiceAgentError('signalling-unavailable', `Refused ${token}.`)",
  ],
  ['stream', 'begins no turn', "if (kind === 'begin') emit", "if (kind === 'never') emit"],
  [
    'stream',
    'shows an answer when it is complete',
    "if (kind === 'words') emit({ type: 'assistantTextAppended', turnId: id, delta: words })",
    "if (kind === 'words') all += words\n if (kind === 'end') { emit({ type: 'assistantTextReplaced', turnId: id, text: all }); all = '' }",
  ],
  [
    'interrupt',
    'completes an interrupted answer',
    "emit({ type: 'assistantTurnInterrupted', turnId: id })",
    "emit({ type: 'assistantTurnCompleted', turnId: id })",
  ],
  [
    'lose',
    'treats a lost text as sent',
    "if (message.type === 'text') return peer?.send",
    "if (message.type === 'text') return void peer?.send",
  ],
  [
    'resume',
    'treats every session as new',
    'JSON.stringify({ sdp, sessionId, context })',
    'JSON.stringify({ sdp, sessionId: Math.random(), context })',
  ],
  [
    'reseed',
    'sends no context',
    'JSON.stringify({ sdp, sessionId, context })',
    'JSON.stringify({ sdp, sessionId, context: [] })',
  ],
  [
    'reseed',
    'sends the context in the wrong order',
    'JSON.stringify({ sdp, sessionId, context })',
    'JSON.stringify({ sdp, sessionId, context: context.toReversed() })',
  ],
  [
    'move',
    'reconnects after a move',
    "emit({ type: 'agentLeft', reason: 'moved' })",
    "emit({ type: 'connectionState', state: 'closed' })",
  ],
  [
    'mute',
    'opens its own microphone',
    'peer.openMicrophoneGate()',
    'await navigator.mediaDevices.getUserMedia({ audio: true }).catch(() => {})\n peer.openMicrophoneGate()',
  ],
  [
    'close',
    'throws when it was never connected',
    'clearInterval(timer)',
    'clearInterval(timer)\n        if (!peer) throw new Error()',
  ],
  [
    'close',
    'starts a timer on close',
    'clearInterval(timer)',
    'clearInterval(timer)\n        setTimeout(() => {}, 1_000)',
  ],
  ['leaks', 'leaves its timer running', 'clearInterval(timer)', ''],
  ['leaks', 'leaves its listener', "removeEventListener('pagehide', onPageHide)", ''],
  [
    'malformed',
    'ignores unreadable messages',
    'const { kind, id, words } = JSON.parse(text)',
    'let kind: string, id: string, words: string\n try { ;({ kind, id, words } = JSON.parse(text)) } catch { return }',
  ],
  [
    'malformed',
    'hangs up on an unreadable message',
    'const { kind, id, words } = JSON.parse(text)',
    "let kind: string, id: string, words: string\n try { ;({ kind, id, words } = JSON.parse(text)) } catch { emit({ type: 'protocolError', why: 'malformed' }); return emit({ type: 'agentLeft' }) }",
  ],
]

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.

const ownMediaMutants: typeof mutants = [
  ['devices', 'keeps sending the previous device', 'onTrack: send', 'onTrack() {}'],
  ['devices', 'sends a copy', 'send(track)\n        return', 'send(track?.clone() ?? null)\n        return'],
  ['mute', "stops the package's track", 'library.sent = null\n', 'stop()\n'],
]

/** Kinds of the failing cases, and of the remaining ones that pass. */
async function failuresOf(subject: TransportUnderTest, kind: ConformanceKind) {
  const failed: string[] = []
  for (const { kind: own, isSkipped, run } of transportConformance(subject)) {
    if (own !== kind || isSkipped) continue
    await run().catch((error: unknown) => failed.push(String(error)))
  }
  return failed
}

describe('a mutant of each kind', () => {
  const source = readFileSync(join(import.meta.dirname, 'full-line-transport.ts'), 'utf8').replace(
    'let peer: Peer',
    "let all = ''\n    let peer: Peer",
  )
  const ownMedia = readFileSync(join(import.meta.dirname, 'own-media-transport.ts'), 'utf8')

  const { fullLineTransport } = { fullLineTransport: () => load(source) }
  it('is based on a correct transport', async () => {
    const { fullLineTransport: create } = await fullLineTransport()
    const subject = { transport: (create as () => VoiceTransportFactory)(), provider: createFullLineDouble }
    for (const { run, isSkipped } of transportConformance(subject)) if (!isSkipped) await run()
  })

  it.each(mutants)('%s: one that %s fails', async (kind, _what, code, fault) => {
    expect(source).toContain(code)
    const { fullLineTransport: create } = await load(source.replace(code, fault))
    const transport = (create as () => VoiceTransportFactory)()
    expect(await failuresOf({ transport, provider: createFullLineDouble }, kind)).not.toEqual([])
  })

  it.each(ownMediaMutants)('%s: one with its own media that %s fails', async (kind, _what, code, fault) => {
    expect(ownMedia).toContain(code)
    const mutant = ownMedia
      .replace(code, fault)
      .replace('library.sent = track\n', 'library.sent = track\n          last = track ?? last\n')
      .replace(
        'const closed =',
        'let last: MediaStreamTrack | null = null\n    const stop = () => last?.stop()\n    const closed =',
      )
    const loaded = await load(mutant)
    const { library } = loaded as unknown as { library: { sent: unknown } }
    const subject: TransportUnderTest = {
      transport: (loaded.ownMediaTransport as () => VoiceTransportFactory)(),
      provider: () => ({
        context: [],
        texts: [],
        fetch: () => new Response(null, { status: 404 }),
        answer: () => [],
        sentTrack: () => library.sent,
      }),
    }
    expect(await failuresOf(subject, kind)).not.toEqual([])
  })

  it('there is one of each kind', () => {
    const kinds = new Set(
      transportConformance(subjects.smallWebRtcTransport as TransportUnderTest).map(({ kind }) => kind),
    )
    const ofMutants = new Set([...mutants, ...ownMediaMutants].map(([kind]) => kind))
    expect([...kinds].filter((kind) => !ofMutants.has(kind))).toEqual([])
  })
})
