import { VoiceAgentError, type VoiceAgentOptions } from 'redux-voice-agent'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDefaultTokenRefresh } from '../../../src/lib/voice-agent/options/default-token-refresh.js'
import { setUp } from './support.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const minute = 60_000
type Refresh = NonNullable<VoiceAgentOptions['refreshToken']>

/** A call with tokens that live ten minutes. `later` handles each refresh after the first. */
async function callWith(later: Refresh) {
  let isFirst = true
  const refreshToken = vi.fn<Refresh>(async (request) => {
    if (!isFirst) return later(request)
    isFirst = false
    return { token: 't1', expiresAt: Date.now() + 10 * minute, sessionId: 's1' }
  })
  const all = setUp(undefined, { refreshToken })
  const expired = vi.fn()
  all.agent.on('sessionExpired', expired)
  await all.agent.connect()
  return { ...all, refreshToken, expired }
}

const good: Refresh = async () => ({ token: 't2', expiresAt: Date.now() + 10 * minute, sessionId: 's1' })

describe('the token of a running call', () => {
  it('is refreshed before it expires, again and again, with one request each time', async () => {
    const { refreshToken, expired, agent } = await callWith(good)
    await vi.advanceTimersByTimeAsync(8 * minute)
    expect(refreshToken).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(60 * minute)
    expect(refreshToken.mock.calls.length).toBeGreaterThanOrEqual(7)
    expect(refreshToken.mock.calls.length).toBeLessThanOrEqual(9)
    expect(expired).not.toHaveBeenCalled()
    expect(agent.getSessionStats().tokenExpiresIn).toBeGreaterThan(0)
  })

  it('is refreshed at most every 42 seconds if the clock is ahead of the server by more than its life', async () => {
    const ahead = 11 * minute
    const skewed: Refresh = async () => ({
      token: 't',
      expiresAt: Date.now() - ahead + 10 * minute,
      sessionId: 's1',
    })
    const refreshToken = vi.fn(skewed)
    const { agent } = setUp(undefined, { refreshToken })
    const expired = vi.fn()
    agent.on('sessionExpired', expired)
    await agent.connect()
    expect(refreshToken).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(42 * 100_000)
    expect(refreshToken.mock.calls.length).toBeLessThanOrEqual(101)
    expect(expired).not.toHaveBeenCalled()
  })

  it('is requested again if that fails, without affecting the session', async () => {
    let failures = 3
    const { expired, agent } = await callWith(async (request) => {
      if (failures-- > 0) throw new Error('down')
      return good(request)
    })
    await vi.advanceTimersByTimeAsync(12 * minute)
    expect(failures).toBeLessThan(0)
    expect(expired).not.toHaveBeenCalled()
    expect(agent.getSessionStats().tokenExpiresIn).toBeGreaterThan(0)
  })

  it.each([
    ['refuses', () => Promise.reject(new VoiceAgentError('token-refresh-failed'))],
    ['never answers', () => new Promise<never>(() => {})],
  ])('expires if the callback %s; call and conversation stay', async (_what, later) => {
    const { expired, agent, state } = await callWith(later)
    agent.sendText('Still here')
    await vi.advanceTimersByTimeAsync(10 * minute + 16_000)
    expect(expired).toHaveBeenCalledTimes(1)
    expect(state().connection.status).toBe('connected')
    expect(state().session).toMatchObject({ id: 's1', tokenExpiresAt: null })
    expect(state().conversation.messages.count).toBe(1)
  })

  it('warns developers once if the server refuses a renewal, although the call continues', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { refreshToken, state } = await callWith(async () => {
      throw new VoiceAgentError('token-refresh-failed', 'The route answered 401.', { recoverable: false })
    })
    await vi.advanceTimersByTimeAsync(11 * minute)
    expect(refreshToken.mock.calls.length).toBeGreaterThan(2)
    await vi.waitFor(() => expect(warned).toHaveBeenCalled())
    expect(warned.mock.calls).toEqual([[expect.stringContaining('The route answered 401.')]])
    expect(state().connection.status).toBe('connected')
  })

  it('is refreshed immediately if it has expired at the next connection, as after an hour of sleep', async () => {
    const { refreshToken, transport } = await callWith(good)
    vi.setSystemTime(Date.now() + 60 * minute)
    transport.emit({ type: 'connectionState', state: 'failed' })
    await vi.advanceTimersByTimeAsync(100)
    expect(refreshToken).toHaveBeenCalledTimes(2)
    expect(transport.requests.map(({ token }) => token)).toEqual(['t1', 't2'])
  })
})

describe('a clock that is hours off', () => {
  const answerFrom = (serverNow: number, headers: HeadersInit) =>
    vi.stubGlobal('fetch', async () =>
      Response.json({ token: 't', expiresAt: serverNow + 10 * minute, session_id: 's1' }, { headers }),
    )
  const ask = () =>
    createDefaultTokenRefresh('/api')({ sessionId: null, token: null, signal: new AbortController().signal })

  it.each([-3, 3])('is corrected if the server sends the time: %i h', async (hours) => {
    const serverNow = Date.now() + hours * 60 * minute
    answerFrom(serverNow, { Date: new Date(serverNow).toUTCString() })
    const { expiresAt } = await ask()
    expect(Math.abs(Number(expiresAt) - Date.now() - 10 * minute)).toBeLessThanOrEqual(1_000)
  })

  it('is not guessed if it does not', async () => {
    const serverNow = Date.now() - 60 * minute
    answerFrom(serverNow, {})
    expect((await ask()).expiresAt).toBe(serverNow + 10 * minute)
  })
})

describe('an error of the default token route names the route and what is wrong', () => {
  const ask = () =>
    createDefaultTokenRefresh('/api')({ sessionId: null, token: null, signal: new AbortController().signal })

  it('if no server answers', async () => {
    const cause = new TypeError('Failed to fetch')
    vi.stubGlobal('fetch', async () => Promise.reject(cause))
    await expect(ask()).rejects.toMatchObject({
      code: 'token-refresh-failed',
      message:
        '`POST /api/token` must answer; it did not. Start the server, or let it allow this origin (CORS).',
      recoverable: true,
      cause,
    })
  })

  it.each([
    [
      "a single-page app's HTML",
      () => new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } }),
      'text/html, without token, expiresAt, session_id. HTML is probably the page of your app: forward the request to your server.',
    ],
    [
      'an answer without a session id',
      () => Response.json({ token: 't', expiresAt: Date.now() + minute, sessionId: 's1' }),
      'application/json, without session_id.',
    ],
  ])('for %s', async (_, answer, got) => {
    vi.stubGlobal('fetch', async () => answer())
    await expect(ask()).rejects.toMatchObject({
      code: 'token-malformed',
      message: `\`POST /api/token\` must answer { token, expiresAt, session_id } as JSON; it answered 200 with ${got}`,
    })
  })
})

it.each([
  [202, '`POST /api/token` must answer with a token; it answered 202.'],
  [403, '`POST /api/token` must answer with a token; it answered 403.'],
  [
    404,
    '`POST /api/token` must answer with a token; it answered 404. Check `apiEndpoint`: the package adds `/token` to it.',
  ],
  [
    502,
    "`POST /api/token` must answer with a token; it answered 502. Read the server's log. A development proxy answers 500 or 502 if the server is not running.",
  ],
])('the error of a token route that answers %i says what to check', async (status, message) => {
  vi.stubGlobal('fetch', async () => new Response('', { status, headers: { 'Retry-After': '7' } }))
  const refresh = createDefaultTokenRefresh('/api')
  const asked = async () => refresh({ sessionId: null, token: null, signal: new AbortController().signal })
  await expect(asked()).rejects.toMatchObject({ code: 'token-refresh-failed', message })
})

it.each([503, 429, 403, 202])(
  'retries a token endpoint that answers %i after the time that it names',
  async (status) => {
    const given = () => Response.json({ token: 't', expiresAt: Date.now() + minute, session_id: 's1' })
    const busy = () => new Response('', { status, headers: { 'Retry-After': '7' } })
    const answers = [given, busy, given]
    const fetched = vi.fn(async () => answers.shift()?.())
    vi.stubGlobal('fetch', fetched)
    const { agent, transport } = setUp(undefined, { refreshToken: createDefaultTokenRefresh('/api') })
    await agent.connect()
    vi.setSystemTime(Date.now() + 2 * minute)
    transport.emit({ type: 'connectionState', state: 'failed' })
    await vi.advanceTimersByTimeAsync(6_500)
    expect(fetched).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(fetched).toHaveBeenCalledTimes(3)
  },
)

it('the token of a running call expires if the token endpoint postpones its renewal for longer; the call stays', async () => {
  const given = () => Response.json({ token: 't', expiresAt: Date.now() + 10 * minute, session_id: 's1' })
  const fetched = vi.fn(async () =>
    fetched.mock.calls.length === 1
      ? given()
      : new Response('', { status: 503, headers: { 'Retry-After': '3600' } }),
  )
  vi.stubGlobal('fetch', fetched)
  const { agent, state } = setUp(undefined, { refreshToken: createDefaultTokenRefresh('/api') })
  const expired = vi.fn()
  agent.on('sessionExpired', expired)
  await agent.connect()
  await vi.advanceTimersByTimeAsync(10 * minute)
  expect(expired).toHaveBeenCalledOnce()
  expect(state().connection.status).toBe('connected')
})

it('a renewal that the token endpoint postpones is repeated no earlier than it asks for', async () => {
  const given = () => Response.json({ token: 't', expiresAt: Date.now() + 10 * minute, session_id: 's1' })
  const times: number[] = []
  vi.stubGlobal('fetch', async () => {
    times.push(Date.now())
    return times.length === 1 ? given() : new Response('', { status: 429, headers: { 'Retry-After': '40' } })
  })
  const { agent } = setUp(undefined, { refreshToken: createDefaultTokenRefresh('/api') })
  await agent.connect()
  await vi.advanceTimersByTimeAsync(10 * minute)
  const [, renewed = 0, repeated = 0] = times
  expect(repeated - renewed).toBeGreaterThanOrEqual(40_000)
})
