import { VoiceAgentError } from 'redux-voice-agent'
import type { VoiceStorage } from 'redux-voice-agent/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isCallWanted } from '../../../store/index.js'
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
  rest,
  setUp,
  storedCounts,
} from './support.js'

afterEach(() => void vi.unstubAllGlobals())

const nothing = { conversation: 'none', agent: 'none' }

interface World {
  page: Page
  storage: VoiceStorage
  /** Ids of the stored sessions. `last` is the one being restored. */
  earlier: string
  last: string
  /** Resolves with the outcome of the restore. */
  outcome: Promise<unknown>
  /** Number of connections before it. */
  requestsBefore: number
  /** True if the session was left during its call, which reconnects after the restore. */
  isCallRestored: boolean
}

/** At rest, the state and the transport agree. */
function expectAgreement({ page }: World, isCallOn: boolean) {
  expect({ status: page.state().connection.status, open: page.transport.open }).toEqual(
    isCallOn
      ? { status: 'connected', open: 1 }
      : { status: expect.stringMatching(/^(idle|disconnected)$/), open: 0 },
  )
}

async function expectDeleted({ page, last }: World) {
  expect(page.texts()).not.toContain('said last')
  expect(page.state().session.id).not.toBe(last)
  expect(Object.keys(await storedCounts(page))).not.toContain(last)
}

/** The agent's context matches what is shown. A session restored without its token has another session with the agent. */
function expectCallOfSession({ transport, texts }: Page) {
  expect(transport.requests.at(-1)?.context.map(({ text }) => text)).toEqual(texts())
}

async function expectRestored(world: World) {
  expect(world.page.texts()).toEqual(['said last'])
  expect(world.page.state().session.id).toBe(world.last)
  expect(world.page.state().session.restore).toMatchObject({ phase: 'done', conversation: 'restored' })
  await expectAllStored(world)
}

/** Nothing of `last` is shown, its restore had no effect, and any new session replaces it. */
async function expectSuperseded(world: World, isNewSession: boolean) {
  const { page, earlier, last, outcome } = world
  expect(await answerOf(outcome)).toBe('resolved')
  expect(await outcome).toEqual(nothing)
  expect(page.texts()).toEqual([])
  if (isNewSession) {
    expect([earlier, last]).not.toContain(idOf(page))
    if (page.transport.open > 0) expect(page.transport.requests.at(-1)?.sessionId).toBe(idOf(page))
  } else {
    expect(page.state().session.id).toBeNull()
  }
}

async function expectAllStored({ page, earlier, last }: World) {
  expect(await storedCounts(page)).toMatchObject({ [earlier]: 1, [last]: 1 })
}

/** The tab's next page opens the same session, and starts a call only if the user left one. */
async function expectOnNextPage({ page, storage }: World) {
  const left = pageOf(page)
  await page.voiceAgent.dispose()
  const next = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
  await next.sessionManager.initialize()
  await rest()
  expect({ ...pageOf(next), calls: next.transport.open }).toEqual({ ...left, calls: left.isCallOn ? 1 : 0 })
  await next.voiceAgent.dispose()
}

const pageOf = ({ state }: Page) => ({
  isCallOn: isCallWanted(state().connection.status),
  sessionId: state().session.id,
})

interface Intent {
  name: string
  /** Starts it during the restore. Returns the check to run at rest. */
  begin: (world: World) => (world: World) => Promise<void>
}

const intents: Intent[] = [
  {
    name: 'disconnect()',
    begin: ({ page }) => {
      const disconnected = page.agent.disconnect()
      return async (world) => {
        expect(await answerOf(disconnected)).toBe('resolved')
        expectAgreement(world, false)
        expect(await answerOf(world.outcome)).toBe('resolved')
        expect(await world.outcome).toEqual({ conversation: 'restored', agent: 'none' })
        await expectRestored(world)
      }
    },
  },
  {
    name: 'connect()',
    begin: ({ page, requestsBefore }) => {
      const connected = page.agent.connect()
      return async (world) => {
        expect(await answerOf(connected)).toBe('resolved')
        expectAgreement(world, true)
        expect(page.transport.requests).toHaveLength(requestsBefore + 1)
        expectCallOfSession(page)
        await expectRestored(world)
      }
    },
  },
  {
    name: 'connect(); disconnect()',
    begin: ({ page }) => {
      const connected = answerOf(page.agent.connect())
      const disconnected = page.agent.disconnect()
      return async (world) => {
        expect(await answerOf(disconnected)).toBe('resolved')
        expect(await connected).toBe('not-connected')
        expectAgreement(world, false)
        await expectRestored(world)
      }
    },
  },
  {
    name: 'disconnect(); connect()',
    begin: ({ page }) => {
      const disconnected = page.agent.disconnect()
      const connected = page.agent.connect()
      return async (world) => {
        expect(await answerOf(disconnected)).toBe('resolved')
        expect(await answerOf(connected)).toBe('resolved')
        expectAgreement(world, true)
        expectCallOfSession(page)
        await expectRestored(world)
      }
    },
  },
  {
    name: 'newSession()',
    begin: ({ page }) => {
      const ended = page.agent.newSession()
      return async (world) => {
        expect(await answerOf(ended)).toBe('resolved')
        expectAgreement(world, false)
        await expectSuperseded(world, false)
        await expectAllStored(world)
      }
    },
  },
  {
    name: 'newSession(); connect()',
    begin: ({ page }) => {
      const ended = page.agent.newSession()
      const connected = page.agent.connect()
      return async (world) => {
        expect(await answerOf(ended)).toBe('resolved')
        expect(await answerOf(connected)).toBe('resolved')
        expectAgreement(world, true)
        expectCallOfSession(page)
        await expectSuperseded(world, true)
        await expectAllStored(world)
      }
    },
  },
  {
    name: 'createSession()',
    begin: ({ page }) => {
      const created = page.sessionManager.createSession()
      return async (world) => {
        expect(await answerOf(created)).toBe('resolved')
        expect((await created).sessionId).toBe(page.state().session.id)
        expectAgreement(world, false)
        await expectSuperseded(world, true)
        await expectAllStored(world)
      }
    },
  },
  {
    name: 'createSession(); connect()',
    begin: ({ page }) => {
      const created = page.sessionManager.createSession()
      const connected = page.agent.connect()
      return async (world) => {
        expect(await answerOf(created)).toBe('resolved')
        expect(await answerOf(connected)).toBe('resolved')
        expect((await created).sessionId).toBe(page.state().session.id)
        expectAgreement(world, true)
        expectCallOfSession(page)
        await expectSuperseded(world, true)
      }
    },
  },
  {
    name: 'deleteSession() of that session',
    begin: ({ page, last }) => {
      const deleted = page.sessionManager.deleteSession(last)
      return async (world) => {
        expect(await answerOf(deleted)).toBe('resolved')
        expect(await answerOf(world.outcome)).toBe('resolved')
        expect(await world.outcome).toEqual(nothing)
        await expectDeleted(world)
        // A session that was open before may still have its call.
        const isCallOn = page.state().connection.status === 'connected'
        expectAgreement(world, isCallOn)
        expect(isCallOn && page.state().session.id === null).toBe(false)
      }
    },
  },
  {
    name: 'deleteSession() of that session; connect()',
    begin: ({ page, last }) => {
      const deleted = page.sessionManager.deleteSession(last)
      const connected = page.agent.connect()
      return async (world) => {
        expect(await answerOf(deleted)).toBe('resolved')
        expect(await answerOf(connected)).toBe('resolved')
        await expectDeleted(world)
        expect(page.state().connection.status).toBe('connected')
        expect(page.transport.open).toBe(1)
      }
    },
  },
  {
    name: 'deleteSession() of another session',
    begin: ({ page, earlier }) => {
      const deleted = page.sessionManager.deleteSession(earlier)
      return async (world) => {
        const { isCallRestored } = world
        expect(await answerOf(deleted)).toBe('resolved')
        expect(await answerOf(world.outcome)).toBe('resolved')
        expect(await world.outcome).toEqual({
          conversation: 'restored',
          agent: isCallRestored ? 'fresh' : 'none',
        })
        expectAgreement(world, isCallRestored)
        expect(page.texts()).toEqual(['said last'])
        expect(Object.keys(await storedCounts(page))).not.toContain(earlier)
      }
    },
  },
  {
    name: 'restoreSession() of another session',
    begin: ({ page, earlier }) => {
      const restored = page.sessionManager.restoreSession(earlier)
      return async (world) => {
        expect(await answerOf(restored)).toBe('resolved')
        expect(await restored).toEqual({ conversation: 'restored', agent: 'none' })
        expect(await answerOf(world.outcome)).toBe('resolved')
        expect(await world.outcome).toEqual(nothing)
        expectAgreement(world, false)
        expect(page.texts()).toEqual(['said earlier'])
        expect(page.state().session.id).toBe(earlier)
        await expectAllStored(world)
      }
    },
  },
  {
    name: 'restoreSession() of another session; connect()',
    begin: ({ page, earlier }) => {
      const restored = page.sessionManager.restoreSession(earlier)
      const connected = page.agent.connect()
      return async (world) => {
        expect(await answerOf(restored)).toBe('resolved')
        expect(await answerOf(connected)).toBe('resolved')
        expectAgreement(world, true)
        expectCallOfSession(page)
        expect(page.texts()).toEqual(['said earlier'])
        expect(page.state().session.id).toBe(earlier)
        await expectAllStored(world)
      }
    },
  },
  {
    name: 'restoreSession() of another session, and back',
    begin: ({ page, earlier, last }) => {
      const away = page.sessionManager.restoreSession(earlier)
      const back = page.sessionManager.restoreSession(last)
      return async (world) => {
        expect(await answerOf(back)).toBe('resolved')
        expect(await answerOf(away)).toBe('resolved')
        expect(await away).toEqual(nothing)
        expect(await back).toMatchObject({ conversation: 'restored' })
        await expectRestored(world)
      }
    },
  },
  {
    name: 'createSession(), superseded by restoreSession() of another session',
    begin: ({ page, earlier }) => {
      const created = answerOf(page.sessionManager.createSession())
      const restored = page.sessionManager.restoreSession(earlier)
      return async (world) => {
        expect(await answerOf(restored)).toBe('resolved')
        expect(await created).toBe('superseded')
        expectAgreement(world, false)
        expect(page.texts()).toEqual(['said earlier'])
      }
    },
  },
  {
    name: 'reset()',
    begin: ({ page }) => {
      const reset = page.agent.reset()
      return async (world) => {
        expect(await answerOf(reset)).toBe('resolved')
        expectAgreement(world, false)
        await expectSuperseded(world, false)
        await expectAllStored(world)
        expect(world.storage.tokens.read()).toBeNull()
      }
    },
  },
  {
    name: 'a reset of the root state',
    begin: ({ page }) => {
      page.logOut()
      return async (world) => {
        expectAgreement(world, false)
        await expectSuperseded(world, false)
        await expectAllStored(world)
        expect(world.storage.tokens.read()).toBeNull()
      }
    },
  },
  {
    name: 'dispose()',
    begin: ({ page }) => {
      const disposed = page.voiceAgent.dispose()
      return async (world) => {
        expect(await answerOf(disposed)).toBe('resolved')
        expect(await answerOf(world.outcome)).not.toBe('pending')
        expect(page.transport.open).toBe(0)
        const before = page.transport.requests.length
        await rest()
        expect(page.transport.requests).toHaveLength(before)
      }
    },
  },
]

/** A page whose external responses all pass through the gate. */
function openPage(gate: Gate, storage: VoiceStorage) {
  const tokens = countingTokens()
  return setUp(() => gate.pass(Promise.resolve('fresh' as const)), {
    persistence: { storage: gate.storage(storage), debounceMs: 0 },
    autoReconnect: 'always',
    refreshToken: (request) => gate.pass(tokens(request)),
  })
}

/** Expires the stored token, so that the restore requests another one. */
function expireToken({ tokens }: VoiceStorage) {
  const { read } = tokens
  tokens.read = () => {
    const stored = read()
    return stored && { ...stored, expiresAt: 0 }
  }
}

/** Starts a restore that waits for the response with this number. */
type Restore = (gate: Gate, index: number) => Promise<World>

const restorations: [string, Restore][] = [
  [
    'as a page restores its session',
    async (gate, index) => {
      const left = await leaveTwoSessions()
      gate.hold(index)
      const page = openPage(gate, left.storage)
      return {
        ...left,
        page,
        outcome: page.sessionManager.initialize(),
        requestsBefore: 0,
        isCallRestored: true,
      }
    },
  ],
  [
    'as a page restores its session, whose token has expired',
    async (gate, index) => {
      const left = await leaveTwoSessions()
      expireToken(left.storage)
      gate.hold(index)
      const page = openPage(gate, left.storage)
      return {
        ...left,
        page,
        outcome: page.sessionManager.initialize(),
        requestsBefore: 0,
        isCallRestored: true,
      }
    },
  ],
  [
    'as restoreSession() replaces a session with a call',
    async (gate, index) => {
      const left = await leaveTwoSessions()
      // Simulates another tab, which does not own the session that was left during its call.
      left.storage.tokens.clear()
      const page = openPage(gate, left.storage)
      await page.sessionManager.initialize()
      await page.agent.connect()
      page.agent.sendText('said in its call')
      await page.voiceAgent.persistor.flush()
      const requestsBefore = page.transport.requests.length
      gate.hold(index)
      const outcome = page.sessionManager.restoreSession(left.last)
      return { ...left, page, outcome, requestsBefore, isCallRestored: true }
    },
  ],
]

describe.each(restorations)('%s, wherever it waits', (_name, restore) => {
  it.each(intents)('$name', async ({ name, begin }) => {
    /** Resolves with true if the restore waits for that many responses. */
    async function tryAt(index: number): Promise<boolean> {
      const gate = createGate()
      const world = await restore(gate, index)
      try {
        const isReached = await isReachedBefore(gate.reached, world.outcome)
        if (!isReached) return false
        const check = begin(world)
        await rest()
        gate.open()
        await rest()
        await check(world)
        if (name !== 'dispose()') await expectOnNextPage(world)
        return true
      } catch (error) {
        throw new Error(`While answer ${index} was waited for: ${(error as Error).message}`, { cause: error })
      } finally {
        gate.open()
        await world.page.voiceAgent.dispose()
      }
    }
    const answers = await Promise.all(Array.from({ length: 16 }, (_, index) => tryAt(index)))
    const count = answers.indexOf(false)
    // The restore waited for the storage, the server and the agent, without skipping any response.
    expect(count).toBeGreaterThanOrEqual(4)
    expect(answers.slice(count)).not.toContain(true)
  })
})

/** When an intent is dispatched: by a store subscriber, or by code that waits for one. */
const moments: [string, (run: () => void) => void][] = [
  ['while the action is being dispatched', (run) => run()],
  ['a microtask later', queueMicrotask],
]

describe.each(moments)('when the phase starts, %s', (_name, schedule) => {
  const phases = [
    'checking-token',
    'validating-token',
    'refreshing-token',
    'loading-session',
    'restoring-context',
    'reconnecting',
  ]
  const chosen = intents.filter(({ name }) =>
    [
      'disconnect()',
      'connect(); disconnect()',
      'newSession()',
      'newSession(); connect()',
      'reset()',
    ].includes(name),
  )
  it.each(phases.flatMap((phase) => chosen.map((intent) => ({ phase, ...intent }))))(
    '$phase: $name',
    async ({ phase, begin }) => {
      const left = await leaveTwoSessions()
      if (phase === 'refreshing-token') expireToken(left.storage)
      const page = openPage(createGate(), left.storage)
      const world = {
        ...left,
        page,
        requestsBefore: 0,
        isCallRestored: true,
        outcome: Promise.resolve<unknown>(null),
      }
      const begun = deferred<(world: World) => Promise<void>>()
      const stop = page.store.subscribe(() => {
        if (page.state().session.restore.phase !== phase) return
        stop()
        schedule(() => {
          try {
            begun.resolve(begin(world))
          } catch (error) {
            begun.reject(error)
          }
        })
      })
      world.outcome = page.sessionManager.initialize()
      const check = await begun.promise
      await rest()
      await check(world)
    },
  )
})

describe("an agent or server that doesn't respond delays no other intent", () => {
  const never = () => new Promise<never>(() => {})
  const chosen = intents.filter(({ name }) =>
    [
      'disconnect()',
      'connect(); disconnect()',
      'newSession()',
      'deleteSession() of that session',
      'restoreSession() of another session',
      'reset()',
      'a reset of the root state',
      'dispose()',
    ].includes(name),
  )

  it.each(chosen)('the agent: $name', async ({ begin }) => {
    const left = await leaveTwoSessions()
    const page = setUp(never, {
      persistence: { storage: left.storage, debounceMs: 0 },
      autoReconnect: 'always',
    })
    const outcome = page.sessionManager.initialize()
    await vi.waitFor(() => expect(page.transport.requests).toHaveLength(1))
    const world = { ...left, page, outcome, requestsBefore: 0, isCallRestored: true }
    const check = begin(world)
    await rest()
    await check(world)
  })

  it.each(chosen)('a reconnection that waits for its next attempt: $name', async ({ begin }) => {
    const left = await leaveTwoSessions()
    vi.stubGlobal('navigator', { onLine: false })
    const fail = () => {
      throw new VoiceAgentError('signalling-unavailable')
    }
    const page = setUp(fail, {
      persistence: { storage: left.storage, debounceMs: 0 },
      autoReconnect: 'always',
      reconnect: {},
    })
    const outcome = page.sessionManager.initialize()
    await vi.waitFor(() => expect(page.state().connection.status).toBe('reconnecting'))
    const world = { ...left, page, outcome, requestsBefore: 0, isCallRestored: true }
    const check = begin(world)
    await rest()
    await check(world)
  })

  it('the server: a connect() that waits for it ends with disconnect()', async () => {
    const left = await leaveTwoSessions()
    expireToken(left.storage)
    const page = setUp(undefined, {
      persistence: { storage: left.storage, debounceMs: 0 },
      autoReconnect: 'always',
      refreshToken: never,
    })
    await vi.waitFor(() => expect(page.state().session.restore.phase).toBe('reconnecting'))
    const connected = page.agent.connect()
    const answer = answerOf(connected)
    await rest()
    expect(await answerOf(page.agent.disconnect())).toBe('resolved')
    expect(await answer).toBe('not-connected')
    expect(page.transport.requests).toEqual([])
  })

  it('the server: newSession() and restoreSession() settle without it', async () => {
    const left = await leaveTwoSessions()
    expireToken(left.storage)
    const page = setUp(undefined, {
      persistence: { storage: left.storage, debounceMs: 0 },
      autoReconnect: 'always',
      refreshToken: never,
    })
    const outcome = page.sessionManager.initialize()
    await vi.waitFor(() => expect(page.state().session.restore.phase).toBe('reconnecting'))
    expect(await answerOf(page.agent.newSession())).toBe('resolved')
    expect(await answerOf(outcome)).toBe('resolved')
    expect(await answerOf(page.sessionManager.restoreSession(left.earlier))).toBe('resolved')
    expect(page.texts()).toEqual(['said earlier'])
  })
})

describe('two intents in one task', () => {
  type First = (page: Page, ids: { earlier: string }) => Promise<unknown>
  const firsts: [string, First][] = [
    ['createSession()', ({ sessionManager }) => sessionManager.createSession()],
    ['newSession()', ({ agent }) => agent.newSession()],
    ['deleteSession(current)', (page) => page.sessionManager.deleteSession(idOf(page))],
    ['restoreSession(another)', ({ sessionManager }, { earlier }) => sessionManager.restoreSession(earlier)],
    ['reset()', ({ agent }) => agent.reset()],
    ['disconnect()', ({ agent }) => agent.disconnect()],
  ]
  const befores: [string, (page: Page) => Promise<void>][] = [
    ['during a call', async ({ agent }) => agent.connect()],
    [
      'after a call',
      async ({ agent }) => {
        await agent.connect()
        await agent.disconnect()
      },
    ],
    ['before any call', async ({ sessionManager }) => void (await sessionManager.createSession())],
  ]

  it.each(firsts.flatMap(([first, run]) => befores.map(([when, before]) => ({ first, when, run, before }))))(
    '$first; connect() $when: the call belongs to the session at that moment',
    async ({ first, run, before }) => {
      const left = await leaveTwoSessions()
      const page = setUp(undefined, {
        persistence: { storage: left.storage, debounceMs: 0 },
        autoReconnect: 'never',
      })
      await page.sessionManager.initialize()
      await page.agent.newSession()
      await before(page)
      const own = idOf(page)
      const ran = run(page, left)
      const connected = page.agent.connect()
      expect([await answerOf(ran), await answerOf(connected)]).toEqual(['resolved', 'resolved'])
      await rest()
      const world = { ...left, page, outcome: ran, requestsBefore: 0, isCallRestored: true }
      expectAgreement(world, true)
      expectCallOfSession(page)
      if (first === 'restoreSession(another)') expect(idOf(page)).toBe(left.earlier)
      else if (first === 'disconnect()') expect(idOf(page)).toBe(own)
      else expect([own, left.earlier, left.last]).not.toContain(idOf(page))
      if (first === 'createSession()') expect(await ran).toMatchObject({ sessionId: idOf(page) })
    },
  )

  it.each([
    ['createSession()', ({ sessionManager }: Page) => sessionManager.createSession()],
    ['newSession()', ({ agent }: Page) => agent.newSession()],
    ['reset()', ({ agent }: Page) => agent.reset()],
  ])('%s; connect() before anything has happened', async (_name, run) => {
    const page = setUp()
    const ran = run(page)
    const connected = page.agent.connect()
    expect([await answerOf(ran), await answerOf(connected)]).toEqual(['resolved', 'resolved'])
    expect(page.state().connection.status).toBe('connected')
    expect(page.transport.requests.map(({ sessionId }) => sessionId)).toEqual([idOf(page)])
  })

  it('restoreSession() of two sessions: the later one is open, and says so', async () => {
    const { storage, earlier, last } = await leaveTwoSessions()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'never' })
    await page.sessionManager.initialize()
    await page.agent.newSession()
    const first = page.sessionManager.restoreSession(last)
    const second = page.sessionManager.restoreSession(earlier)
    expect(await first).toEqual(nothing)
    expect(await second).toEqual({ conversation: 'restored', agent: 'none' })
    expect(page.texts()).toEqual(['said earlier'])
  })

  it.each([
    ['', (tokens: VoiceStorage['tokens']) => tokens],
    [
      ', of a storage without setOpenSession()',
      ({ read, save, clear }: VoiceStorage['tokens']) => ({ read, save, clear }),
    ],
  ])(
    "restoreSession() before the tab's session is read: the stored token%s is not left for the next page",
    async (_of, reduce) => {
      const { storage, earlier, last } = await leaveTwoSessions()
      const tokens = reduce(storage.tokens)
      expect(tokens.read()).toMatchObject({ persistedSessionId: last })
      const page = setUp(undefined, {
        persistence: { storage: { ...storage, tokens }, debounceMs: 0 },
        autoReconnect: 'never',
        refreshToken: () => Promise.reject(new Error('503')),
      })
      expect(await page.sessionManager.restoreSession(earlier)).toMatchObject({ conversation: 'restored' })
      expect(tokens.read()).toBeNull()
    },
  )

  it('createSession() and then restoreSession(): the created session is not the one shown', async () => {
    const { storage, earlier } = await leaveTwoSessions()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'never' })
    await page.sessionManager.initialize()
    const created = answerOf(page.sessionManager.createSession())
    const restored = page.sessionManager.restoreSession(earlier)
    expect(await restored).toEqual({ conversation: 'restored', agent: 'none' })
    expect(await created).toBe('superseded')
    expect(idOf(page)).toBe(earlier)
  })
})

describe('restoreRequested dispatched during the call of another session', () => {
  it.each(['said by the user', 'said by the agent'])(
    'ends that call, whose words stay in its own session: %s',
    async (speaker) => {
      const { storage, earlier, last } = await leaveTwoSessions()
      const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'never' })
      await page.sessionManager.initialize()
      await page.agent.newSession()
      await page.agent.connect()
      page.agent.sendText('of the call')
      const own = idOf(page)
      page.store.dispatch(page.actions.restoreRequested({ sessionId: earlier }))
      const say = () => {
        if (speaker === 'said by the user')
          return page.transport.emit({ type: 'userTranscriptReceived', text: 'late', final: true })
        page.transport.emit({ type: 'assistantTurnStarted', turnId: 'late' })
        page.transport.emit({ type: 'assistantTextReplaced', turnId: 'late', text: 'late' })
        page.transport.emit({ type: 'assistantTurnCompleted', turnId: 'late' })
      }
      say()
      await vi.waitFor(() => expect(page.state().session.id).toBe(earlier))
      say()
      await rest()
      expect(page.texts()).toEqual(['said earlier'])
      expect({ open: page.transport.open, status: page.state().connection.status }).toEqual({
        open: 0,
        status: expect.stringMatching(/^(idle|disconnected)$/),
      })
      await page.voiceAgent.persistor.flush()
      // The call continues until it is known whether the other session can be opened.
      expect(await storedCounts(page)).toMatchObject({ [earlier]: 1, [last]: 1, [own]: 2 })
    },
  )

  it('restores its own call if that was live', async () => {
    const { storage, last } = await leaveTwoSessions()
    // Simulates another tab, which has no token for that session and does not restore it.
    storage.tokens.clear()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
    await page.sessionManager.initialize()
    await page.agent.connect()
    page.store.dispatch(page.actions.restoreRequested({ sessionId: last }))
    await vi.waitFor(() => expect(page.state().session.restore.phase).toBe('done'))
    await vi.waitFor(() => expect(page.transport.requests).toHaveLength(2))
    await rest()
    expect({ id: idOf(page), open: page.transport.open }).toEqual({ id: last, open: 1 })
    expectCallOfSession(page)
  })
})
