import { watchAudible } from './audible.js'

/** Milliseconds from the click. */
export interface CallTimes {
  ready: number
  /** Null if the agent did not speak in time. */
  audible: number | null
}

/** One client that makes calls to the example's server. */
export interface Client {
  /** Resolves when the page is as an app leaves it after its load. */
  prepare(): Promise<void>
  /** Resolves when the bot is ready. */
  connect(): Promise<void>
  /** Resolves when the call that the page load makes is on: a restored one of ours, a fresh one of a client that restores nothing. */
  callOnLoad(): Promise<void>
  mute(): void
  /** Stores a conversation of that length, with a call on. */
  store?(messages: number): Promise<void>
}

declare global {
  interface Window {
    callBench: {
      prepared: Promise<void>
      click(): Promise<CallTimes>
      /** Milliseconds from the start of the navigation to the call; null if the page load makes none. */
      called: Promise<number | null>
      store(messages: number): Promise<void>
      /** Mutes, and resolves when the agent has been silent for two seconds. */
      rest(): Promise<void>
    }
  }
}

const query = new URLSearchParams(location.search)
const who = query.get('who')
const isCallingOnLoad = query.has('call')
const audible = isCallingOnLoad ? null : watchAudible()

async function load(): Promise<Client> {
  if (who === 'pipecat') return (await import('./pipecat.js')).createClient()
  return (await import('./ours.js')).createClient(who === 'ours with UI')
}

const loading = load()

async function callOnLoad(): Promise<number | null> {
  if (!isCallingOnLoad) return null
  await (await loading).callOnLoad()
  return performance.now()
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
    const at = await heard
    return { ready, audible: at ? at - clicked : null }
  },
  async rest() {
    const client = await loading
    client.mute()
    await audible?.silence()
  },
  store: async (messages) => (await loading).store?.(messages),
}
