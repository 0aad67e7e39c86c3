import { memoryStorage } from 'redux-voice-agent/testing'
import type {
  ConnectRequest,
  TransportEvent,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from 'redux-voice-agent/transports'
import { describe, expect, it, vi } from 'vitest'
import { stubBrowser } from '../audio/stubs.js'
import { answerOf, countingTokens, createGate, deferred, isReachedBefore, rest, setUp } from './support.js'

/** A transport that declares its peer connection, so that it is created in parallel with the token and the session. */
const transport: VoiceTransportFactory = Object.assign(
  (host: TransportHost): VoiceTransport => ({
    async connect({ signal }) {
      await host.openPeer({ dataChannel: 'chat', signal, onMessage() {} })
      return 'fresh'
    },
    send() {},
    close() {},
  }),
  { peer: { dataChannel: 'chat' } },
)

function start(options: Parameters<typeof setUp>[1] = {}) {
  const browser = stubBrowser()
  browser.permission = 'granted'
  const tokens = countingTokens()
  const token = deferred<void>()
  const page = setUp(undefined, {
    transport,
    persistence: { storage: memoryStorage(), debounceMs: 0 },
    refreshToken: async (request) => {
      await token.promise
      return tokens(request)
    },
    ...options,
  })
  return { browser, page, token }
}

const openConnections = (browser: ReturnType<typeof stubBrowser>) =>
  browser.connections.filter(({ connectionState }) => connectionState !== 'closed')

describe('a call that waits for its token', () => {
  it('has its microphone and its peer connection opened, and uses both', async () => {
    const { browser, page, token } = start()
    const connected = page.agent.connect()
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    expect(browser.connections).toHaveLength(1)
    const track = browser.prompts[0]?.grant()
    await vi.waitFor(() => expect(page.state().connection.microphone).toBe('live'))
    expect(page.state().session.id).toBeNull()
    token.resolve()
    await connected
    expect(browser.connections).toHaveLength(1)
    expect(browser.live()).toEqual([track])
    expect(page.state().connection).toMatchObject({ status: 'connected', microphone: 'live' })
  })

  it('releases both if there is no token, and says why', async () => {
    const { browser, page, token } = start()
    const answer = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    browser.prompts[0]?.grant()
    await rest()
    token.reject(new Error('no'))
    expect(await answer).toBe('token-refresh-failed')
    expect([browser.live(), openConnections(browser)]).toEqual([[], []])
    expect(page.state().connection).toMatchObject({ status: 'failed', microphone: 'off' })
  })

  it('is muted and switched to another device, as requested meanwhile', async () => {
    const { browser, page, token } = start()
    const connected = page.agent.connect()
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    const first = browser.prompts[0]?.grant()
    await rest()
    page.agent.mute()
    page.agent.selectMicrophone('headset')
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(2))
    const second = browser.prompts[1]?.grant()
    token.resolve()
    await connected
    expect([first?.readyState, second?.enabled]).toEqual(['ended', false])
    expect(page.state().connection).toMatchObject({ microphone: 'muted', microphoneId: 'headset' })
  })

  it("is ended, and another is started, which does not get the first one's microphone", async () => {
    const { browser, page, token } = start()
    const first = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    void page.agent.disconnect()
    const second = page.agent.connect()
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(2))
    const [early, late] = browser.prompts.map((prompt) => prompt.grant())
    token.resolve()
    await second
    expect(await first).toBe('not-connected')
    expect([early?.readyState, late?.readyState]).toEqual(['ended', 'live'])
    expect(openConnections(browser)).toHaveLength(1)
  })
})

describe('a call whose session is still being created', () => {
  /** A page whose storage creates no session until the test allows it. */
  function startSlowly(called?: VoiceTransportFactory) {
    const storage = memoryStorage()
    const made = deferred<void>()
    const { create } = storage.records
    storage.records.create = (async (sessionId) => {
      await made.promise
      return create(sessionId)
    }) as typeof create
    const requests: ConnectRequest[] = []
    let say: TransportHost['emit'] = () => {}
    const talkative: VoiceTransportFactory = (host) => ({
      async connect(request) {
        requests.push(request)
        say = host.emit
        host.memo.set('kept')
        return 'fresh'
      },
      send() {},
      close() {},
    })
    const started = start({ transport: called ?? talkative, persistence: { storage, debounceMs: 0 } })
    started.token.resolve()
    return { ...started, storage, made, requests, say: (event: TransportEvent) => say(event) }
  }

  it('reaches its agent, and is live once there is a session, which contains everything said', async () => {
    const { page, made, requests, say, storage } = startSlowly()
    const connected = page.agent.connect()
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    say({ type: 'assistantTurnStarted', turnId: 'a' })
    say({ type: 'assistantTextAppended', turnId: 'a', delta: 'Hello.' })
    say({ type: 'assistantTurnCompleted', turnId: 'a' })
    expect(await answerOf(connected, 50)).toBe('pending')
    expect(page.state().session.id).toBeNull()
    expect(page.state().connection.status).toBe('connecting')
    expect(page.state().conversation.messages.tail).toEqual([])
    made.resolve()
    await connected
    expect(page.state().connection.status).toBe('connected')
    expect(page.state().conversation.messages.tail.map(({ text }) => text)).toEqual(['Hello.'])
    expect(requests).toHaveLength(1)
    const { id } = page.state().session
    await page.voiceAgent.persistor.flush()
    const stored = await storage.records.getItem(id ?? '')
    expect([...(stored?.messages ?? [])].map(({ text }) => text)).toEqual(['Hello.'])
    // The transport saved it before there was a session to store it with.
    await vi.waitFor(async () => expect(await storage.tokens.read()?.open()).toMatchObject({ memo: 'kept' }))
  })

  it('ends with End, and its session is discarded', async () => {
    const { page, made, requests, say } = startSlowly()
    const answer = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    await page.agent.disconnect()
    made.resolve()
    expect(await answer).toBe('not-connected')
    say({ type: 'assistantTurnStarted', turnId: 'late' })
    await rest()
    expect(page.state().session.id).toBeNull()
    expect(page.state().connection.status).toMatch(/^(idle|disconnected)$/)
    expect(page.state().conversation.messages.tail).toEqual([])
  })

  it('closes its microphone when it waits for another session instead, and the state says so', async () => {
    const { page, made, browser } = startSlowly(transport)
    const connected = page.agent.connect()
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    browser.prompts[0]?.grant()
    await vi.waitFor(() => expect(page.state().connection.microphone).toBe('live'))
    page.agent.setTalkMode('text')
    const restored = page.sessionManager.restoreSession()
    made.resolve()
    await Promise.all([connected, restored])
    expect(browser.live()).toEqual([])
    expect(page.state().connection).toMatchObject({
      status: 'connected',
      microphone: 'off',
      playback: 'idle',
    })
  })

  it('fails like other calls if the session fails', async () => {
    const { page, made, requests } = startSlowly()
    const answer = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    made.reject(new Error('no disk'))
    expect(await answer).toBe('storage-unavailable')
    expect(page.state().connection.status).toBe('failed')
  })

  it.each(['newSession', 'reset'] as const)('belongs to no session started by %s()', async (name) => {
    const { page, made, requests } = startSlowly()
    const first = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    const changed = page.agent[name]()
    const second = page.agent.connect()
    made.resolve()
    await changed
    await second
    expect(await first).toBe('not-connected')
    expect(requests).toHaveLength(2)
    expect(requests[1]?.sessionId).toBe(page.state().session.id)
    expect(requests[0]?.sessionId).not.toBe(requests[1]?.sessionId)
  })
})

const ends: [string, (page: ReturnType<typeof start>['page']) => Promise<unknown>][] = [
  ['disconnect()', (page) => page.agent.disconnect()],
  ['newSession()', (page) => page.agent.newSession()],
  ['reset()', (page) => page.agent.reset()],
  ['a reset of the root state', async (page) => page.logOut()],
  ['dispose()', (page) => page.voiceAgent.dispose()],
]

describe('whatever a prepared call waits for, nothing stays open after it has ended', () => {
  it.each(ends)('%s', async (_, end) => {
    /** @returns false if the call was live before it had waited for that many things */
    async function tryAt(index: number): Promise<boolean> {
      const gate = createGate()
      const tokens = countingTokens()
      const { browser, page } = start({
        persistence: { storage: gate.storage(memoryStorage()), debounceMs: 0 },
        refreshToken: (request) => gate.pass(tokens(request)),
      })
      await page.sessionManager.initialize()
      gate.hold(index)
      const granting = setInterval(() => {
        for (const prompt of browser.prompts) if (!prompt.isAnswered) prompt.grant()
      })
      const connected = page.agent.connect()
      connected.catch(() => undefined)
      try {
        if (!(await isReachedBefore(gate.reached, connected))) return false
        const ended = answerOf(end(page))
        await rest()
        gate.open()
        await rest()
        expect(await ended, `ended at ${index}`).toBe('resolved')
        expect(browser.live(), `live at ${index}`).toEqual([])
        expect(openConnections(browser), `open at ${index}`).toEqual([])
        return true
      } finally {
        clearInterval(granting)
        gate.open()
        await page.voiceAgent.dispose()
      }
    }
    let count = 0
    while (await tryAt(count)) count++
    // At least the token and the storage.
    expect(count).toBeGreaterThanOrEqual(2)
  })
})
