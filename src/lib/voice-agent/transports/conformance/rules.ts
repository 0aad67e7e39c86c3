import type { ConformanceKind, ConformanceProvider } from './subject.js'

/** A rule of the port. Its case loads when it runs, so that an app's stories do not load it. */
export interface Rule {
  kind: ConformanceKind
  name: string
  /** @default never skipped */
  isSkipped?(provider: ConformanceProvider): boolean
}

export const rules = {
  connect: {
    kind: 'connect',
    name: 'connects, and opens the microphone once the agent is ready',
  },
  text: {
    kind: 'connect',
    name: 'sends what the user types once, with its id',
    isSkipped: (provider: ConformanceProvider) => provider.onMessage === undefined,
  },
  cancel: {
    kind: 'cancel',
    name: 'stops at every await, on abort and on `close`, with the microphone closed',
  },
  refuse: {
    kind: 'refuse',
    name: 'reports a refusal with a code that says if a retry can help',
  },
  stream: {
    kind: 'stream',
    name: 'streams an answer, and reports what the user said',
    isSkipped: (provider: ConformanceProvider) => provider.answer(['x']).length === 0,
  },
  interrupt: {
    kind: 'interrupt',
    name: 'ends an interrupted answer once, with the text that had arrived',
    isSkipped: (provider: ConformanceProvider) => provider.interrupted === undefined,
  },
  lose: {
    kind: 'lose',
    name: 'sends nothing over a lost channel, and lets the package reconnect',
  },
  resume: {
    kind: 'resume',
    name: 'continues a session that the provider still has',
  },
  reseed: {
    kind: 'reseed',
    name: 'sends the context to an agent that lost the session, before it hears the user',
  },
  move: {
    kind: 'move',
    name: 'reports that the session continues on another device',
    isSkipped: (provider: ConformanceProvider) => provider.moved === undefined,
  },
  mute: {
    kind: 'mute',
    name: "leaves muting the user's voice to the package",
  },
  devices: {
    kind: 'devices',
    name: 'sends the track of the device that the user selected last',
    isSkipped: (provider: ConformanceProvider) => provider.sentTrack === undefined,
  },
  close: {
    kind: 'close',
    name: 'emits nothing after its end, and can be closed at any time, even twice',
  },
  leaks: {
    kind: 'leaks',
    name: 'leaves no peer, timer, listener or request behind, however often it connects',
  },
  malformed: {
    kind: 'malformed',
    name: 'survives any message, counts what it cannot read, and reads the next one',
    isSkipped: (provider: ConformanceProvider) => provider.answer(['x']).length === 0,
  },
} satisfies Record<string, Rule>

export type RuleId = keyof typeof rules
