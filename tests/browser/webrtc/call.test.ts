import {
  type Message,
  type VoiceAgentError,
  type VoiceAgentOptions,
  WebRTCVoiceAgent,
} from 'redux-voice-agent'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startBot } from './bot.js'

let bot: ReturnType<typeof startBot>
const agents: WebRTCVoiceAgent[] = []
let tracks: MediaStreamTrack[]

beforeEach(() => {
  sessionStorage.clear()
  bot = startBot()
  tracks = []
  const getUserMedia = MediaDevices.prototype.getUserMedia.bind(navigator.mediaDevices)
  vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (constraints) => {
    const stream = await getUserMedia(constraints)
    tracks.push(...stream.getTracks())
    return stream
  })
})
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.dispose()
  await bot.stop()
  vi.restoreAllMocks()
})

function createAgent(options: Partial<VoiceAgentOptions> = {}) {
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    persistence: false,
    reconnect: { baseDelayMs: 0, maxAttempts: 3 },
    ...options,
  })
  agents.push(agent)
  return agent
}

const stateOf = (agent: WebRTCVoiceAgent) => agent.selectors.selectVoiceAgent(agent.store.getState())
const nextMessage = (agent: WebRTCVoiceAgent) =>
  new Promise<Message>((resolve) => agent.once('message', resolve))

describe('a call over real peer connections', () => {
  it('carries sound and text both ways, and leaves nothing open when it ends', async () => {
    const agent = createAgent()
    await agent.connect()
    expect(stateOf(agent).connection).toMatchObject({ status: 'connected', microphone: 'live' })
    await vi.waitFor(() => expect(stateOf(agent).connection.playback).toBe('playing'))
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(0))

    agent.sendText('Hello')
    await vi.waitFor(() =>
      expect(bot.received).toContainEqual(
        expect.objectContaining({ type: 'send-text', data: expect.objectContaining({ content: 'Hello' }) }),
      ),
    )
    const answered = nextMessage(agent)
    bot.send('bot-llm-started')
    bot.send('bot-llm-text', { text: 'Hi.' })
    bot.send('bot-llm-stopped')
    expect(await answered).toMatchObject({ role: 'assistant', text: 'Hi.', status: 'final' })

    await agent.disconnect()
    expect(tracks.map(({ readyState }) => readyState)).toEqual(['ended'])
    expect(stateOf(agent).connection).toMatchObject({ microphone: 'off', playback: 'idle' })
    await vi.waitFor(() => expect(bot.channels[0]?.readyState).toBe('closed'))
  })

  it('reads messages that the bot sends as bytes', async () => {
    const agent = createAgent()
    await agent.connect()
    const answered = nextMessage(agent)
    for (const [type, data] of [
      ['bot-llm-started'],
      ['bot-llm-text', { text: 'Grüße.' }],
      ['bot-llm-stopped'],
    ])
      bot.channels[0]?.send(
        new TextEncoder().encode(JSON.stringify({ id: 'bot', label: 'rtvi-ai', type, data: data ?? {} })),
      )
    expect(await answered).toMatchObject({ role: 'assistant', text: 'Grüße.', status: 'final' })
    await agent.disconnect()
  })

  it('rejects a text that the data channel can’t send, and sends the next one', async () => {
    const agent = createAgent()
    await agent.connect()
    const onMessage = vi.fn()
    agent.on('message', onMessage)
    const limit = bot.peers.at(-1)?.sctp?.maxMessageSize ?? 0
    // Three bytes each, plus the protocol message around them.
    const longest = '\u20ac'.repeat(Math.floor((limit - 200) / 3))
    const refused = expect.objectContaining({
      name: 'VoiceAgentError',
      code: 'text-too-long',
      message: expect.stringContaining(String(limit)),
    })
    expect(() => agent.sendText(`${longest}${'\u20ac'.repeat(100)}`)).toThrow(refused)
    expect(stateOf(agent)).toMatchObject({
      connection: { status: 'connected', error: { code: 'text-too-long' } },
      conversation: { status: 'listening', messages: { count: 0 } },
    })
    agent.sendText(longest)
    const content = expect.objectContaining({ content: longest })
    await vi.waitFor(() => expect(bot.received).toContainEqual(expect.objectContaining({ data: content })))
    expect(bot.received.filter(({ type }) => type === 'send-text')).toHaveLength(1)
    expect(onMessage.mock.calls).toMatchObject([[{ text: longest }]])
  })

  it('keeps the microphone silent until the agent is ready', async () => {
    await bot.stop()
    let setReady: () => void = () => {}
    bot = startBot({ isReady: new Promise((resolve) => (setReady = resolve)) })
    const agent = createAgent()
    const connected = agent.connect()
    await vi.waitFor(() =>
      expect(bot.received).toContainEqual(expect.objectContaining({ type: 'client-ready' })),
    )
    expect(tracks).toHaveLength(1)
    expect(await bot.soundReceived()).toBe(0)
    setReady()
    await connected
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(0))
  })

  it('mutes without closing the microphone', async () => {
    const agent = createAgent()
    await agent.connect()
    agent.mute()
    expect(stateOf(agent).connection.microphone).toBe('muted')
    expect(tracks[0]).toMatchObject({ enabled: false, readyState: 'live' })
    agent.unmute()
    expect(stateOf(agent).connection.microphone).toBe('live')
    expect(tracks[0]?.enabled).toBe(true)
  })

  it('continues without a microphone if it is denied, and says so', async () => {
    vi.mocked(navigator.mediaDevices.getUserMedia).mockRejectedValue(
      new DOMException('no', 'NotAllowedError'),
    )
    const agent = createAgent()
    await agent.connect()
    const { connection } = stateOf(agent)
    expect(connection).toMatchObject({ status: 'connected', microphone: 'denied' })
    agent.sendText('I can type')
    await vi.waitFor(() =>
      expect(bot.received).toContainEqual(expect.objectContaining({ type: 'send-text' })),
    )
  })

  it.each([
    ['Firefox', 'beforeunload'],
    ['Chromium', 'pagehide'],
  ])(
    'is no failure when %s cuts the offer off with the page, and is made again if it comes back',
    async (_browser, leaving) => {
      const agent = createAgent()
      const states: string[] = []
      agent.on('connectionStateChanged', (state) => states.push(state))
      let cut: () => void = () => {}
      bot.refusals.push(() => {
        window.dispatchEvent(new Event(leaving))
        cut()
        throw new TypeError('Failed to fetch')
      })
      const isCut = new Promise<void>((resolve) => (cut = resolve))
      const connected = agent.connect()
      await isCut
      await new Promise((resolve) => setTimeout(resolve))
      expect(states).toEqual(['connecting'])
      window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
      await connected
      expect(states).toEqual(['connecting', 'connected'])
    },
  )

  it.each(['beforeunload', 'pagehide'])(
    'is no failure when the page cuts the token off after %s, and it is requested again if the page comes back',
    async (leaving) => {
      const refreshToken = vi.fn(async () => {
        if (refreshToken.mock.calls.length > 1)
          return { token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }
        window.dispatchEvent(new Event(leaving))
        throw new TypeError('Failed to fetch')
      })
      const agent = createAgent({ refreshToken })
      const connected = agent.connect()
      await vi.waitFor(() => expect(refreshToken).toHaveBeenCalledTimes(1))
      await new Promise((resolve) => setTimeout(resolve))
      expect(stateOf(agent).connection.status).toBe('connecting')
      window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
      await connected
    },
  )

  it('makes a new connection with the same microphone if the agent closes the old one', async () => {
    const agent = createAgent()
    await agent.connect()
    const reconnected = new Promise<void>((resolve) => agent.once('reconnected', resolve))
    bot.peers[0]?.close()
    await reconnected
    expect(bot.offers.map(({ body }) => body.request_data)).toEqual([
      expect.objectContaining({ resume: false }),
      expect.objectContaining({ resume: true, sessionId: 'session-1' }),
    ])
    expect(tracks.map(({ readyState }) => readyState)).toEqual(['live'])
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(0))
  })
})

describe('a silent agent', () => {
  it('keeps its connection while its host acknowledges packets, even if it answers no ping', async () => {
    const agent = createAgent()
    await agent.connect()
    const reconnecting = vi.fn()
    agent.on('reconnecting', reconnecting)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    await bot.fallSilent()
    await new Promise((resolve) => setTimeout(resolve, 8_000))
    expect(reconnecting).not.toHaveBeenCalled()
    expect(bot.offers).toHaveLength(1)
  })
})

describe('a dead path', () => {
  /** Cuts the path after the agent has been heard for a while. Returns the number of pings until that is detected. */
  async function silence(agent: WebRTCVoiceAgent, then: Parameters<typeof bot.cutPath>[0]) {
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const before = bot.pings()
    const noticed = new Promise<number>((resolve) => agent.once('reconnecting', () => resolve(bot.pings())))
    await bot.cutPath(then)
    return (await noticed) - before
  }
  const reconnected = (agent: WebRTCVoiceAgent) =>
    new Promise<void>((resolve) => agent.once('reconnected', resolve))
  const pcIds = () => bot.offers.map(({ body }) => body.pc_id)

  it('is detected within 4 s and recovered by an ICE restart, and the streaming turn continues', async () => {
    const agent = createAgent()
    await agent.connect()
    bot.send('bot-llm-started')
    bot.send('bot-llm-text', { text: 'Half an ' })
    const back = reconnected(agent)
    // A ping every half second. Counted instead of timed, because a busy machine pings later.
    expect(await silence(agent, 'restarts-ice')).toBeLessThanOrEqual(8)
    await back
    expect(pcIds()).toEqual([null, 'pc-1'])
    expect(bot.peers).toHaveLength(1)
    const answered = nextMessage(agent)
    bot.send('bot-llm-text', { text: 'answer.' })
    bot.send('bot-llm-stopped')
    expect(await answered).toMatchObject({ text: 'Half an answer.', status: 'final' })
  })

  it('gets a new connection if another agent answers the restart instead', async () => {
    const agent = createAgent()
    await agent.connect()
    const back = reconnected(agent)
    await silence(agent, 'is-another')
    await back
    expect(bot.offers.map(({ body }) => [body.pc_id, body.restart_pc])).toEqual([
      [null, false],
      ['pc-1', false],
      ['pc-1', true],
    ])
    expect(stateOf(agent).connection.status).toBe('connected')
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(0))
  })
})

describe('reconnecting and the network', () => {
  it('does not retry while the browser is offline, and retries immediately when it is back', async () => {
    const agent = createAgent()
    await agent.connect()
    const onLine = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    const scheduled = new Promise((resolve) => agent.once('reconnecting', resolve))
    bot.peers[0]?.close()
    await scheduled
    // The policy's delay is zero here, so an attempt would already have been made.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    expect(bot.offers).toHaveLength(1)
    const reconnected = new Promise<void>((resolve) => agent.once('reconnected', resolve))
    onLine.mockReturnValue(true)
    window.dispatchEvent(new Event('online'))
    await reconnected
    expect(bot.offers).toHaveLength(2)
    expect(stateOf(agent).connection).toMatchObject({ status: 'connected', attempt: 0 })
  })

  it('calls even if the browser reports offline, and reconnects as quickly as ever', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    const agent = createAgent()
    await agent.connect()
    const reconnected = new Promise<void>((resolve) => agent.once('reconnected', resolve))
    bot.peers[0]?.close()
    await reconnected
    expect(bot.offers).toHaveLength(2)
  })

  it('retries immediately when the network is back, even if an earlier attempt has not failed yet', async () => {
    const agent = createAgent()
    await agent.connect()
    const onLine = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    const scheduled = new Promise((resolve) => agent.once('reconnecting', resolve))
    bot.peers[0]?.close()
    await scheduled
    const ignored = bot.ignoreNext()
    agent.retry()
    const signal = await ignored
    const reconnected = new Promise<void>((resolve) => agent.once('reconnected', resolve))
    onLine.mockReturnValue(true)
    window.dispatchEvent(new Event('online'))
    await reconnected
    expect(signal?.aborted).toBe(true)
    expect(bot.offers).toHaveLength(3)
    expect(tracks.map(({ readyState }) => readyState)).toEqual(['live'])
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(0))
  })
})

describe('signalling', () => {
  const refuse = (status: number, headers = {}) =>
    bot.refusals.push(() => Response.json({ error: 'Bearer token-1' }, { status, headers }))

  it('gets a new token when the old one is rejected', async () => {
    refuse(401)
    await createAgent().connect()
    expect(bot.offers.map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('treats a 4xx as final and a 5xx as temporary', async () => {
    for (const [status, error] of [
      [403, { code: 'signalling-rejected', recoverable: false }],
      [404, { code: 'signalling-rejected', recoverable: false }],
      [429, { code: 'signalling-unavailable', recoverable: true }],
      [503, { code: 'signalling-unavailable', recoverable: true }],
    ] as const) {
      refuse(status)
      const agent = createAgent()
      const thrown: unknown = await agent.connect().catch((reason: unknown) => reason)
      expect(thrown).toMatchObject(error)
      expect((thrown as VoiceAgentError).message).not.toContain('token-1')
      expect(stateOf(agent).connection).toMatchObject({ status: 'failed', microphone: 'off' })
    }
  })

  it('rejects a response that is not an answer', async () => {
    bot.refusals.push(() => new Response('<html>'))
    bot.refusals.push(() => Response.json({ sdp: 'v=0 nonsense', pc_id: 'x' }))
    await expect(createAgent().connect()).rejects.toMatchObject({ code: 'signalling-rejected' })
    await expect(createAgent().connect()).rejects.toMatchObject({ code: 'signalling-rejected' })
  })

  it('reports a message that is not RTVI, and continues', async () => {
    const agent = createAgent()
    await agent.connect()
    const reported = new Promise((resolve) => agent.once('error', resolve))
    bot.sendRaw('<html>')
    expect(await reported).toMatchObject({ code: 'protocol-error' })
    expect(stateOf(agent).connection.status).toBe('connected')
  })
})
