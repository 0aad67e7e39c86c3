/**
 * Measures the size that the built package adds to an app, and checks that an app gets only what it imports. Requires `npm run build`.
 */
import { bundle } from './support/bundled.js'

/** Found in minified code wherever something of it is: names of the browser, of messages and actions are not shortened. */
const marks = {
  'the microphone and peer connections': ['RTCPeerConnection', 'getUserMedia', 'setSinkId', 'AudioContext'],
  'the transport': ['client-ready', 'llm-function-call-result'],
  'encrypted storage': ['AES-GCM', 'BroadcastChannel', 'localforage', 'idb'],
  'the store': ['connectRequested', 'sessionRehydrated'],
}
type Part = keyof typeof marks
const browser: Part[] = ['the microphone and peer connections', 'the transport', 'encrypted storage']

interface Case {
  what: string
  code: string
  /** Counted is what comes on top of this. */
  beyond?: string
  /** Most that a page may load immediately, in kB (1000 bytes), minified and gzipped. */
  budget: number
  /** The budget there should be, where it is not reached yet. */
  wanted?: number
  /** Most that may be loaded later, as it is needed. @default 0 */
  later?: number
  /** Most that both may be together: what is split is compressed a little worse, so that what is only moved makes more of the whole. */
  whole?: number
  /** The budget of both that there should be, where it is not reached yet. */
  wantedWhole?: number
  /** Parts that must not be in the code loaded immediately. */
  without: Part[]
}

const entry = (name: string, path = 'redux-voice-agent') =>
  `import * as ${name} from '${path}'; globalThis.${name} = ${name};`
const only = (name: string, path: string) => `import { ${name} } from '${path}'; globalThis.kept = ${name}`

const core = 'redux-voice-agent'
const cases: Case[] = [
  {
    what: core,
    code: entry('core'),
    budget: 18.8,
    wanted: 13,
    // The runtime, with the storage; the code of a call, with its transport; and what a full disk, a new key, a file or a check needs.
    later: 91.4,
    whole: 110.2,
    wantedWhole: 46,
    without: browser,
  },
  {
    what: `${core}/react`,
    code: entry('core') + entry('react', `${core}/react`),
    beyond: core,
    budget: 27.1,
    wanted: 18,
    // The panels with search and the text of a conversation, the announcements, the guard of the focus, the styles for paper, and, only where
    // they are used, the watch of a call and the check before one.
    later: 21.5,
    whole: 48.6,
    without: browser,
  },
  {
    // Without the parts that it does not have.
    what: 'WebRTCVoiceAssistant alone',
    code: entry('core') + only('WebRTCVoiceAssistant', `${core}/react`),
    beyond: core,
    budget: 23.1,
    later: 19.8,
    without: browser,
  },
  {
    what: 'useWebRTCVoiceAssistant alone',
    code: entry('core') + only('useWebRTCVoiceAssistant', `${core}/react`),
    beyond: core,
    budget: 1.5,
    without: browser,
  },
  {
    what: `${core}/texts`,
    code: entry('texts', `${core}/texts`),
    budget: 5.9,
    without: [...browser, 'the store'],
  },
  {
    what: `${core}/storage/stores`,
    code: entry('stores', `${core}/storage/stores`),
    budget: 5,
    without: [...browser, 'the store'],
  },
  {
    what: `${core}/transports`,
    code: entry('transports', `${core}/transports`),
    budget: 14.3,
    without: ['the microphone and peer connections', 'encrypted storage', 'the store'],
  },
  {
    what: `${core}/storage`,
    code: entry('storage', `${core}/storage`),
    // With the rules of `storeConformance`; later come its cases, and the adapter of a custom store.
    budget: 14.9,
    later: 8.5,
    without: ['the microphone and peer connections', 'the transport', 'the store'],
  },
  {
    // Later comes what opens the database, which the storage has loaded already.
    what: `${core}/passkey`,
    code: entry('passkey', `${core}/passkey`),
    budget: 8.3,
    later: 11.2,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/passkey/react`,
    code: entry('passkey', `${core}/passkey`) + entry('dialog', `${core}/passkey/react`),
    beyond: `${core}/passkey`,
    budget: 4.6,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/mirror`,
    code: entry('mirror', `${core}/mirror`),
    // With the store's parts that it shares with the agent.
    budget: 7.6,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/analytics`,
    code: entry('analytics', `${core}/analytics`),
    budget: 10.1,
    without: browser.filter((part) => part !== 'the microphone and peer connections'),
  },
  {
    // Later comes what opens the database, which the storage has loaded already.
    what: `${core}/backup`,
    code: entry('backup', `${core}/backup`),
    budget: 19.3,
    later: 11,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    // With the validator and the writer of files, which a continued share needs.
    what: `${core}/share`,
    code: entry('share', `${core}/share`),
    budget: 6.8,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    // Without `@hpke/core`, which a page loads with the first share of a person.
    what: `${core}/share/people`,
    code: entry('people', `${core}/share/people`),
    budget: 1.2,
    without: [...browser.filter((part) => part !== 'encrypted storage'), 'the store'],
  },
  {
    // A viewer has nothing that is loaded later: no panels, and no call.
    what: `${core}/share/react`,
    code: entry('viewer', `${core}/share/react`),
    budget: 21.7,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/testing`,
    // `replay` shows a recorded call in a store of its own; later come the cases of `transportConformance`.
    code: entry('testing', `${core}/testing`),
    budget: 23.2,
    later: 96,
    without: browser,
  },
  {
    what: `${core}/devtools`,
    code: entry('devtools', `${core}/devtools`),
    budget: 0.7,
    without: [...browser, 'the store'],
  },
  {
    what: 'createReconnectPolicy alone',
    code: only('createReconnectPolicy', core),
    budget: 0.8,
    without: [...browser, 'the store'],
  },
  {
    what: 'smallWebRtcTransport alone',
    code: only('smallWebRtcTransport', `${core}/transports`),
    budget: 7.5,
    without: ['the microphone and peer connections', 'encrypted storage', 'the store'],
  },
  {
    // Without `livekit-client`, which a page loads with the first call. It makes a silent track, with an `AudioContext` of its own.
    what: `${core}/transports/livekit`,
    code: entry('livekit', `${core}/transports/livekit`),
    budget: 8.4,
    without: ['the transport', 'encrypted storage', 'the store'],
  },
  {
    what: 'scriptedTransport alone',
    code: only('scriptedTransport', `${core}/testing`),
    budget: 0.5,
    without: [...browser, 'the store'],
  },
]

const measured = new Map(
  await Promise.all(cases.map(async ({ what, code }) => [what, await bundle(code)] as const)),
)

function measure({ what, beyond }: Case) {
  const own = measured.get(what)
  const base = beyond === undefined ? { atOnce: 0, later: 0 } : measured.get(beyond)
  if (!own || !base) throw new Error(`${what} was not measured.`)
  return { atOnce: own.atOnce - base.atOnce, later: own.later - base.later, text: own.text }
}

const kilobytes = (bytes: number) => (Math.max(0, bytes) / 1000).toFixed(1)
const rows = ['| kB, minified and gzipped | at once | budget | later | budget |', '|---|--:|--:|--:|--:|']
const failures: string[] = []
const notes: string[] = []
for (const one of cases) {
  const {
    what,
    beyond,
    budget,
    wanted,
    later: laterBudget = 0,
    whole = Number.POSITIVE_INFINITY,
    wantedWhole,
    without,
  } = one
  const { atOnce, later, text } = measure(one)
  rows.push(
    `| ${what}${beyond ? `, beyond \`${beyond}\`` : ''} | ${kilobytes(atOnce)} | ${budget} | ${kilobytes(later)} | ${laterBudget} |`,
  )
  if (wanted !== undefined) {
    const missed = atOnce > wanted * 1000 ? 'missed' : 'reached: make it the budget'
    notes.push(`${what}: ${kilobytes(atOnce)} kB immediately; wanted ${wanted}, ${missed}.`)
  }
  if (wantedWhole !== undefined) {
    const missed = atOnce + later > wantedWhole * 1000 ? 'missed' : 'reached: make it the budget'
    notes.push(`${what}: ${kilobytes(atOnce + later)} kB on the whole; wanted ${wantedWhole}, ${missed}.`)
  }
  if (atOnce > budget * 1000)
    failures.push(`${what}: ${kilobytes(atOnce)} kB immediately, budget ${budget} kB.`)
  // One chunk more or less is compressed a little differently.
  if (later > laterBudget * 1000 + 100) failures.push(`${what}: ${kilobytes(later)} kB later.`)
  if (atOnce + later > whole * 1000) failures.push(`${what}: ${kilobytes(atOnce + later)} kB on the whole.`)
  for (const part of without) {
    const found = marks[part].filter((mark) => text.includes(mark))
    if (found.length > 0) failures.push(`${what} brings ${part} along: ${found.join(', ')}.`)
  }
}

// A mark that is found nowhere would let everything pass.
const { text, laterText } = measured.get(core) ?? { text: '', laterText: '' }
for (const mark of Object.values(marks).flat()) {
  if (!`${text}${laterText}`.includes(mark)) failures.push(`The package has no ${mark}: choose another mark.`)
}

// Users load these, too, unless their app has them already.
const dependencies = ['localforage', 'idb', 'redux-persist', '@noble/ciphers/aes.js']
const peers = ['@reduxjs/toolkit', 'react', 'react-redux', 'redux']
for (const name of dependencies) {
  const { atOnce } = await bundle(entry('dependency', name), peers)
  rows.push(`| ${name}, a dependency | ${kilobytes(atOnce)} | | | |`)
}

console.log(rows.join('\n'))
for (const note of notes) console.log(note)
for (const failure of failures) console.error(failure)
process.exit(failures.length === 0 ? 0 : 1)
