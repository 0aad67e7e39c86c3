/**
 * Measures the size that the built package adds to an app, and checks that an app gets only what it imports. Requires `npm run build`.
 */
import { bundle } from './support/bundled.js'

/** Strings that survive minification and show that a part is included: names of browser APIs, messages and actions. */
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
  /** Measures only the code added on top of this entry. */
  beyond?: string
  /** Maximum size loaded immediately, in kB (1000 bytes), minified and gzipped. */
  budget: number
  /** Target for `budget`, if it isn't reached yet. */
  wanted?: number
  /** Maximum size loaded on demand. @default 0 */
  later?: number
  /** Maximum total. Splitting compresses slightly worse, so moving code into another chunk increases the total. */
  whole?: number
  /** Target for `whole`, if it isn't reached yet. */
  wantedWhole?: number
  /** Parts that must not be loaded immediately. */
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
    budget: 19.2,
    wanted: 13,
    // The runtime with the storage, the code of a call with its transport, and code for a store of your own, a file or a check.
    later: 92.8,
    whole: 111.9,
    wantedWhole: 46,
    without: browser,
  },
  {
    what: `${core}/react`,
    code: entry('core') + entry('react', `${core}/react`),
    beyond: core,
    budget: 25.4,
    wanted: 18,
    // The panels with search and the conversation's text, most notices with their texts, the announcements, the guards of focus and files,
    // the print styles, and, where used, the call monitor and the pre-call check.
    later: 25.1,
    whole: 50.5,
    without: browser,
  },
  {
    // Without the parts that it doesn't use.
    what: 'WebRTCVoiceAssistant alone',
    code: entry('core') + only('WebRTCVoiceAssistant', `${core}/react`),
    beyond: core,
    budget: 21.2,
    later: 23,
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
    budget: 6.0,
    without: [...browser, 'the store'],
  },
  {
    what: `${core}/storage/stores`,
    code: entry('stores', `${core}/storage/stores`),
    budget: 4.8,
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
    // Includes the rules of `storeConformance`. Its cases and the adapter for custom stores load on demand.
    budget: 14.6,
    later: 8.1,
    without: ['the microphone and peer connections', 'the transport', 'the store'],
  },
  {
    // The code that opens the database loads on demand. The storage has loaded it already.
    what: `${core}/passkey`,
    code: entry('passkey', `${core}/passkey`),
    budget: 8.5,
    later: 10.4,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/passkey/react`,
    code: entry('passkey', `${core}/passkey`) + entry('dialog', `${core}/passkey/react`),
    beyond: `${core}/passkey`,
    budget: 5.3,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/mirror`,
    code: entry('mirror', `${core}/mirror`),
    // Includes the parts of the store that it shares with the agent.
    budget: 9.8,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/analytics`,
    code: entry('analytics', `${core}/analytics`),
    budget: 10.3,
    without: browser.filter((part) => part !== 'the microphone and peer connections'),
  },
  {
    // The code that opens the database loads on demand. The storage has loaded it already.
    what: `${core}/backup`,
    code: entry('backup', `${core}/backup`),
    budget: 23.3,
    later: 10.1,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/backup/react`,
    code: entry('backup', `${core}/backup`) + entry('panel', `${core}/backup/react`),
    beyond: `${core}/backup`,
    budget: 10.3,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    // Includes the validator and the file writer, which continuing a share needs.
    what: `${core}/share`,
    code: entry('share', `${core}/share`),
    budget: 8.0,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    // Without `@hpke/core`, which a page loads when it first shares with a person.
    what: `${core}/share/people`,
    code: entry('people', `${core}/share/people`),
    budget: 1.7,
    without: [...browser.filter((part) => part !== 'encrypted storage'), 'the store'],
  },
  {
    // A viewer loads nothing on demand: it has no panels and no call.
    what: `${core}/share/react`,
    code: entry('viewer', `${core}/share/react`),
    budget: 20.9,
    without: ['the microphone and peer connections', 'the transport'],
  },
  {
    what: `${core}/testing`,
    // `replay` shows a recorded call in its own store. The cases of `transportConformance` load on demand.
    code: entry('testing', `${core}/testing`),
    budget: 23.7,
    later: 97.5,
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
    budget: 7.6,
    without: ['the microphone and peer connections', 'encrypted storage', 'the store'],
  },
  {
    // Without `livekit-client`, which a page loads with the first call. It creates a silent track with its own `AudioContext`.
    what: `${core}/transports/livekit`,
    code: entry('livekit', `${core}/transports/livekit`),
    budget: 8.5,
    without: ['the transport', 'encrypted storage', 'the store'],
  },
  {
    what: 'scriptedTransport alone',
    code: only('scriptedTransport', `${core}/testing`),
    budget: 0.3,
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
    notes.push(`${what}: ${kilobytes(atOnce + later)} kB in total; wanted ${wantedWhole}, ${missed}.`)
  }
  if (atOnce > budget * 1000)
    failures.push(`${what}: ${kilobytes(atOnce)} kB immediately, budget ${budget} kB.`)
  // Tolerates small differences in compression from one more or one less chunk.
  if (later > laterBudget * 1000 + 100) failures.push(`${what}: ${kilobytes(later)} kB later.`)
  if (atOnce + later > whole * 1000) failures.push(`${what}: ${kilobytes(atOnce + later)} kB in total.`)
  for (const part of without) {
    const found = marks[part].filter((mark) => text.includes(mark))
    if (found.length > 0) failures.push(`${what} brings ${part} along: ${found.join(', ')}.`)
  }
}

// A mark that occurs nowhere would let everything pass.
const { text, laterText } = measured.get(core) ?? { text: '', laterText: '' }
for (const mark of Object.values(marks).flat()) {
  if (!`${text}${laterText}`.includes(mark)) failures.push(`The package has no ${mark}: choose another mark.`)
}

// Users load these too, unless their app already includes them.
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
