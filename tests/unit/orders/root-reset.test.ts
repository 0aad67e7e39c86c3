import { VoiceAgentError } from 'redux-voice-agent'
import { memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import { describe, expect, it, vi } from 'vitest'
import { statusIs } from '../middleware/support.js'
import { answerOf, deferred, idOf, leaveTwoSessions, type Page, rest, setUp, storedTexts } from './support.js'

/** Three ways to reset: on logout, the app resets its root state, or asks the agent to reset itself. */
const resets: [string, (page: Page) => Promise<unknown>][] = [
  ['a reset of the root state', async (page) => page.logOut()],
  ['agent.reset()', ({ agent }) => agent.reset()],
  ['actions.resetRequested()', async ({ store, actions }) => void store.dispatch(actions.resetRequested())],
]

interface World {
  page: Page
  storage: VoiceStorage
  /** Id of the first user's session; null if none has started. */
  first: string | null
  /** A request that is still pending when the reset happens. */
  pending?: Promise<unknown>
}

const newPage = (storage: VoiceStorage, connect?: Parameters<typeof setUp>[0]) =>
  setUp(connect, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })

async function duringCall(connect?: Parameters<typeof setUp>[0]): Promise<World> {
  const storage = memoryStorage('tab')
  const page = newPage(storage, connect)
  await page.sessionManager.initialize()
  await page.agent.connect()
  page.agent.sendText('first user')
  await page.voiceAgent.persistor.flush()
  return { page, storage, first: idOf(page) }
}

/** States of a page in which a reset may happen. */
const moments: [string, () => Promise<World>][] = [
  ['during a call', () => duringCall()],
  [
    'while the agent is speaking',
    async () => {
      const world = await duringCall()
      world.page.transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
      world.page.transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Well, ' })
      world.page.transport.emit({ type: 'assistantSpeechStarted' })
      return world
    },
  ],
  [
    'after a call',
    async () => {
      const world = await duringCall()
      await world.page.agent.disconnect()
      return world
    },
  ],
  [
    'while a call is being started',
    async () => {
      const storage = memoryStorage('tab')
      let isFirst = true
      const page = newPage(storage, () => {
        if (!isFirst) return 'fresh'
        isFirst = false
        return new Promise(() => {})
      })
      await page.sessionManager.initialize()
      const pending = page.agent.connect()
      await vi.waitFor(() => expect(page.transport.requests).toHaveLength(1))
      return { page, storage, first: idOf(page), pending }
    },
  ],
  [
    'while a call waits for its token',
    async () => {
      const storage = memoryStorage('tab')
      const page = newPage(storage)
      await page.sessionManager.initialize()
      page.refreshToken.mockImplementationOnce(() => new Promise(() => {}))
      const pending = page.agent.connect()
      await vi.waitFor(() => expect(page.refreshToken).toHaveBeenCalledOnce())
      return { page, storage, first: null, pending }
    },
  ],
  [
    'while the connection is being restored',
    async () => {
      const agent = { isDown: false }
      const world = await duringCall(() => {
        if (agent.isDown) throw new VoiceAgentError('agent-unreachable')
        return 'fresh'
      })
      agent.isDown = true
      const lost = statusIs(world.page.agent, 'reconnecting')
      world.page.transport.emit({ type: 'connectionState', state: 'closed' })
      await lost
      agent.isDown = false
      return world
    },
  ],
  [
    'while the session is being read',
    async () => {
      const { storage, last } = await leaveTwoSessions()
      const gate = deferred()
      const { getItem } = storage.records
      storage.records.getItem = async (id) => {
        await gate.promise
        return getItem(id)
      }
      const page = newPage(storage)
      const pending = page.sessionManager.initialize()
      await vi.waitFor(() => expect(page.state().session.restore.phase).toBe('loading-session'))
      queueMicrotask(gate.resolve)
      return { page, storage, first: last, pending }
    },
  ],
  [
    'while a restored session calls again',
    async () => {
      const { storage, last } = await leaveTwoSessions()
      let isFirst = true
      const page = newPage(storage, () => {
        if (!isFirst) return 'fresh'
        isFirst = false
        return new Promise(() => {})
      })
      const pending = page.sessionManager.initialize()
      await vi.waitFor(() => expect(page.transport.requests).toHaveLength(1))
      return { page, storage, first: last, pending }
    },
  ],
  [
    'before anything has happened',
    async () => {
      const storage = memoryStorage('tab')
      const page = newPage(storage)
      await page.sessionManager.initialize()
      return { page, storage, first: null }
    },
  ],
]

const combinations = moments.flatMap(([when, begin]) =>
  resets.map(([how, reset]) => ({ when, begin, how, reset })),
)

describe('after the reset', () => {
  it.each(combinations)('there is no call and no session: $how $when', async ({ begin, reset }) => {
    const { page, storage, first, pending } = await begin()
    const answer = pending ? answerOf(pending) : null
    const before = first === null ? null : await storedTexts(storage, first)
    expect(await answerOf(reset(page))).toBe('resolved')
    await rest()
    expect(page.transport.open).toBe(0)
    expect(page.state().connection).toMatchObject({ status: 'idle', connectionId: null, error: null })
    expect(page.state().conversation).toMatchObject({ status: 'idle', turns: { isCallOn: false, user: [] } })
    expect(page.state().session).toMatchObject({ id: null, createdAt: null, tokenExpiresAt: null })
    expect(page.state().stats).toMatchObject({ startedAt: null, endedAt: null })
    expect(page.texts()).toEqual([])
    expect(storage.tokens.read()).toBeNull()
    // An interrupted connect() rejects. An interrupted restore resolves, and says that there is none.
    if (answer) expect(['not-connected', 'resolved']).toContain(await answer)
    const requests = page.transport.requests.length
    await rest()
    expect(page.transport.requests).toHaveLength(requests)
    if (first !== null)
      expect(await storedTexts(storage, first)).toEqual(expect.arrayContaining(before ?? []))
  })

  it.each(combinations)(
    'the next call belongs to a new session, with a new token: $how $when',
    async ({ begin, reset }) => {
      const { page, storage, first, pending } = await begin()
      pending?.catch(() => undefined)
      expect(await answerOf(reset(page))).toBe('resolved')
      page.refreshToken.mockClear()
      expect(await answerOf(page.agent.connect())).toBe('resolved')
      expect(page.refreshToken).toHaveBeenCalledOnce()
      expect(page.refreshToken.mock.lastCall?.[0]).toMatchObject({ sessionId: null, token: null })
      expect(page.state().connection.status).toBe('connected')
      expect(page.transport.open).toBe(1)
      expect(page.transport.requests.at(-1)).toMatchObject({
        sessionId: idOf(page),
        resume: false,
        context: [],
      })
      expect(idOf(page)).not.toBe(first)
      expect(storage.tokens.read()?.persistedSessionId).toBe(idOf(page))
    },
  )

  it.each(combinations)(
    'what is said next is stored in the new session, and the first one is unchanged: $how $when',
    async ({ begin, reset }) => {
      const { page, storage, first, pending } = await begin()
      pending?.catch(() => undefined)
      expect(await answerOf(reset(page))).toBe('resolved')
      expect(await answerOf(page.agent.connect())).toBe('resolved')
      // More than the first user has said, so that the revision number can't hide it.
      const said = Array.from({ length: 40 }, (_, index) => `second user ${index}`)
      for (const text of said) page.agent.sendText(text)
      await page.voiceAgent.persistor.flush()
      expect(await storedTexts(storage, idOf(page))).toEqual(said)
      if (first !== null) {
        const texts = await storedTexts(storage, first)
        expect(texts?.filter((text) => text.startsWith('second'))).toEqual([])
      }
      const listed = await page.sessionManager.listSessions()
      expect(listed).toContainEqual(expect.objectContaining({ id: idOf(page), messageCount: 40 }))
    },
  )
})

describe.each(resets)('%s', (_name, reset) => {
  it('connect() in the same task starts a call in a new session', async () => {
    const { page, first } = await duringCall()
    const done = reset(page)
    const connected = page.agent.connect()
    expect([await answerOf(done), await answerOf(connected)]).toEqual(['resolved', 'resolved'])
    expect(page.transport.open).toBe(1)
    expect(idOf(page)).not.toBe(first)
    expect(page.transport.requests.at(-1)?.sessionId).toBe(idOf(page))
  })

  it('a pending createSession() is superseded', async () => {
    const storage = memoryStorage('tab')
    const page = newPage(storage)
    await page.sessionManager.initialize()
    page.refreshToken.mockImplementationOnce(() => new Promise(() => {}))
    const created = answerOf(page.sessionManager.createSession())
    await vi.waitFor(() => expect(page.refreshToken).toHaveBeenCalledOnce())
    await reset(page)
    expect(await created).toBe('superseded')
    expect(page.state().session.id).toBeNull()
  })

  it("a token that arrives late does not become the next session's token", async () => {
    const storage = memoryStorage('tab')
    const page = newPage(storage)
    await page.sessionManager.initialize()
    const late = deferred<{ token: string; expiresAt: number; sessionId: string }>()
    page.refreshToken.mockImplementationOnce(() => late.promise)
    const first = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(page.refreshToken).toHaveBeenCalledOnce())
    await reset(page)
    const connected = page.agent.connect()
    late.resolve({ token: 'of the first user', expiresAt: Date.now() + 600_000, sessionId: 'first-user' })
    expect(await answerOf(connected)).toBe('resolved')
    expect(await first).toBe('not-connected')
    await rest()
    expect(page.transport.requests.map(({ token }) => token)).not.toContain('of the first user')
    expect(idOf(page)).not.toBe('first-user')
    expect(storage.tokens.read()?.persistedSessionId).toBe(idOf(page))
  })

  it('the next page of this tab restores nothing of the first user', async () => {
    const { page, storage } = await duringCall()
    await reset(page)
    await rest()
    await page.voiceAgent.dispose()
    const next = newPage(storage)
    expect(await next.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
    expect(next.texts()).toEqual([])
    expect(next.transport.requests).toEqual([])
  })

  it("the first user's stored session can be opened again", async () => {
    const { page, first } = await duringCall()
    await reset(page)
    await rest()
    expect(await page.sessionManager.restoreSession(first ?? '')).toMatchObject({ conversation: 'restored' })
    expect(page.texts()).toEqual(['first user'])
  })

  it('it may happen twice, and for each user', async () => {
    const { page, storage, first } = await duringCall()
    await reset(page)
    await reset(page)
    await page.agent.connect()
    page.agent.sendText('second user')
    const second = idOf(page)
    await page.voiceAgent.persistor.flush()
    await reset(page)
    await page.agent.connect()
    page.agent.sendText('third user')
    await page.voiceAgent.persistor.flush()
    expect(page.transport.open).toBe(1)
    const texts = await Promise.all([first ?? '', second, idOf(page)].map((id) => storedTexts(storage, id)))
    expect(texts).toEqual([['first user'], ['second user'], ['third user']])
  })

  it("what the first user's agent still says has no effect", async () => {
    const emits: ((event: { type: 'userTranscriptReceived'; text: string; final: true }) => void)[] = []
    const page = setUp(undefined, {
      transport: ({ emit }) => {
        emits.push(emit)
        return { connect: async () => 'fresh', send() {}, close() {} }
      },
    })
    await page.agent.connect()
    await reset(page)
    const late = () => emits[0]?.({ type: 'userTranscriptReceived', text: 'late', final: true })
    late()
    expect(page.texts()).toEqual([])
    await page.agent.connect()
    late()
    expect(page.texts()).toEqual([])
  })
})

it('agent.reset() saves what was said just before it', async () => {
  const { page, storage, first } = await duringCall()
  page.agent.sendText('just now')
  await page.agent.reset()
  expect(await storedTexts(storage, first ?? '')).toEqual(['first user', 'just now'])
})

it('agent.reset() keeps the words of an answer that no frame has rendered yet', async () => {
  const { page, storage, first } = await duringCall()
  page.transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  page.transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Well, ' })
  await page.agent.reset()
  expect(await storedTexts(storage, first ?? '')).toEqual(['first user', 'Well, '])
})

it('an app action that does not touch the slice ends nothing', async () => {
  const { page } = await duringCall()
  page.store.dispatch({ type: 'cart/added' })
  await rest()
  expect({ open: page.transport.open, texts: page.texts() }).toEqual({ open: 1, texts: ['first user'] })
})

it('a reset by an app action of any name is recognised', async () => {
  const page = setUp(
    undefined,
    {},
    {
      wrapReducer: (app) => (state, action) =>
        app(action.type.endsWith('/fulfilled') ? undefined : state, action),
    },
  )
  await page.agent.connect()
  page.store.dispatch({ type: 'users/logout/fulfilled' })
  await rest()
  expect({ open: page.transport.open, status: page.state().connection.status }).toEqual({
    open: 0,
    status: 'idle',
  })
})
