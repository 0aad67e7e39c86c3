import type { AgentToken, TokenRefreshRequest } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answerOf, countingTokens, idOf, leaveTwoSessions, type Page, rest, setUp } from './support.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** After `renewal`, a token with this `life` is being renewed. A request may take 15 s. */
const life = 60_000
const renewal = 50_000

/** A server that responds on demand once `hold` was called. */
function createServer() {
  const tokens = countingTokens(life)
  const held: { request: TokenRefreshRequest; answer: () => Promise<void> }[] = []
  let isHolding = false
  return {
    held,
    hold() {
      isHolding = true
    },
    release() {
      isHolding = false
    },
    refreshToken(request: TokenRefreshRequest): Promise<AgentToken> {
      if (!isHolding) return tokens(request)
      return new Promise((resolve) => {
        held.push({
          request,
          async answer() {
            resolve(await tokens(request))
            await rest()
          },
        })
      })
    },
  }
}

const switches: [string, (page: Page, earlier: string) => unknown][] = [
  ['newSession()', ({ agent }) => agent.newSession()],
  ['createSession()', ({ sessionManager }) => sessionManager.createSession()],
  ['deleteSession()', (page) => page.sessionManager.deleteSession(idOf(page))],
  ['reset()', ({ agent }) => agent.reset()],
  ['a reset of the root state', (page) => page.logOut()],
]

/** The token passed to the agent and the stored one belong to the open session. */
async function expectOneOwner(page: Page, storage: ReturnType<typeof memoryStorage>) {
  expect(page.transport.requests.at(-1)?.sessionId).toBe(idOf(page))
  const stored = storage.tokens.read()
  expect(stored?.persistedSessionId).toBe(idOf(page))
  expect((await stored?.open())?.sessionId).toBe(idOf(page))
}

describe.each(switches)('a renewal is pending when the session is left by %s', (_how, leave) => {
  async function begin() {
    const { storage, earlier } = await leaveTwoSessions()
    const server = createServer()
    const page = setUp(undefined, {
      persistence: { storage, debounceMs: 0 },
      autoReconnect: 'never',
      refreshToken: server.refreshToken,
    })
    await page.sessionManager.initialize()
    await page.agent.newSession()
    await page.agent.connect()
    server.hold()
    await vi.advanceTimersByTimeAsync(renewal)
    expect(server.held).toHaveLength(1)
    return { page, storage, earlier, server }
  }

  it.each([
    ['before', true],
    ['after', false],
  ])('its response arrives %s that of the next session', async (_when, isFirst) => {
    const { page, storage, earlier, server } = await begin()
    const old = idOf(page)
    const left = Promise.resolve(leave(page, earlier))
    left.catch(() => undefined)
    const connected = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(server.held).toHaveLength(2))
    for (const { answer } of isFirst ? server.held : [...server.held].reverse()) await answer()
    expect(await connected).toBe('resolved')
    expect(idOf(page)).not.toBe(old)
    expect(server.held[1]?.request).toMatchObject({ sessionId: null, token: null })
    await expectOneOwner(page, storage)
    server.release()
    const before = page.transport.requests.length
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await vi.advanceTimersByTimeAsync(1_000)
    await rest()
    expect(page.transport.requests).toHaveLength(before + 1)
    await expectOneOwner(page, storage)
  })

  it('the call is ended and restarted, and the responses arrive in any order', async () => {
    const { page, storage, earlier, server } = await begin()
    const left = Promise.resolve(leave(page, earlier))
    left.catch(() => undefined)
    const first = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(server.held).toHaveLength(2))
    await server.held[0]?.answer()
    void page.agent.disconnect()
    expect(await first).toBe('not-connected')
    const second = page.agent.connect()
    await rest()
    // It shares the first one's request, or makes its own.
    for (const { answer } of server.held.slice(1).reverse()) await answer()
    expect(await answerOf(second)).toBe('resolved')
    await expectOneOwner(page, storage)
    server.release()
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await vi.advanceTimersByTimeAsync(1_000)
    await rest()
    await expectOneOwner(page, storage)
  })
})

it.each<[string, (page: Page) => unknown]>([
  ['newSession()', ({ agent }) => agent.newSession()],
  ['disconnect()', ({ agent }) => agent.disconnect()],
  ['reset()', ({ agent }) => agent.reset()],
  ['a reset of the root state', (page) => page.logOut()],
])('a first token that never arrives does not block the next call, after %s', async (how, leave) => {
  const server = createServer()
  server.hold()
  const page = setUp(undefined, { refreshToken: server.refreshToken })
  const first = answerOf(page.agent.connect())
  await vi.waitFor(() => expect(server.held).toHaveLength(1))
  await leave(page)
  expect(await first).toBe('not-connected')
  server.release()
  const second = answerOf(page.agent.connect())
  await rest()
  // A call in the same session may wait for the pending request, which times out after 15 s.
  if (how === 'disconnect()') await vi.advanceTimersByTimeAsync(15_000)
  expect(['resolved', ...(how === 'disconnect()' ? ['token-refresh-failed'] : [])]).toContain(await second)
})

it('the renewals of one session are requested one at a time, each with the previous token', async () => {
  const server = createServer()
  const storage = memoryStorage('tab')
  const page = setUp(undefined, {
    persistence: { storage, debounceMs: 0 },
    refreshToken: server.refreshToken,
  })
  await page.sessionManager.initialize()
  await page.agent.connect()
  server.hold()
  await vi.advanceTimersByTimeAsync(renewal)
  page.transport.emit({ type: 'connectionState', state: 'closed' })
  await vi.advanceTimersByTimeAsync(10)
  await rest()
  expect(server.held.length).toBeLessThanOrEqual(1)
  expect(server.held[0]?.request).toMatchObject({ sessionId: idOf(page), token: expect.any(String) })
  await server.held[0]?.answer()
  await vi.advanceTimersByTimeAsync(1_000)
  await rest()
  await expectOneOwner(page, storage)
})
