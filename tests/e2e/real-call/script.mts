// Run by real-call.spec.ts in a separate process, because the binding of libwebrtc may crash it. Sends one report.
import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { createVoiceServer } from '../../../examples/voice-app/server/app.js'
import { call } from './caller.js'

/** The report: facts of the calls, or the signal of a crash that this script did not cause. */
export type Report = { facts: Facts } | { crashedBy: NodeJS.Signals }
export type Facts = typeof facts

const report = (message: Report) => process.send?.(message)

/** The server's child processes, in start order. */
const processes: ChildProcess[] = []
const isRunning = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null
let mayEnd = false
subscribe('child_process', (started) => {
  const child = (started as { process: ChildProcess }).process
  processes.push(child)
  child.once('exit', (_, signal) => {
    if (!mayEnd && signal) report({ crashedBy: signal })
  })
})

let now = Date.now()
const server = createVoiceServer({ silenceSeconds: 3, now: () => now })
const base = await server.listen(0)

const tokenFor = async (sessionId?: string, oldToken?: string) => {
  const reply = await fetch(`${base}/api/voice-agent/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(oldToken ? { authorization: `Bearer ${oldToken}` } : {}),
    },
    body: JSON.stringify(sessionId ? { session_id: sessionId } : {}),
  })
  return (await reply.json()) as { token: string; session_id: string }
}
const trickle = async (token: string, pcId: string) => {
  const reply = await fetch(`${base}/api/voice-agent/offer`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ pc_id: pcId, candidates: [{ candidate: '', sdp_mid: '0', sdp_mline_index: 0 }] }),
  })
  return reply.status
}

/** Talks while it is switched on: 160 ms syllables with gaps of 60 ms. */
let talking = false
let at = 0
const voice = () =>
  Int16Array.from({ length: 480 }, () => {
    at++
    const inSyllable = talking && at % 10_560 < 7_680
    return inSyllable ? Math.sin((at * 2 * Math.PI * 220) / 48_000) * 9000 : (at % 7) - 3
  })

const { token, session_id: sessionId } = await tokenFor()
const first = await call(base, token, { sessionId, resume: false, context: [] }, voice)
first.send('client-ready', { version: '2.1.0', about: { library: 'test' } })
await first.until('the greeting', () => first.loudestDb() > -30 && first.spokenSoFar().length > 3)

talking = true
const spokeAt = performance.now()
await first.until('barge-in', () => first.seen('bot-interrupted'))
const bargeInMs = performance.now() - spokeAt
talking = false
await first.until(
  'an answer to speech',
  () => first.seen('user-transcription') && first.types().at(-1) === 'bot-output',
)

const stranger = await tokenFor(sessionId)
const owner = await tokenFor(sessionId, token)
const statuses = {
  own: await trickle(token, first.answer.pc_id),
  foreign: await trickle(stranger.token, first.answer.pc_id),
}

const before = first.messages.length
first.send('send-text', { content: 'Tell me about the shop' })
await first.until('words of the story', () => first.spokenSoFar().at(-1)?.includes('loose leaf') ?? false)
const storyTypes = first.types().slice(before)
first.close()

const second = await call(base, owner.token, { sessionId, resume: true, context: [] })
second.send('client-ready', { version: '2.1.0', about: { library: 'test' } })
await second.until('the rest of the story', () => second.spokenSoFar().at(-1)?.includes('Kettle') ?? false)
const goesOnWith = second.spokenSoFar().at(-1)
second.send('send-text', { content: 'What did I ask before?' })
await second.until('what was asked', () =>
  second.spokenSoFar().some((text) => text.includes('about the shop')),
)
second.close()

// Advances the time until the server has forgotten the session. Then it grants the id to anyone. First it has to notice the end of the call.
let granted = await tokenFor(sessionId)
await second.until('a forgotten session', async () => {
  now += 121_000
  granted = await tokenFor(sessionId)
  return granted.session_id === sessionId
})
const context = [
  { id: 'm1', role: 'user', text: 'Do you have a kyusu?' },
  { id: 'm2', role: 'assistant', text: 'We do.' },
  { id: 'm3', role: 'user', text: 'And what is it for?' },
]
const third = await call(base, granted.token, { sessionId, resume: true, context })
third.send('client-ready', { version: '2.1.0', about: { library: 'test' } })
await third.until('the reseeded agent', () => third.spokenSoFar().some((text) => text.includes('messages')))
const reseededWith = third.spokenSoFar().find((text) => text.includes('messages'))
third.sendRaw('no JSON')
third.sendRaw('ping: 17')
third.send('no-such-type')
third.send('client-message', { t: 'cart', d: { items: [{ id: 'ember-cup', quantity: 3 }] } })
third.send('client-message', { t: 'nothing' })
third.send('send-text', { content: 'What is in my cart?' })
await third.until('the cart', () => third.spokenSoFar().some((text) => text.includes('3 of the Ember Cup')))

const silentFrom = performance.now()
/** When a timer of the same length fires in this process, which also has the server's timer. */
let timerMs = 0
setTimeout(() => {
  timerMs = performance.now() - silentFrom
}, 3_000)
third.vanish()
await third.until('the end of a silent call', () => third.channel.readyState === 'closed')
const silenceMs = performance.now() - silentFrom

const fourth = await call(base, granted.token, { sessionId, resume: true, context: [] })
fourth.send('client-ready')
await fourth.until('the session', () => fourth.seen('server-message'))

mayEnd = true
const webRtc = processes.find(isRunning)
const crashed = new Promise<NodeJS.Signals | null>((resolve) =>
  webRtc?.once('exit', (_, signal) => resolve(signal)),
)
webRtc?.kill('SIGSEGV')
const crashedBy = await crashed
const fifth = await call(base, granted.token, { sessionId, resume: true, context: [] })
fifth.send('client-ready')
await fifth.until('the session', () => fifth.seen('server-message'))
await server.close()
await fifth.until('the closed channel', () => fifth.channel.readyState === 'closed')

const sessionOf = ({ messages }: typeof first) => messages.find(({ type }) => type === 'server-message')?.data
const facts = {
  sessionId,
  stranger: stranger.session_id,
  owner: owner.session_id,
  statuses,
  pcIds: [first, second, third].map(({ answer }) => answer.pc_id),
  greetingDb: Math.round(first.loudestDb()),
  bargeInMs: Math.round(bargeInMs),
  silenceMs: Math.round(silenceMs),
  timerMs: Math.round(timerMs),
  firstTypes: first.types(),
  storyTypes,
  crashedBy,
  running: processes.filter(isRunning).length,
  sessions: [first, second, third, fourth, fifth].map(sessionOf),
  goesOnWith,
  reseededWith,
  thirdTypes: third.types(),
  pongs: third.pongs(),
  lastMessages: fifth.types(),
}
report({ facts })
