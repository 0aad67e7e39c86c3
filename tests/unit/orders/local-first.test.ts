import type { TokenRefreshRequest, VoiceAgentOptions } from 'redux-voice-agent'
import { VoiceAgentError } from 'redux-voice-agent'
import type { VoiceStorage } from 'redux-voice-agent/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { answerOf, deferred, leaveTwoSessions, recordActions, rest, setUp } from './support.js'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

type Refresh = NonNullable<VoiceAgentOptions['refreshToken']>

const never: Refresh = () => new Promise<never>(() => {})
const down: Refresh = () => Promise.reject(new Error('503'))
const confirm: Refresh = async ({ sessionId }) => ({
  token: 'fresh',
  expiresAt: Date.now() + 600_000,
  sessionId: sessionId ?? 'new',
})

/** Changes the tab's stored token. */
function changeToken({ tokens }: VoiceStorage, change: object) {
  const { read } = tokens
  tokens.read = () => {
    const stored = read()
    return stored && { ...stored, ...change }
  }
}

const expired = { expiresAt: 0 }
const unreadable = { open: () => Promise.reject(new VoiceAgentError('session-unreadable')) }

/** The next page of a tab that was closed during a call, with a changed token. */
async function load(refresh: Refresh, change: object = expired, options: Partial<VoiceAgentOptions> = {}) {
  const { storage, last } = await leaveTwoSessions()
  changeToken(storage, change)
  const { reducerPath: _, ...rest } = options
  const refreshToken = vi.fn(refresh)
  const { actions, middleware } = recordActions()
  const page = setUp(
    () => 'reseeded',
    {
      persistence: { storage, debounceMs: 0 },
      autoReconnect: 'always',
      reconnect: { baseDelayMs: 1, maxDelayMs: 1, maxAttempts: 1_000 },
      ...rest,
      refreshToken,
    },
    { middleware: [middleware] },
  )
  const onExpired = vi.fn()
  page.agent.on('sessionExpired', onExpired)
  const phases = () =>
    actions.flatMap(({ type, payload }) =>
      type.endsWith('restorePhaseChanged') ? [(payload as { phase: string }).phase] : [],
    )
  return {
    ...page,
    storage,
    last,
    refreshToken,
    onExpired,
    phases,
    outcome: page.sessionManager.initialize(),
  }
}

const shownPhases = [
  'checking-token',
  'validating-token',
  'refreshing-token',
  'loading-session',
  'restoring-context',
  'reconnecting',
]

describe('with an expired token', () => {
  it.each([
    ['never answers', never],
    ['is down', down],
    ['is up', confirm],
  ])('the conversation is shown in the same steps if the endpoint %s', async (_how, refresh) => {
    const gate = deferred()
    const { phases, texts, refreshToken } = await load(async (request) => {
      await gate.promise
      return refresh(request)
    })
    await vi.waitFor(() => expect(phases()).toEqual(shownPhases))
    expect(texts()).toEqual(['said last'])
    await vi.waitFor(() => expect(refreshToken).toHaveBeenCalledTimes(1))
    gate.resolve()
  })

  it('the restore ends with its reason, and the call waits until there is a token', async () => {
    let isDown = true
    const page = await load((request) => (isDown ? down(request) : confirm(request)))
    expect(await page.outcome).toEqual({ conversation: 'restored', agent: 'none' })
    expect(page.state().session.restore).toMatchObject({ phase: 'done', reason: 'token-refresh-failed' })
    expect(page.onExpired).toHaveBeenCalledTimes(1)
    await vi.waitFor(() => expect(page.state().connection.status).toBe('reconnecting'))
    page.agent.sendText('typed meanwhile')
    expect(page.texts()).toEqual(['said last', 'typed meanwhile'])

    isDown = false
    await vi.waitFor(() => expect(page.state().connection.status).toBe('connected'))
    expect(page.state().session).toMatchObject({
      id: page.last,
      restore: { conversation: 'restored', agent: 'reseeded', reason: null },
    })
    expect(page.transport.sent).toMatchObject([{ type: 'text', text: 'typed meanwhile' }])
    expect(page.onExpired).toHaveBeenCalledTimes(1)
    expect((await page.storage.tokens.read()?.open())?.token).toBe('fresh')
  })

  it.each([
    ['disconnect()', (page: Awaited<ReturnType<typeof load>>) => page.agent.disconnect()],
    ['newSession()', (page: Awaited<ReturnType<typeof load>>) => page.agent.newSession()],
    ['reset()', (page: Awaited<ReturnType<typeof load>>) => page.agent.reset()],
    ['dispose()', (page: Awaited<ReturnType<typeof load>>) => page.voiceAgent.dispose()],
  ])('nothing is requested after %s', async (_name, end) => {
    const page = await load(down)
    await page.outcome
    await vi.waitFor(() => expect(page.refreshToken.mock.calls.length).toBeGreaterThan(2))
    await end(page)
    const before = page.refreshToken.mock.calls.length
    await rest(30)
    expect(page.refreshToken.mock.calls.length).toBe(before)
    expect(page.transport.requests).toEqual([])
  })

  it('the attempts have a limit, after which the user can start the call', async () => {
    let isDown = true
    const page = await load((request) => (isDown ? down(request) : confirm(request)), expired, {
      reconnect: { baseDelayMs: 0, maxAttempts: 2 },
    })
    await page.outcome
    await vi.waitFor(() => expect(page.state().connection.status).toBe('failed'))
    expect(page.state().connection.error).toMatchObject({ code: 'reconnect-exhausted' })
    expect(page.texts()).toEqual(['said last'])
    isDown = false
    await page.agent.connect()
    expect(page.state().session.id).toBe(page.last)
  })

  it('a server that rejects is not asked forever', async () => {
    const page = await load(() =>
      Promise.reject(new VoiceAgentError('token-refresh-failed', undefined, { recoverable: false })),
    )
    expect(await page.outcome).toEqual({ conversation: 'restored', agent: 'none' })
    expect(page.state().session.restore.reason).toBe('token-refresh-failed')
    await vi.waitFor(() => expect(page.state().connection.status).toBe('failed'))
    expect(page.refreshToken.mock.calls.length).toBeLessThanOrEqual(2)
    expect(page.texts()).toEqual(['said last'])
  })

  it('without a pending call, none is made', async () => {
    const page = await load(down, expired, { autoReconnect: 'never' })
    expect(await page.outcome).toEqual({ conversation: 'restored', agent: 'none' })
    expect(page.state().session.restore.reason).toBe('token-refresh-failed')
    expect(page.state().connection.status).toBe('idle')
    expect(page.refreshToken).toHaveBeenCalledTimes(1)
  })

  it('the call waits for the renewal that is already in progress', async () => {
    const page = await load(confirm)
    expect(await page.outcome).toEqual({ conversation: 'restored', agent: 'reseeded' })
    expect(page.refreshToken).toHaveBeenCalledTimes(1)
    expect(page.refreshToken).toHaveBeenCalledWith(
      expect.objectContaining({ sessionId: page.last, token: expect.stringContaining(page.last) }),
    )
  })
})

describe('with an unreadable token, but a readable conversation', () => {
  it('a token is requested for that session, without a proof, and the call reconnects', async () => {
    const page = await load(confirm, unreadable)
    expect(await page.outcome).toEqual({ conversation: 'restored', agent: 'reseeded' })
    expect(page.texts()).toEqual(['said last'])
    expect(page.refreshToken.mock.calls.map(([{ sessionId, token }]) => [sessionId, token])).toEqual([
      [page.last, null],
    ])
    expect(page.transport.requests).toMatchObject([{ sessionId: page.last }])
  })

  it.each<[string, Refresh]>([
    ['is for another session', async (request) => confirm({ ...request, sessionId: "another user's" })],
    ['is refused', down],
  ])('nothing of it is sent if the token %s', async (_how, refresh) => {
    const page = await load(refresh, unreadable)
    expect(await page.outcome).toEqual({ conversation: 'restored', agent: 'none' })
    expect(page.state().session).toMatchObject({ id: page.last, restore: { reason: 'token-unreadable' } })
    expect(page.state().connection.status).toBe('idle')
    await rest()
    expect(page.transport.requests).toEqual([])
    expect(page.storage.tokens.read()?.persistedSessionId).toBe(page.last)
    // The user, who sees the conversation, starts the next call.
    const next = answerOf(page.agent.connect())
    await rest()
    expect(page.refreshToken).toHaveBeenLastCalledWith(
      expect.objectContaining<Partial<TokenRefreshRequest>>({ sessionId: null, token: null }),
    )
    expect(await next).toBe(refresh === down ? 'token-refresh-failed' : 'resolved')
  })

  it('no call starts before it is known whether the token can be read', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const page = await load(confirm, { open: () => new Promise(() => {}) })
    await vi.waitFor(() => expect(page.texts()).toEqual(['said last']))
    const connected = answerOf(page.agent.connect())
    await rest()
    expect(page.refreshToken).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(25_000)
    expect(await connected).toBe('resolved')
    expect(page.transport.requests).toMatchObject([{ sessionId: page.last }])
  })
})
