import { VoiceAgentError } from 'redux-voice-agent'
import type { VoiceStorage } from 'redux-voice-agent/testing'
import type { TransportEvent, TransportHost, VoiceTransport } from 'redux-voice-agent/transports'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reconnectAfterMinute, statusIs } from '../middleware/support.js'
import {
  answerOf,
  countingTokens,
  createGate,
  deferred,
  type Gate,
  idOf,
  isReachedBefore,
  leaveTwoSessions,
  type Page,
  recordActions,
  rest,
  setUp,
} from './support.js'

interface World {
  page: Page
  storage: VoiceStorage
  /** Id of another stored session. */
  earlier: string
  emit: (event: TransportEvent) => void
}

/** Everything that ends a call. */
const ends: [string, (world: World) => Promise<unknown>][] = [
  ['disconnect()', ({ page }) => page.agent.disconnect()],
  ['disconnectRequested', async ({ page }) => void page.store.dispatch(page.actions.disconnectRequested())],
  ['newSession()', ({ page }) => page.agent.newSession()],
  ['createSession()', ({ page }) => page.sessionManager.createSession()],
  ['restoreSession()', ({ page, earlier }) => page.sessionManager.restoreSession(earlier)],
  [
    'restoreRequested',
    async ({ page, earlier }) => {
      page.store.dispatch(page.actions.restoreRequested({ sessionId: earlier }))
      // The call continues until it is known whether the other session can be opened.
      await vi.waitFor(() => expect(page.state().session.id).toBe(earlier))
    },
  ],
  ['purge()', ({ page }) => page.voiceAgent.persistor.purge()],
  ['reset()', ({ page }) => page.agent.reset()],
  ['a reset of the root state', async ({ page }) => page.logOut()],
  ['dispose()', ({ page }) => page.voiceAgent.dispose()],
]

describe('whatever connect() waits for, nothing is opened after the call is over', () => {
  const begin = async (gate: Gate, index: number): Promise<World & { connected: Promise<void> }> => {
    const { storage, earlier, last } = await leaveTwoSessions()
    const tokens = countingTokens()
    const page = setUp(() => gate.pass(Promise.resolve('fresh' as const)), {
      persistence: { storage: gate.storage(storage), debounceMs: 0 },
      autoReconnect: 'never',
      refreshToken: (request) => gate.pass(tokens(request)),
      buildContext: (messages) => gate.pass(Promise.resolve(messages)),
    })
    await page.sessionManager.initialize()
    // Provides a conversation to build a context from, but no token.
    await page.sessionManager.restoreSession(earlier, { reconnect: false })
    gate.hold(index)
    const connected = page.agent.connect()
    return { page, storage, earlier: last, connected, emit: page.transport.emit }
  }

  it.each(ends)('%s', async (how, end) => {
    async function tryAt(index: number): Promise<boolean> {
      const gate = createGate()
      const world = await begin(gate, index)
      const { page, connected } = world
      try {
        if (!(await isReachedBefore(gate.reached, connected))) return false
        const answer = answerOf(connected)
        const requestsBefore = page.transport.requests.length
        const ended = answerOf(end(world))
        await rest()
        gate.open()
        await rest()
        expect(await ended, `ended at ${index}`).toBe('resolved')
        expect(await answer, `connect() at ${index}`).toBe(how === 'dispose()' ? 'disposed' : 'not-connected')
        // The call stays live until it is known whether the other session can be restored.
        const most = how.startsWith('restore') ? requestsBefore + 1 : requestsBefore
        expect(page.transport.requests.length, `requests at ${index}`).toBeLessThanOrEqual(most)
        expect(page.transport.open, `open at ${index}`).toBe(0)
        expect(page.state().connection.status).toMatch(/^(idle|disconnected)$/)
        if (how === 'dispose()') return true
        expect(await answerOf(page.agent.connect()), `next call at ${index}`).toBe('resolved')
        expect(page.transport.open).toBe(1)
        expect(page.state().connection.status).toBe('connected')
        return true
      } finally {
        gate.open()
        await page.voiceAgent.dispose()
      }
    }
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => tryAt(index)))
    const count = answers.indexOf(false)
    // At least the token, the context and the agent.
    expect(count).toBeGreaterThanOrEqual(3)
    expect(answers.slice(count)).not.toContain(true)
  })
})

describe('whatever is requested in odd orders, there is one call', () => {
  it('connect(); disconnect(); connect(): the first is rejected because its call was ended, and the second succeeds', async () => {
    const page = setUp()
    const first = answerOf(page.agent.connect())
    void page.agent.disconnect()
    const second = answerOf(page.agent.connect())
    expect([await first, await second]).toEqual(['not-connected', 'resolved'])
    await rest()
    expect(page.transport.open).toBe(1)
    expect(page.state().connection.status).toBe('connected')
  })

  it('connect() resolves for its own connection only', async () => {
    const agent = deferred<'fresh'>()
    const page = setUp(() => agent.promise)
    const connected = page.agent.connect()
    await vi.waitFor(() => expect(page.transport.requests).toHaveLength(1))
    // As in another page's log.
    const at = Date.now()
    page.store.dispatch(page.actions.connectionEstablished({ connectionId: 'another', agent: 'fresh', at }))
    page.store.dispatch(page.actions.connectionRecovered({ connectionId: 'another', at }))
    expect(await answerOf(connected, 50)).toBe('pending')
    agent.resolve('fresh')
    expect(await answerOf(connected)).toBe('resolved')
    expect(page.state().connection.status).toBe('connected')
  })

  it('connect() many times, in any task, is one call, and each settles', async () => {
    const page = setUp()
    const answers = [page.agent.connect(), page.agent.connect()]
    await Promise.resolve()
    answers.push(page.agent.connect())
    await rest()
    answers.push(page.agent.connect())
    expect(await Promise.all(answers.map((answer) => answerOf(answer)))).toEqual(
      answers.map(() => 'resolved'),
    )
    expect(page.transport.requests).toHaveLength(1)
  })

  it('each connect() that waits for a call is rejected when the call fails', async () => {
    const page = setUp(() => {
      throw new VoiceAgentError('signalling-rejected')
    })
    const answers = [page.agent.connect(), page.agent.connect(), page.agent.connect()]
    expect(await Promise.all(answers.map((answer) => answerOf(answer)))).toEqual(
      answers.map(() => 'signalling-rejected'),
    )
    expect(page.transport.requests).toHaveLength(1)
  })

  it('connect() while reconnecting resolves once the call has recovered, or rejects with it', async () => {
    const agent = { isDown: false }
    const page = setUp(
      () => {
        if (agent.isDown) throw new VoiceAgentError('agent-unreachable')
        return 'fresh'
      },
      { reconnect: reconnectAfterMinute(1) },
    )
    await page.agent.connect()
    agent.isDown = true
    const lost = statusIs(page.agent, 'reconnecting')
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await lost
    const waiting = page.agent.connect()
    expect(await answerOf(waiting, 50)).toBe('pending')
    await vi.waitFor(() => expect(page.state().connection.nextRetryAt).not.toBeNull())
    page.agent.retry()
    expect(await answerOf(waiting)).toBe('reconnect-exhausted')
    expect(page.state().connection.status).toBe('failed')
  })

  it('a listener of the end can start the next call synchronously', async () => {
    const page = setUp()
    await page.agent.connect()
    const next = deferred<void>()
    page.agent.once('connectionStateChanged', () => {
      page.agent.connect().then(next.resolve, next.reject)
    })
    await page.agent.disconnect()
    expect(await answerOf(next.promise)).toBe('resolved')
    expect(page.state().connection.status).toBe('connected')
    expect(page.transport.open).toBe(1)
  })

  it('a subscriber that ends each call as soon as it is connected wins', async () => {
    const page = setUp()
    page.store.subscribe(() => {
      if (page.state().connection.status === 'connected') void page.agent.disconnect()
    })
    await answerOf(page.agent.connect())
    await rest()
    expect({ status: page.state().connection.status, open: page.transport.open }).toEqual({
      status: 'disconnected',
      open: 0,
    })
  })

  it("an app's middleware sees each intent before its consequences", async () => {
    const recorded = recordActions()
    const page = setUp(undefined, {}, { middleware: [recorded.middleware] })
    await page.agent.connect()
    page.agent.sendText('hello')
    await page.agent.disconnect()
    const types = recorded.types()
    const inOrder = (first: string, second: string) =>
      expect(types.indexOf(second)).toBeGreaterThan(types.indexOf(first))
    inOrder('connectRequested', 'connectionAttempted')
    inOrder('connectionAttempted', 'connectionEstablished')
    inOrder('disconnectRequested', 'connectionClosed')
  })
})

describe('a late event has no effect', () => {
  const events: TransportEvent[] = [
    { type: 'userSpeechStarted' },
    { type: 'userSpeechStopped' },
    { type: 'userTranscriptReceived', text: 'late', final: true },
    { type: 'userTranscriptReceived', text: 'late', final: false },
    { type: 'assistantTurnStarted', turnId: 'late' },
    { type: 'assistantTextAppended', turnId: 'a', delta: 'late' },
    { type: 'assistantTextReplaced', turnId: 'a', text: 'late' },
    { type: 'assistantTurnCompleted', turnId: 'a' },
    { type: 'assistantTurnInterrupted', turnId: 'a' },
    { type: 'assistantSpeechStarted' },
    { type: 'assistantSpeechStopped' },
    { type: 'connectionState', state: 'connected' },
    { type: 'connectionState', state: 'disconnected' },
    { type: 'connectionState', state: 'failed' },
    { type: 'connectionState', state: 'closed' },
    { type: 'toolCallStarted', toolCallId: 'late', name: 'look', arguments: {} },
    { type: 'toolCallStopped', toolCallId: 'late', cancelled: false },
    { type: 'agentLeft' },
    {
      type: 'agentErrorReported',
      error: { code: 'agent-error', message: 'late', recoverable: true },
      fatal: false,
    },
    {
      type: 'agentErrorReported',
      error: { code: 'agent-error', message: 'late', recoverable: true },
      fatal: true,
    },
    { type: 'protocolError', why: 'malformed' },
    { type: 'microphoneChanged', microphone: 'live' },
    { type: 'playbackChanged', playback: 'playing' },
    { type: 'audioLevel', source: 'agent', level: 1 },
  ]

  /** A transport whose connections can still emit after they were closed. */
  function setUpLate() {
    const hosts: TransportHost[] = []
    const run = vi.fn(() => 'seen')
    const page = setUp(undefined, {
      transport: (host) => {
        hosts.push(host)
        return { connect: async () => 'fresh', send() {}, close() {} }
      },
      tools: {
        look: {
          description: 'Looks.',
          parameters: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
          run,
        },
      },
    })
    return { page, hosts, run }
  }

  it.each<[string, (page: Page, hosts: TransportHost[]) => Promise<unknown>]>([
    ['after disconnect()', ({ agent }) => agent.disconnect()],
    ['after newSession()', ({ agent }) => agent.newSession()],
    [
      'in the next call',
      async ({ agent }) => {
        await agent.disconnect()
        await agent.connect()
      },
    ],
    [
      'in the call of another session',
      async ({ agent }) => {
        await agent.newSession()
        await agent.connect()
      },
    ],
    [
      'in the next connection of the same call',
      async (page, hosts) => {
        const back = statusIs(page.agent, 'reconnecting').then(() => statusIs(page.agent, 'connected'))
        hosts[0]?.emit({ type: 'connectionState', state: 'closed' })
        await back
      },
    ],
    ['after dispose()', (page) => page.voiceAgent.dispose()],
  ])('%s', async (_when, move) => {
    const { page, hosts, run } = setUpLate()
    await page.agent.connect()
    hosts[0]?.emit({ type: 'assistantTurnStarted', turnId: 'a' })
    hosts[0]?.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Well, ' })
    await move(page, hosts)
    await rest()
    const before = page.state()
    for (const event of events) hosts[0]?.emit(event)
    await rest()
    expect(page.state()).toBe(before)
    expect(run).not.toHaveBeenCalled()
  })
})

class FakeTrack extends EventTarget {
  readyState = 'live'
  enabled = true
  readonly kind = 'audio'
  stop() {
    this.readyState = 'ended'
  }
}

describe('no microphone outlives its call', () => {
  /** The browser's prompts, which the test answers. */
  function stubMedia() {
    const prompts: { answer: (isAllowed: boolean) => void }[] = []
    const tracks: FakeTrack[] = []
    vi.stubGlobal('navigator', {
      onLine: true,
      permissions: { query: async () => ({ state: 'prompt' }) },
      mediaDevices: {
        getUserMedia: () =>
          new Promise((resolve, reject) => {
            let isAnswered = false
            prompts.push({
              answer(isAllowed) {
                if (isAnswered) return
                isAnswered = true
                if (!isAllowed) return reject(new DOMException('No.', 'NotAllowedError'))
                const track = new FakeTrack()
                tracks.push(track)
                resolve({ getAudioTracks: () => [track], getTracks: () => [track] })
              },
            })
          }),
        enumerateDevices: async () => [],
        addEventListener() {},
        removeEventListener() {},
      },
    })
    return { prompts, live: () => tracks.filter(({ readyState }) => readyState === 'live') }
  }

  let media: ReturnType<typeof stubMedia>
  beforeEach(() => {
    media = stubMedia()
  })
  afterEach(() => void vi.unstubAllGlobals())

  /** A transport that does something first, such as requesting ICE servers. */
  async function startCall(before: Promise<void>): Promise<World> {
    const { storage, earlier } = await leaveTwoSessions()
    let emit: World['emit'] = () => {}
    const transport = (host: TransportHost): VoiceTransport => {
      emit = host.emit
      return {
        async connect({ signal }) {
          await before
          await host.openPeer({ dataChannel: null, signal, onMessage() {} })
          return 'fresh'
        },
        send() {},
        close() {},
      }
    }
    const page = setUp(undefined, {
      transport,
      persistence: { storage, debounceMs: 0 },
      autoReconnect: 'never',
    })
    await page.sessionManager.initialize()
    await page.agent.newSession()
    page.agent.connect().catch(() => undefined)
    await vi.waitFor(() => expect(page.state().connection.connectionId).not.toBeNull())
    return { page, storage, earlier, emit: (event) => emit(event) }
  }

  const mediaEnds: typeof ends = [
    ...ends,
    ['the agent leaves', async ({ emit }) => emit({ type: 'agentLeft' })],
    [
      'a fatal agent error',
      async ({ emit }) =>
        emit({
          type: 'agentErrorReported',
          error: { code: 'agent-error', message: 'Over.', recoverable: false },
          fatal: true,
        }),
    ],
  ]

  /** User actions while the browser asks. */
  const meanwhile: [string, (page: Page) => void][] = [
    ['nothing else', () => {}],
    ['selectMicrophone()', ({ agent }) => agent.selectMicrophone('headset')],
    [
      'selectMicrophone() twice',
      ({ agent }) => {
        agent.selectMicrophone('headset')
        agent.selectMicrophone(null)
      },
    ],
    [
      'selectMicrophoneRequested',
      ({ store, actions }) => void store.dispatch(actions.selectMicrophoneRequested({ deviceId: 'headset' })),
    ],
    ['retryMicrophone()', ({ agent }) => agent.retryMicrophone()],
    [
      'mute() and unmute()',
      ({ agent }) => {
        agent.mute()
        agent.unmute()
      },
    ],
  ]

  async function answerAll(isAllowed: boolean) {
    let answered = 0
    while (answered < media.prompts.length) {
      media.prompts[answered++]?.answer(isAllowed)
      await rest()
    }
  }

  it.each(mediaEnds.flatMap(([how, end]) => meanwhile.map(([what, act]) => ({ how, end, what, act }))))(
    'the browser asks; $what; $how; the user allows it',
    async ({ end, act }) => {
      const world = await startCall(Promise.resolve())
      await vi.waitFor(() => expect(media.prompts).toHaveLength(1))
      act(world.page)
      await Promise.resolve()
      await end(world)
      await rest()
      const prompts = media.prompts.length
      await answerAll(true)
      expect(media.live()).toEqual([])
      expect(media.prompts).toHaveLength(prompts)
      expect(world.page.state().connection.microphone).toBe('off')
    },
  )

  it.each(mediaEnds)('a transport that opens its peer after %s', async (_how, end) => {
    const before = deferred()
    const world = await startCall(before.promise)
    await rest()
    await end(world)
    before.resolve()
    await rest()
    const prompts = media.prompts.length
    await answerAll(true)
    expect({ prompts, live: media.live() }).toEqual({ prompts: 0, live: [] })
  })

  it.each(meanwhile)('after the call: %s opens nothing', async (_what, act) => {
    const world = await startCall(Promise.resolve())
    await vi.waitFor(() => expect(media.prompts).toHaveLength(1))
    await world.page.agent.disconnect()
    await answerAll(true)
    act(world.page)
    await rest()
    expect(media.prompts).toHaveLength(1)
    expect(media.live()).toEqual([])
  })

  it('a prompt of one call does not provide the microphone of the next', async () => {
    const world = await startCall(Promise.resolve())
    await vi.waitFor(() => expect(media.prompts).toHaveLength(1))
    await world.page.agent.disconnect()
    world.page.agent.connect().catch(() => undefined)
    await vi.waitFor(() => expect(media.prompts).toHaveLength(2))
    media.prompts[0]?.answer(true)
    await rest()
    expect(media.live()).toEqual([])
    expect(world.page.state().connection.microphone).toBe('prompting')
    await world.page.agent.disconnect()
    await answerAll(true)
    expect(media.live()).toEqual([])
    expect(idOf(world.page)).not.toBe(world.earlier)
  })
})
