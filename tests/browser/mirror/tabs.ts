import { configureStore, type StoreEnhancer } from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceAgentOptions } from 'redux-voice-agent'
import { type MirrorOptions, mirrorTabs } from 'redux-voice-agent/mirror'
import type { TransportEvent, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { onTestFinished } from 'vitest'

type Emit = (event: TransportEvent) => void

/** An agent that all tabs of a test call. It has one connection, and moves to another tab at the end of a sentence. */
export function createAgentServer({ canHandOver = true } = {}) {
  let current: { tab: string; emit: Emit } | null = null
  let endSentence: (() => void) | null = null
  let isTalking = false
  let failsNext = false
  const received: string[] = []
  const connections: { tab: string; isHandover: boolean; resume: boolean }[] = []
  const open = new Set<string>()

  async function move(tab: string, emit: Emit): Promise<void> {
    if (isTalking)
      await new Promise<void>((resolve) => {
        endSentence = resolve
      })
    const former = current
    current = { tab, emit }
    former?.emit({ type: 'agentLeft', reason: 'moved' })
  }

  /** Transport of one tab. */
  const transportOf =
    (tab: string): VoiceTransportFactory =>
    ({ emit }) => {
      const id = crypto.randomUUID()
      return {
        async connect({ isHandover = false, resume }) {
          connections.push({ tab, isHandover, resume })
          open.add(id)
          if (failsNext) {
            failsNext = false
            throw new Error('The test refuses this connection.')
          }
          const isResumed = received.length > 0 || current !== null
          if (isHandover) await move(tab, emit)
          else current = { tab, emit }
          emit({ type: 'textsAcknowledged', lastTextId: received.at(-1)?.split('\n')[0] ?? null })
          return isResumed ? 'resumed' : 'fresh'
        },
        send(message) {
          if (message.type !== 'text' || current?.emit !== emit) return
          received.push(`${message.id}\n${message.text}`)
          emit({ type: 'textsAcknowledged', lastTextId: message.id })
        },
        canHandOver: () => canHandOver,
        close() {
          open.delete(id)
        },
      }
    }

  return {
    transportOf,
    connections,
    /** Number of open connections. */
    get open() {
      return open.size
    },
    /** Tab whose connection the agent uses. */
    tab: () => current?.tab ?? null,
    texts: () => received.map((text) => text.split('\n')[1]),
    emit: (event: TransportEvent) => current?.emit(event),
    failNext() {
      failsNext = true
    },
    /** The agent starts a sentence. */
    begin(turnId: string, text: string) {
      isTalking = true
      current?.emit({ type: 'assistantTurnStarted', turnId })
      current?.emit({ type: 'assistantTextAppended', turnId, delta: text })
    },
    end(turnId: string) {
      isTalking = false
      current?.emit({ type: 'assistantTurnCompleted', turnId })
      endSentence?.()
      endSentence = null
    },
  }
}

export type AgentServer = ReturnType<typeof createAgentServer>

export interface TabOptions {
  databaseName: string
  server: AgentServer
  mirror?: MirrorOptions
  options?: Partial<Omit<VoiceAgentOptions, 'reducerPath'>>
  enhancer?: StoreEnhancer
}

/** A tab of the app. The tabs of a test share a page, but each has its own locks, channels and sessionStorage entries. */
export async function openTab(
  name: string,
  { databaseName, server, mirror: mirrorOptions, options, enhancer }: TabOptions,
) {
  const mirror = mirrorTabs({ offer: 'never', ...mirrorOptions })
  const { persistence, ...rest } = options ?? {}
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: server.transportOf(name),
    refreshToken: async ({ sessionId, token }) => ({
      token: token ?? `canary-token-${crypto.randomUUID()}`,
      expiresAt: Date.now() + 600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
    persistence: { databaseName, debounceMs: 20, ...(persistence || {}) },
    reconnect: { baseDelayMs: 0, maxAttempts: 3 },
    autoReconnect: 'always',
    mirror,
    ...rest,
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefault) => (enhancer ? getDefault().concat(enhancer) : getDefault()),
  })
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    await voiceAgent.dispose()
  }
  onTestFinished(close)
  await voiceAgent.sessionManager.initialize()
  const state = () => store.getState().voiceAgent
  return {
    name,
    voiceAgent,
    store,
    mirror,
    agent: voiceAgent.agent,
    sessionManager: voiceAgent.sessionManager,
    state,
    texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
    status: () => state().session.mirror?.status ?? null,
    call: () => state().connection.status,
    close,
  }
}

export type Tab = Awaited<ReturnType<typeof openTab>>

let count = 0

/** Creates a database, and a tab with a call. */
export async function openOwner(options: Partial<TabOptions> = {}) {
  sessionStorage.clear()
  const server = options.server ?? createAgentServer()
  const shared = { databaseName: `mirror-${Date.now()}-${count++}`, ...options, server }
  const owner = await openTab('owner', shared)
  await owner.agent.connect()
  owner.agent.sendText('before')
  await owner.voiceAgent.persistor.flush()
  const id = owner.state().session.id ?? ''
  return { ...shared, owner, id }
}

/** The parts of the state that the user sees. */
export function shownBy(tab: Tab) {
  const { connection, conversation, session, stats } = tab.state()
  return {
    messages: tab.voiceAgent.selectors.selectMessages(tab.store.getState()),
    status: connection.status,
    microphone: connection.microphone,
    isMuted: connection.isMuted,
    conversation: conversation.status,
    outbox: conversation.outbox,
    title: session.title,
    samples: stats.network,
  }
}
