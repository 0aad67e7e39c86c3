import { watchAudible } from './audible.js'
import { createProbe, type Step } from './probe.js'

/** Milliseconds from the click. */
export interface CallTimes {
  ready: number
  /** Null if the agent did not speak in time. */
  audible: number | null
  steps: Step[]
}

/** Milliseconds from the start of the navigation. */
export interface LoadTimes {
  connected: number
  steps: Step[]
}

/** A client that makes calls. */
export interface Client {
  /** Resolves when the page is idle after loading, as in an app. */
  prepare(): Promise<void>
  /** Resolves when the bot is ready. */
  connect(): Promise<void>
  /** Resolves when the page load's call is live: a restored one for this package, a fresh one for a client that restores nothing. */
  callOnLoad?(): Promise<void>
  mute?(): void
  /** Stores a conversation of that length during a call. */
  store?(messages: number): Promise<void>
  /** Resolves when a lost call has been replaced. */
  reconnected?(): Promise<void>
}

/** Names of the clients, as in the tables. */
export const clientNames = [
  'ours',
  'ours with UI',
  'pipecat',
  'pipecat with UI',
  'ours, OpenAI',
  'agents-realtime',
] as const
export type ClientName = (typeof clientNames)[number]

declare global {
  interface Window {
    callBench: {
      prepared: Promise<void>
      click(listens: boolean): Promise<CallTimes>
      /** Null if the page load makes no call. */
      called: Promise<LoadTimes | null>
      store(messages: number): Promise<void>
      /** Mutes, and resolves when the agent has been silent for a second. */
      rest(): Promise<void>
      /** Streams 50 deltas a second, in turns of 40. */
      stream(seconds: number): Promise<void>
      /** Resolves when a lost call is live again, with the time in milliseconds since the epoch. */
      reconnected(): Promise<number>
    }
  }
}

const query = new URLSearchParams(location.search)
const who = query.get('who') as ClientName
const isCallingOnLoad = query.has('call')
const probe = createProbe()
const audible = query.has('listen') ? watchAudible() : null

async function load(): Promise<Client> {
  if (who === 'pipecat' || who === 'pipecat with UI')
    return (await import('./pipecat.js')).createClient(who === 'pipecat with UI')
  if (who === 'agents-realtime') return (await import('./agents-realtime.js')).createClient()
  if (who === 'ours, OpenAI') return (await import('./ours-openai.js')).createClient()
  return (await import('./ours.js')).createClient(who === 'ours with UI')
}

const loading = load()

async function callOnLoad(): Promise<LoadTimes | null> {
  if (!isCallingOnLoad) return null
  await (await loading).callOnLoad?.()
  const connected = performance.now()
  return { connected, steps: probe.since(0) }
}

/** Yields the messages of one tick at a time, as a bot sends them. */
function* deltas(): Generator<unknown[], never> {
  for (let turn = 0; ; turn++) {
    const message = (type: string, data?: object) => ({ label: 'rtvi-ai', id: `${turn}`, type, data })
    for (let word = 0; word < 40; word++) {
      const text = message('bot-llm-text', { text: `word${word} ` })
      if (word === 0) yield [message('bot-llm-started'), text]
      else if (word === 39) yield [text, message('bot-llm-stopped')]
      else yield [text]
    }
  }
}

window.callBench = {
  prepared: loading.then((client) => client.prepare()),
  called: callOnLoad(),
  async click() {
    const client = await loading
    const clicked = performance.now()
    const heard = audible?.next()
    await client.connect()
    const ready = performance.now() - clicked
    const steps = probe.since(clicked)
    const at = await heard
    return { ready, audible: at ? at - clicked : null, steps }
  },
  async rest() {
    const client = await loading
    client.mute?.()
    await audible?.silence()
  },
  store: async (messages) => (await loading).store?.(messages),
  async stream(seconds) {
    const source = deltas()
    const end = performance.now() + seconds * 1_000
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        for (const message of source.next().value) probe.receive(message)
        if (performance.now() < end) return
        clearInterval(timer)
        resolve()
      }, 20)
    })
  },
  async reconnected() {
    await (await loading).reconnected?.()
    return Date.now()
  },
}
