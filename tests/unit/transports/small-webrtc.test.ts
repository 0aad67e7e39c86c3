import {
  type SmallWebRtcOptions,
  smallWebRtcTransport,
  type TransportEvent,
} from 'redux-voice-agent/transports'
import { afterEach, expect, it, vi } from 'vitest'
import type { ConnectRequest, Peer, PeerRequest } from '../../../middleware/drivers/call/ports.js'

interface Sent {
  method: string
  url: string
  /** From its Authorization header. */
  token: string
  body: Record<string, unknown>
}

type Answer = (sent: Sent) => Response | undefined

const ids = ['SmallWebRTCConnection#0-a', 'SmallWebRTCConnection#0-b', 'SmallWebRTCConnection#0-c']

/** A page of a tab: each `connect()` creates a new transport, and `memo` outlives them. */
function setUp({
  answer = () => undefined,
  signsOfLife,
  ...options
}: SmallWebRtcOptions & { answer?: Answer; signsOfLife?: () => number } = {}) {
  const requests: Sent[] = []
  const sent: Record<string, unknown>[] = []
  const texts: string[] = []
  const events: TransportEvent[] = []
  const opened: PeerRequest[] = []
  /** Each reading has a sign of life until the peer goes silent. */
  const signs = { isSilent: false, count: 0 }
  let memo: string | null = null
  let answered = 0
  /** The bot's messages after `client-ready`. */
  let script: ((say: (type: string, data?: unknown) => void) => void) | null = (say) => say('bot-ready', {})

  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const { method = 'GET', headers, body } = init
    const token = new Headers(headers).get('Authorization')?.replace('Bearer ', '') ?? ''
    const request: Sent = { method, url, token, body: JSON.parse(String(body)) }
    requests.push(request)
    const given = answer(request)
    if (given) return given
    return Response.json(
      request.method === 'PATCH' ? {} : { sdp: 'v=0', pc_id: ids[answered++ % ids.length] },
    )
  })

  let say: (type: string, data?: unknown) => void = () => {}
  const openPeer = async (request: PeerRequest): Promise<Peer> => {
    opened.push(request)
    say = (type, data) => request.onMessage(JSON.stringify({ id: '1', label: 'rtvi-ai', type, data }))
    return {
      createOffer: async () => ({ type: 'offer', sdp: 'v=0' }),
      acceptAnswer: async () => {},
      onCandidate: (listener) =>
        listener({ candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 } as never),
      addIceServers: () => {},
      opened: async () => {},
      openMicrophoneGate: () => {},
      packetsReceived: async () => 0,
      signsOfLife: async () => signsOfLife?.() ?? (signs.isSilent ? signs.count : ++signs.count),
      close: () => {},
      send(text) {
        texts.push(text)
        if (!text.startsWith('{')) return
        sent.push(JSON.parse(text))
        if (text.includes('client-ready')) setTimeout(() => script?.(say))
      },
    }
  }

  function page() {
    return smallWebRtcTransport(options)({
      apiEndpoint: '/api',
      emit: (event) => void events.push(event),
      memo: {
        get: () => memo,
        set(text) {
          memo = text
        },
      },
      openPeer,
      getToken: async (_signal, options) => (options?.renew ? 'renewed again' : 'renewed'),
      openMicrophone: () => Promise.reject(new Error('It has no media of its own.')),
      play() {},
    })
  }

  async function connect(request: Partial<ConnectRequest> = {}) {
    const transport = page()
    transports.push(transport)
    const agent = await transport.connect({
      ...{ token: 't', sessionId: 's1', resume: false, context: [], tools: [] },
      ...{ signal: new AbortController().signal, ...request },
    })
    return { agent, transport, say: (type: string, data?: unknown) => say(type, data) }
  }

  const questions = () =>
    requests.filter(({ method, body }) => method === 'PATCH' && (body.candidates as unknown[]).length === 0)
  const offers = () => requests.filter(({ method, body }) => method === 'POST' && 'sdp' in body)
  return {
    ...{ requests, offers, questions, signs, sent, texts, events, opened, connect },
    memo: () => memo,
    setScript(next: typeof script) {
      script = next
    },
  }
}

const transports: { close(): void }[] = []
afterEach(() => {
  for (const transport of transports.splice(0)) transport.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Lets a tenth of a second pass on the fake clock, and everything else run. A connection that waits for longer stays pending. */
async function passTenth() {
  for (let ms = 0; ms < 100; ms++) await vi.advanceTimersByTimeAsync(1)
}

const approachOf = ({ body: { pc_id, restart_pc } }: Sent) => [pc_id, restart_pc]
const resumed = { type: 'session', sessionId: 's1', resumed: true, lastTextId: null }
const refuse = (status: number) => Response.json({ detail: 'no' }, { status })

it('sends the data of the session contract as request_data, the only name that Pipecat’s runner reads', async () => {
  const page = setUp()
  await page.connect()
  expect(page.offers().map(({ url, body }) => [url, body.request_data])).toEqual([
    ['/api/offer', { sessionId: 's1', resume: false, context: [], tools: [] }],
  ])
})

it('is ready with bot-ready alone, and waits for no session message in a first call', async () => {
  const page = setUp()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'Date'] })
  const connected = page.connect()
  await passTenth()
  expect((await connected).agent).toBe('fresh')
})

it('keeps the connection of a bot that is silent for an hour, and gives it up 4 s after its host has gone', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
  const hour = 3_600_000
  const end = Date.now() + hour
  // A browser checks the path of a quiet connection every 2.5 s, and the host responds.
  const page = setUp({ signsOfLife: () => Math.floor(Math.min(Date.now(), end) / 2_500) })
  await page.connect()
  await vi.advanceTimersByTimeAsync(hour)
  expect(page.events).toEqual([])
  expect(page.offers()).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(6_500)
  expect(page.events).toContainEqual({ type: 'connectionState', state: 'failed' })
})

it.each(['before', 'after'])('reads a session message that arrives %s bot-ready', async (order) => {
  const page = setUp()
  page.setScript((say) => {
    if (order === 'before') say('server-message', resumed)
    say('bot-ready', {})
    if (order === 'after') setTimeout(() => say('server-message', resumed), 50)
  })
  expect((await page.connect({ resume: true })).agent).toBe('resumed')
})

it('attaches the same bot to a new connection, with the latest id from the server', async () => {
  const page = setUp()
  await page.connect()
  await page.connect({ resume: true })
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf)).toEqual([
    [null, false],
    [ids[0], true],
    [ids[1], true],
  ])
})

it('treats a bot without the contract as the same one only if the server knew its connection', async () => {
  let isKnown = true
  const page = setUp({
    answer: ({ method, body }) =>
      method === 'PATCH' && (body.candidates as unknown[]).length === 0 && !isKnown ? refuse(404) : undefined,
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const first = page.connect()
  await passTenth()
  await first
  await vi.advanceTimersByTimeAsync(2_500)
  // By now it is known that this bot says nothing about its session, so no connection waits for that.
  const second = page.connect({ resume: true })
  await passTenth()
  expect((await second).agent).toBe('resumed')
  isKnown = false
  const third = page.connect({ resume: true })
  await passTenth()
  expect((await third).agent).toBe('fresh')
})

it('retries after a truncated response, which does not count as an invalid one', async () => {
  const body = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"sdp":'))
        controller.error(new TypeError('network error'))
      },
    })
  const page = setUp({ answer: ({ method }) => (method === 'POST' ? new Response(body()) : undefined) })
  await expect(page.connect()).rejects.toMatchObject({
    code: 'signalling-unavailable',
    recoverable: true,
    cause: { message: 'network error' },
  })
})

it.each([202, 403, 409, 429])('retries later if the server answers %i with Retry-After', async (status) => {
  const page = setUp({
    answer: ({ body }) =>
      body.sdp ? new Response('', { status, headers: { 'Retry-After': '7' } }) : undefined,
  })
  await expect(page.connect()).rejects.toMatchObject({
    code: 'signalling-unavailable',
    recoverable: true,
    retryAfterMs: 7_000,
  })
})

it('sends a fresh offer if the server rejects the id', async () => {
  const page = setUp({ answer: ({ body }) => (body.pc_id === ids[0] && body.sdp ? refuse(404) : undefined) })
  await page.connect()
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf)).toEqual([
    [null, false],
    [ids[0], true],
    [null, false],
  ])
})

it('retries later if a bot in SINGLE mode is still waiting for its lost client', async () => {
  const page = setUp({ answer: ({ body }) => (body.sdp ? refuse(400) : undefined) })
  await expect(page.connect({ resume: true })).rejects.toMatchObject({
    code: 'signalling-unavailable',
    recoverable: true,
  })
  await expect(page.connect()).rejects.toMatchObject({ code: 'signalling-rejected', recoverable: false })
})

const isQuestion = ({ method, body }: Sent) =>
  method === 'PATCH' && (body.candidates as unknown[]).length === 0

it('ends a bot that was speaking when its connection was lost, because it would stay inaudible, and starts another', async () => {
  const page = setUp({
    answer: (sent) => (isQuestion(sent) && sent.body.pc_id === ids[1] ? refuse(404) : undefined),
  })
  const { say } = await page.connect()
  say('bot-started-speaking')
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf)).toEqual([
    [null, false],
    // The connection with which it leaves.
    [ids[0], true],
    [null, false],
  ])
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf).at(-1)).toEqual([ids[2], true])
})

it('reattaches a bot that has stopped speaking', async () => {
  const page = setUp()
  const { say } = await page.connect()
  say('bot-started-speaking')
  say('bot-stopped-speaking')
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf)).toEqual([
    [null, false],
    [ids[0], true],
  ])
})

it('attaches to an agent on a different kind of server, which is audible again', async () => {
  const page = setUp({
    answer: ({ method }) => (method === 'POST' ? Response.json({ sdp: 'v=0', pc_id: 'p1' }) : undefined),
  })
  const { say } = await page.connect()
  say('bot-started-speaking')
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf)).toEqual([
    [null, false],
    ['p1', true],
  ])
})

it('sends a fresh offer if a bot that was speaking is gone', async () => {
  const page = setUp({ answer: (sent) => (isQuestion(sent) ? refuse(404) : undefined) })
  const { say } = await page.connect()
  say('bot-started-speaking')
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf)).toEqual([
    [null, false],
    [null, false],
  ])
})

it('gives up a bot that reports that its voice is lost', async () => {
  const page = setUp({ answer: (sent) => (isQuestion(sent) ? refuse(404) : undefined) })
  const { say } = await page.connect()
  say('error', {
    error: 'Output#0 timed out after 10.0s writing audio to the transport; the peer has stopped reading',
    fatal: false,
  })
  expect(page.events).toEqual([{ type: 'connectionState', state: 'closed' }])
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf).at(-1)).toEqual([null, false])
})

it('remembers the id that a server in SINGLE mode keeps, although it rejects the ids of later bots', async () => {
  let bots = 0
  const page = setUp({
    answer({ method, body }) {
      if (method !== 'POST') return
      const isFirst = bots === 0
      if (!isFirst && body.pc_id !== 'SmallWebRTCConnection#0-x') return refuse(400)
      return Response.json({ sdp: 'v=0', pc_id: `SmallWebRTCConnection#${bots++}-x` })
    },
  })
  await page.connect()
  await page.connect({ resume: true })
  await page.connect({ resume: true })
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf).slice(1)).toEqual([
    ['SmallWebRTCConnection#0-x', true],
    ['SmallWebRTCConnection#1-x', true],
    [null, false],
    ['SmallWebRTCConnection#0-x', true],
    ['SmallWebRTCConnection#2-x', true],
    [null, false],
    ['SmallWebRTCConnection#0-x', true],
  ])
})

it('pings before a message from a page that was frozen: Pipecat keeps those that arrive 3 s after a ping', async () => {
  const page = setUp()
  const { transport } = await page.connect()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_000 })
  transport.send({ type: 'text', id: 'm1', text: 'Are you there?' })
  expect(page.texts.slice(-2)).toEqual([
    expect.stringMatching(/^ping/),
    expect.stringContaining('Are you there?'),
  ])
})

it('gives up a known bot that fails to become ready twice', async () => {
  const page = setUp()
  await page.connect()
  page.setScript(null)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  for (let attempt = 0; attempt < 2; attempt++) {
    const failed = expect(page.connect({ resume: true })).rejects.toMatchObject({ code: 'agent-unreachable' })
    await vi.advanceTimersByTimeAsync(16_000)
    await failed
  }
  vi.useRealTimers()
  page.setScript((say) => say('bot-ready', {}))
  await page.connect({ resume: false })
  expect(page.offers().map(approachOf).at(-1)).toEqual([null, false])
})

it('tells the bot that the user has ended the call, and starts the next one with another bot', async () => {
  const page = setUp()
  const { transport } = await page.connect()
  transport.endOnPurpose?.()
  transport.close()
  expect(page.sent.at(-1)).toMatchObject({ type: 'disconnect-bot', label: 'rtvi-ai' })
  await page.connect({ resume: true })
  expect(page.offers().map(approachOf)).toEqual([
    [null, false],
    [null, false],
  ])
})

it.each([
  ['signalling', { type: 'signalling', message: { type: 'peerLeft', reason: 'moved' } }],
  ['a server message', { label: 'rtvi-ai', type: 'server-message', data: { type: 'session', moved: true } }],
])('reports by %s that the session continues on another device', async (_how, message) => {
  const page = setUp()
  await page.connect()
  page.opened[0]?.onMessage(JSON.stringify(message))
  expect(page.events.at(-1)).toEqual({ type: 'agentLeft', reason: 'moved' })
})

it('starts a bot once, sends offers to its session with its ICE servers, and returns without another start', async () => {
  const iceServers = [{ urls: 'turn:relay.example.org', username: 'u', credential: 'c' }]
  const page = setUp({
    startUrl: 'https://example.org/my-agent/start',
    startRequest: { enableDefaultIceServers: true },
    answer: ({ url }) =>
      url.endsWith('/start') ? Response.json({ sessionId: 'bot 1', iceConfig: { iceServers } }) : undefined,
  })
  await page.connect()
  await page.connect({ resume: true })
  expect(page.requests.filter(({ method }) => method === 'POST').map(({ url }) => url)).toEqual([
    'https://example.org/my-agent/start',
    'https://example.org/my-agent/sessions/bot%201/api/offer',
    'https://example.org/my-agent/sessions/bot%201/api/offer',
  ])
  expect(page.requests[0]?.body).toEqual({
    enableDefaultIceServers: true,
    body: { sessionId: 's1', resume: false, context: [], tools: [] },
  })
  expect(page.opened.map((request) => request.iceServers)).toEqual([iceServers, iceServers])
})

it('starts another bot if the started one is gone', async () => {
  let started = 0
  const page = setUp({
    startUrl: '/bot/start',
    answer({ url }) {
      if (url.endsWith('/start')) return Response.json({ sessionId: `bot-${++started}` })
      return url.includes('bot-1/') && started === 1 && page.offers().length > 1 ? refuse(404) : undefined
    },
  })
  await page.connect()
  await page.connect({ resume: true })
  expect(page.offers().map(({ url }) => url)).toEqual([
    '/bot/sessions/bot-1/api/offer',
    '/bot/sessions/bot-1/api/offer',
    '/bot/sessions/bot-2/api/offer',
  ])
})

it('rejects a start response without a session', async () => {
  const page = setUp({ startUrl: '/bot/start', answer: () => Response.json({ dailyRoom: 'x' }) })
  await expect(page.connect()).rejects.toMatchObject({ code: 'signalling-rejected' })
})

it('calls its URL function for each connection', async () => {
  const page = setUp({ offerUrl: async ({ sessionId, token }) => `/bots/${sessionId}?key=${token}` })
  await page.connect()
  await page.connect({ token: 't2' })
  expect(page.offers().map(({ url }) => url)).toEqual(['/bots/s1?key=t', '/bots/s1?key=t2'])
})

/** A ten-second call with signs of life, then silence for `ms`. */
async function fallSilent(page: ReturnType<typeof setUp>, ms: number) {
  vi.useFakeTimers()
  const connected = page.connect()
  await vi.advanceTimersByTimeAsync(10_000)
  const { transport } = await connected
  page.signs.isSilent = true
  await vi.advanceTimersByTimeAsync(ms)
  return transport
}

/** From now on, the test decides when requests get their responses. */
function holdAnswers() {
  const answers: ((response: Response) => void)[] = []
  vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => answers.push(resolve)))
  return answers
}

const statesOf = ({ events }: ReturnType<typeof setUp>) =>
  events.flatMap((event) => (event.type === 'connectionState' ? [event.state] : []))

it('asks the server after a second of silence, and gives the connection up if it is unknown', async () => {
  let isRestarted = false
  const page = setUp({
    answer: ({ method }) => (method === 'PATCH' && isRestarted ? refuse(404) : undefined),
  })
  await fallSilent(page, 900)
  expect(page.questions()).toEqual([])
  isRestarted = true
  await vi.advanceTimersByTimeAsync(700)
  expect(page.questions()).toHaveLength(1)
  expect(statesOf(page)).toEqual(['closed'])
})

it.each([200, 401, 403, 500, 503])(
  'does not treat silence alone as dead: after the response %s it waits for three seconds',
  async (status) => {
    const page = setUp({
      answer: ({ method, body }) =>
        method === 'PATCH' && (body.candidates as unknown[]).length === 0 ? refuse(status) : undefined,
    })
    await fallSilent(page, 2_400)
    expect(page.questions().length).toBeGreaterThan(0)
    expect(statesOf(page)).toEqual([])
    page.signs.isSilent = false
    await vi.advanceTimersByTimeAsync(5_000)
    expect(statesOf(page)).toEqual([])
  },
)

it('renews a token that the server rejects during the silence, once, and gives the connection up if it is unknown with the next', async () => {
  let isRestarted = false
  const page = setUp({
    answer: ({ method, token }) =>
      method === 'PATCH' && isRestarted ? refuse(token === 'renewed again' ? 404 : 401) : undefined,
  })
  await fallSilent(page, 900)
  isRestarted = true
  await vi.advanceTimersByTimeAsync(700)
  expect(page.questions().map(({ token }) => token)).toEqual(['renewed', 'renewed again'])
  expect(statesOf(page)).toEqual(['closed'])
})

it('renews no token a second time for a server that rejects both', async () => {
  const page = setUp({ answer: (sent) => (isQuestion(sent) ? refuse(401) : undefined) })
  await fallSilent(page, 2_400)
  expect(page.questions().filter(({ token }) => token === 'renewed again')).toHaveLength(1)
  expect(page.questions().length).toBeGreaterThan(2)
  expect(statesOf(page)).toEqual([])
})

it('does not ask a server that accepts no candidates, because its 404 means nothing', async () => {
  const page = setUp({ answer: ({ method }) => (method === 'PATCH' ? refuse(404) : undefined) })
  await fallSilent(page, 2_000)
  expect(page.questions()).toEqual([])
  expect(statesOf(page)).toEqual([])
})

it('ignores a 404 that arrives after a sign of life', async () => {
  const page = setUp()
  await fallSilent(page, 900)
  const answers = holdAnswers()
  await vi.advanceTimersByTimeAsync(700)
  expect(answers).toHaveLength(1)
  page.signs.isSilent = false
  answers[0]?.(refuse(404))
  await vi.advanceTimersByTimeAsync(5_000)
  expect(statesOf(page)).toEqual([])
})

it('reports nothing about a call that has ended before the server responds', async () => {
  const page = setUp()
  const transport = await fallSilent(page, 900)
  const answers = holdAnswers()
  await vi.advanceTimersByTimeAsync(700)
  transport.close()
  answers[0]?.(refuse(404))
  await vi.advanceTimersByTimeAsync(5_000)
  expect([answers.length, statesOf(page)]).toEqual([1, []])
})
