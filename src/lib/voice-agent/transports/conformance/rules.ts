import type { ConformanceKind, ConformanceProvider } from './subject.js'

/** A rule of the port. Its case is loaded when it runs, so that an app's stories do not load it. */
export interface Rule {
  kind: ConformanceKind
  name: string
  /** @default never */
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
    name: 'stops at every await, by its signal and by `close`, with the microphone closed',
  },
  refuse: {
    kind: 'refuse',
    name: 'reports a refusal with a code that says if another attempt can help',
  },
  stream: {
    kind: 'stream',
    name: 'streams an answer, and reports what the user said',
    isSkipped: (provider: ConformanceProvider) => provider.answer(['x']).length === 0,
  },
  interrupt: {
    kind: 'interrupt',
    name: 'ends an answer that is interrupted once, with the text that had come',
    isSkipped: (provider: ConformanceProvider) => provider.interrupted === undefined,
  },
  lose: {
    kind: 'lose',
    name: 'sends nothing over a channel that is lost, and lets the package reconnect',
  },
  resume: {
    kind: 'resume',
    name: 'continues a session that the provider still has',
  },
  reseed: {
    kind: 'reseed',
    name: 'gives the context to an agent that has lost the session, before it hears the user',
  },
  move: {
    kind: 'move',
    name: 'says that the session continues on another device',
    isSkipped: (provider: ConformanceProvider) => provider.moved === undefined,
  },
  mute: {
    kind: 'mute',
    name: "leaves the user's voice to the package",
  },
  devices: {
    kind: 'devices',
    name: 'sends the track of the device that the user chose last',
    isSkipped: (provider: ConformanceProvider) => provider.sentTrack === undefined,
  },
  close: {
    kind: 'close',
    name: 'emits nothing after its end, and can be closed at any time, also twice',
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
