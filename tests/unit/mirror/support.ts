import { configureStore, type Middleware } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { type MirrorOptions, mirrorTabs } from 'redux-voice-agent/mirror'
import {
  memoryStorage,
  type ScriptedTransport,
  scriptedTransport,
  type VoiceStorage,
} from 'redux-voice-agent/testing'
import { afterEach, beforeEach, vi } from 'vitest'
import { rest } from '../orders/support.js'

interface Sent {
  from: FakeChannel
  data: unknown
}

/** The channels of all tabs of a test. Messages arrive in order, unless the test delays, drops or reorders them. */
export class Air {
  readonly channels = new Set<FakeChannel>()
  /** Delayed messages; null while messages aren't delayed. */
  held: Sent[] | null = null
  /** All posted messages. */
  readonly posted: unknown[] = []

  post(sent: Sent): void {
    this.posted.push(sent.data)
    if (this.held) this.held.push(sent)
    else this.deliver(sent)
  }

  deliver({ from, data }: Sent): void {
    for (const channel of this.channels)
      if (channel !== from && channel.name === from.name)
        queueMicrotask(() => channel.onmessage?.({ data: structuredClone(data) } as MessageEvent))
  }

  hold(): void {
    this.held = []
  }

  /** Delivers the delayed messages in the order that `order` returns. It may also drop or repeat some. */
  release(order: (held: Sent[]) => Sent[] = (held) => held): void {
    const held = this.held ?? []
    this.held = null
    for (const sent of order(held)) this.deliver(sent)
  }
}

export class FakeChannel {
  static air = new Air()
  onmessage: ((event: MessageEvent) => void) | null = null
  readonly name: string

  constructor(name: string) {
    this.name = name
    FakeChannel.air.channels.add(this)
  }

  postMessage(data: unknown): void {
    FakeChannel.air.post({ from: this, data })
  }

  close(): void {
    FakeChannel.air.channels.delete(this)
  }
}

const disposals: (() => Promise<void>)[] = []
/** Keys of the stored sessions, by session id. */
let keys: Map<string, CryptoKey>

beforeEach(() => {
  FakeChannel.air = new Air()
  keys = new Map()
  vi.stubGlobal('BroadcastChannel', FakeChannel)
})

afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose()
  vi.unstubAllGlobals()
})

/** Waits without advancing fake timers, unlike `vi.waitUntil`. Encryption takes real time. */
export async function until(isTrue: () => unknown): Promise<void> {
  while (!isTrue()) await rest(1)
}

export const deleteKey = (sessionId: string) => keys.delete(sessionId)

export async function makeKey(sessionId: string): Promise<void> {
  const algorithm = { name: 'AES-GCM', length: 256 }
  if (!keys.has(sessionId))
    keys.set(sessionId, await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt']))
}

/** A tab with an in-memory disk and the test's channels. @param records Replaces parts of the disk. */
export async function openTab(
  sessionId = 'session-1',
  options: MirrorOptions = {},
  transport: ScriptedTransport = scriptedTransport(),
  records: Partial<VoiceStorage['records']> = {},
) {
  const mirror = mirrorTabs({ offer: 'never', ...options })
  const storage = memoryStorage()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId }),
    persistence: {
      debounceMs: 0,
      storage: {
        ...storage,
        records: { ...storage.records, ...records },
        async channelOf(id) {
          const key = keys.get(id)
          return key ? { name: `mirror:${id}`, key } : null
        },
      },
    },
    mirror,
  })
  const answers: (string | null)[] = []
  const recordAnswers: Middleware = () => (next) => (action) => {
    if (voiceAgent.actions.requestSettled.match(action)) answers.push(action.payload.error?.code ?? null)
    return next(action)
  }
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware, recordAnswers),
    devTools: false,
  })
  disposals.push(() => voiceAgent.dispose())
  await voiceAgent.sessionManager.initialize()
  return {
    voiceAgent,
    transport,
    mirror,
    /** Code of each answered request, or null, in order. */
    answers,
    agent: voiceAgent.agent,
    sessionManager: voiceAgent.sessionManager,
    state: () => store.getState().voiceAgent,
    onChange: (listener: () => void) => store.subscribe(listener),
    texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
    status: () => store.getState().voiceAgent.session.mirror?.status ?? null,
  }
}

/** A tab with a call that owns the session. */
export async function openOwner(sessionId = 'session-1', transport?: ScriptedTransport) {
  await makeKey(sessionId)
  const owner = await openTab(sessionId, {}, transport)
  await owner.agent.connect()
  owner.agent.sendText('before')
  return owner
}

export type Tab = Awaited<ReturnType<typeof openTab>>

export const say = ({ transport }: Tab, text: string) =>
  transport.emit({ type: 'userTranscriptReceived', text, final: true })

/** Events of a page, which Node has none of. */
export function stubPage() {
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  return {
    hide: () => page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true })),
    show: () => page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })),
  }
}
