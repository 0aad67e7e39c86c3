import { withTimeout } from '../../../../middleware/waiting.js'
import {
  asVoiceAgentError,
  connectionQualityOf,
  countMessages,
  selectAllMessages,
  VoiceAgentError,
  type VoiceAgentState,
  type VoiceError,
} from '../../../../store/index.js'
import type { AgentCore } from './agent-core.js'

/** The package's version, as in package.json. A unit test compares them. */
export const VERSION = '0.1.0'

/** Milliseconds to wait for the storage and the browser. */
const TIMEOUT_MS = 3_000

type Line = [name: string, value: unknown]

/** Formats a value. Leaves out any string that is not a simple identifier, because it may be conversation text. */
function show(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000)
  return typeof value === 'string' && /^[a-z-]{1,40}$/i.test(value) ? value : '(left out)'
}

const section = (title: string, lines: Line[]) =>
  [title, ...lines.map(([name, value]) => `  ${name}: ${show(value)}`)].join('\n')

/** Milliseconds since `at`; null if it hasn't happened. */
const ago = (at: number | null, now: number) => (at === null ? null : now - at)

const codeOf = (error: VoiceError | null) => error?.code ?? null

async function answerOf<T>(work: () => Promise<T>): Promise<T | VoiceAgentError> {
  const late = () => new VoiceAgentError('internal', 'No answer in time.')
  try {
    return await withTimeout(TIMEOUT_MS, work(), late)
  } catch (error) {
    return asVoiceAgentError(error)
  }
}

function countBy(values: readonly string[]): Line[] {
  const counts = new Map<string, number>()
  for (const value of values.map(show)) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function describePage(): string {
  const { navigator, document, isSecureContext } = globalThis as Partial<typeof globalThis>
  const userAgent = String(navigator?.userAgent ?? 'none').replace(/[^\w.,;:/()+ -]/g, '')
  return [
    section('Page', [
      ['secure context', isSecureContext],
      ['online', navigator?.onLine],
      ['visibility', document?.visibilityState],
      ['RTCPeerConnection', 'RTCPeerConnection' in globalThis],
      ['microphone API', navigator?.mediaDevices !== undefined],
      ['IndexedDB', 'indexedDB' in globalThis],
      ['WebCrypto', globalThis.crypto?.subtle !== undefined],
      ['Web Locks', navigator !== undefined && 'locks' in navigator],
    ]),
    `  browser: ${userAgent}`,
  ].join('\n')
}

function describeOptions({ options }: AgentCore): string {
  const { storage, timing } = options
  const isAbsolute = /^[a-z]+:|^\/\//i.test(options.apiEndpoint)
  return section('Options', [
    ['apiEndpoint', isAbsolute ? 'absolute' : 'path'],
    ['transport', options.transport ? 'own' : 'default'],
    ['refreshToken', options.refreshToken ? 'own' : 'default'],
    ['reducerPath', options.reducerPath === 'voiceAgent' ? 'default' : 'own'],
    ['autoReconnect', options.autoReconnect],
    ['contextMessages', options.contextMessages],
    ['tools', Object.keys(options.tools).length],
    ['iceServers', typeof options.iceServers === 'function' ? 'function' : (options.iceServers?.length ?? 0)],
    ['iceTransportPolicy', options.iceTransportPolicy],
    ['persistence', storage !== null],
    ['persistence.storage', storage?.storage ? 'own' : 'default'],
    ['persistence.keyProvider', storage?.keyProvider !== undefined],
    ['persistence.scope', storage?.scope !== undefined],
    ['persistence.consent', storage?.consent],
    ['persistence.debounceMs', timing.debounceMs],
    ['agents before this one with its database', storage?.agentNumber && storage.agentNumber - 1],
  ])
}

function describeState(state: VoiceAgentState, now: number): string[] {
  const { connection, conversation, session, stats } = state
  const messages = selectAllMessages(conversation)
  const { restore } = session
  const sample = stats.network.at(-1)
  return [
    section('Connection', [
      ['status', connection.status],
      ['ending', connection.isEnding],
      ['attempt', connection.attempt],
      ['most attempts', connection.maxAttempts],
      ['next attempt in ms', connection.nextRetryAt && connection.nextRetryAt - now],
      ['error', codeOf(connection.error)],
      ['talk', connection.talk],
      ['microphone', connection.microphone],
      ['muted', connection.isMuted],
      ['playback', connection.playback],
      ['volume', connection.volume],
      ['device fallback', connection.deviceFallback?.reason],
      ['protocol errors', connection.protocolErrors],
    ]),
    section('Conversation', [
      ['status', conversation.status],
      ['messages', countMessages(conversation)],
      ['loaded', conversation.messages.count],
      ['restored', conversation.restoredCount],
      ...countBy(messages.map(({ role, status }) => `${role}-${status}`)),
      ...countBy(messages.flatMap(({ tool }) => (tool ? [`tool-${tool.status}`] : []))),
      ['waiting to be sent', conversation.outbox.length],
      ['not sent', messages.filter(({ isUnsent }) => isUnsent).length],
      ['draft', conversation.draft !== ''],
    ]),
    section('Session', [
      ['has a session', session.id !== null],
      ['age in ms', ago(session.createdAt, now)],
      ['revision', session.revision],
      ['storage', session.storage],
      ['key', session.keyProtection],
      ['saved ms ago', ago(session.lastSavedAt, now)],
      ['token expires in ms', session.tokenExpiresAt && session.tokenExpiresAt - now],
      ['error', codeOf(session.error)],
      ['restore', restore.phase],
      ['restore of the conversation', restore.conversation],
      ['restore of the agent', restore.agent],
      ['restore reason', restore.reason],
      ['restore error', codeOf(restore.error)],
      ['lost messages', restore.lost.reduce((sum, { count }) => sum + count, 0)],
    ]),
    section('Statistics', [
      ['first call ms ago', ago(stats.startedAt, now)],
      ['call ended ms ago', ago(stats.endedAt, now)],
      ['cut off', stats.isCutOff],
      ['reconnects', stats.reconnectAttempts],
      ['quality', connectionQualityOf(state)],
      ['round trip in ms', sample?.roundTripMs],
      ['jitter in ms', sample?.jitterMs],
      ['loss received', sample?.lossReceived],
      ['loss sent', sample?.lossSent],
      ['silent ms', sample?.silentMs],
    ]),
  ]
}

interface Candidate {
  id: string
  type: string
  candidateType?: string
  protocol?: string
  relayProtocol?: string
}

/** Describes the types of the candidates and of the pair in use, without addresses. */
function describeCandidates(stats: RTCStatsReport | null): string {
  const reports = new Map<string, Candidate & Record<string, unknown>>()
  for (const report of stats?.values() ?? []) reports.set(report.id, report)
  const all = [...reports.values()]
  const kindOf = (candidate: Candidate | undefined) =>
    candidate &&
    [candidate.candidateType, candidate.protocol, candidate.relayProtocol].filter(Boolean).join('-')
  const kinds = (type: string) =>
    countBy(all.flatMap((one) => (one.type === type ? (kindOf(one) ?? []) : [])))
  const selected = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId
  const pair = all.find((one) => one.type === 'candidate-pair' && (one.id === selected || one.selected))
  const candidateOf = (id: unknown) => kindOf(reports.get(String(id)))
  return section('ICE', [
    ['measured', stats !== null],
    ...kinds('local-candidate').map(([kind, count]): Line => [`here ${kind}`, count]),
    ...kinds('remote-candidate').map(([kind, count]): Line => [`there ${kind}`, count]),
    ['in use here', candidateOf(pair?.localCandidateId)],
    ['in use there', candidateOf(pair?.remoteCandidateId)],
  ])
}

async function describeStorage(core: AgentCore): Promise<string> {
  const runtime = await answerOf(core.runtime)
  const [sessions, estimate, isPersisted] = await Promise.all([
    runtime instanceof VoiceAgentError ? runtime : answerOf(() => runtime.listSessions()),
    answerOf(async () => globalThis.navigator?.storage?.estimate()),
    answerOf(async () => globalThis.navigator?.storage?.persisted()),
  ])
  const { usage, quota } = estimate instanceof VoiceAgentError ? {} : (estimate ?? {})
  return section('Storage', [
    ['stored sessions', sessions instanceof VoiceAgentError ? sessions.code : sessions.length],
    ['bytes of the origin', usage],
    ['quota in bytes', quota],
    ['never evicted', isPersisted instanceof VoiceAgentError ? isPersisted.code : isPersisted],
  ])
}

async function describeActions(core: AgentCore, now: number): Promise<string> {
  const runtime = await answerOf(core.runtime)
  if (runtime instanceof VoiceAgentError) return section('Last actions', [['code', runtime.code]])
  const actions = runtime.recentActions()
  const lastOf = (name: string) => actions.findLast((action) => action.name === name)?.at
  const between = (from: string, to: string) => {
    const [start, end] = [lastOf(from), lastOf(to)]
    return start !== undefined && end !== undefined && end >= start ? end - start : null
  }
  const known = new Set(Object.keys(core.actions))
  return [
    section('Timings in ms', [
      ['restore', between('restoreRequested', 'restoreSettled')],
      ['connection', between('connectionAttempted', 'connectionEstablished')],
    ]),
    'Last actions, in ms before now',
    ...actions.map(
      ({ name, at, count }) =>
        `  ${at - now} ${known.has(name) ? name : '(left out)'}${count > 1 ? ` ×${count}` : ''}`,
    ),
  ].join('\n')
}

/**
 * Describes an agent in one text, to paste into an issue. It contains versions, states, counts, codes and times, but no conversation text,
 * token, key, id, URL or address.
 */
export async function diagnose(core: AgentCore): Promise<string> {
  const now = Date.now()
  const state = await answerOf(async () => core.present())
  const [storage, actions, candidates] = await Promise.all([
    describeStorage(core),
    describeActions(core, now),
    answerOf(async () => core.media.readStats()),
  ])
  return [
    `redux-voice-agent ${VERSION}, ${new Date(now).toISOString()}`,
    describePage(),
    describeOptions(core),
    ...(state instanceof VoiceAgentError
      ? [section('State', [['code', state.code]])]
      : describeState(state, now)),
    describeCandidates(candidates instanceof VoiceAgentError ? null : candidates),
    storage,
    actions,
    '',
  ].join('\n')
}
