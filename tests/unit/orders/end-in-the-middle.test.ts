import { combineReducers, configureStore, createDynamicMiddleware, type Middleware } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { memoryStorage, scriptedTransport } from 'redux-voice-agent/testing'
import { describe, expect, it, vi } from 'vitest'
import {
  answerOf,
  captureUncaught,
  countingTokens,
  idOf,
  leaveTwoSessions,
  type Page,
  rest,
  setUp,
} from './support.js'

const isCallShown = (status: string) => ['connecting', 'connected', 'reconnecting'].includes(status)

describe('dispose() at any moment', () => {
  it('by a subscriber, on every single action: no call is left, shown or not, and each request settles', async () => {
    const uncaught = captureUncaught()
    let isReached = true
    for (let turn = 1; isReached; turn++) {
      const { storage } = await leaveTwoSessions()
      const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
      let count = 0
      page.store.subscribe(() => {
        if (++count === turn) void page.voiceAgent.dispose()
      })
      const requests = [
        page.sessionManager.initialize(),
        page.agent.connect(),
        page.sessionManager.createSession(),
        page.agent.connect(),
      ]
      expect(await Promise.all(requests.map((request) => answerOf(request))), `${turn}`).not.toContain(
        'pending',
      )
      await rest(2)
      isReached = count >= turn
      if (!isReached) break
      expect(page.transport.open, `${turn}`).toBe(0)
      expect(isCallShown(page.state().connection.status), `${turn}`).toBe(false)
    }
    expect(uncaught).toEqual([])
  })

  describe.each(['before the code is loaded', 'during a call'])('%s', (moment) => {
    const ends: [string, (page: Page, id: string) => unknown][] = [
      ['disconnect()', ({ agent }) => agent.disconnect()],
      ['newSession()', ({ agent }) => agent.newSession()],
      ['reset()', ({ agent }) => agent.reset()],
      ['deleteSession()', ({ sessionManager }, id) => sessionManager.deleteSession(id)],
      ['eraseAll()', ({ sessionManager }) => sessionManager.eraseAll()],
      ['a root reset', (page) => page.logOut()],
    ]
    // Before the code is loaded, the page has no session to leave yet.
    const possible = ends.filter(([name]) => moment === 'during a call' || name !== 'a root reset')

    it.each(possible)(
      'by a subscriber, on every single action that follows %s, which still holds',
      async (name, end) => {
        const uncaught = captureUncaught()
        let isReached = true
        for (let turn = 1; isReached; turn++) {
          const { storage, last } = await leaveTwoSessions()
          const options = { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' as const }
          const page = setUp(undefined, options)
          const restored = page.sessionManager.initialize()
          if (moment === 'during a call') {
            await restored
            expect([idOf(page), page.transport.open]).toEqual([last, 1])
          }
          let count = 0
          let disposed: Promise<void> | undefined
          page.store.subscribe(() => {
            if (++count === turn) disposed = page.voiceAgent.dispose()
          })
          const answer = answerOf(Promise.resolve(end(page, last)))
          if (!disposed) await answer
          isReached = disposed !== undefined
          await (disposed ?? page.voiceAgent.dispose())
          expect(await answer, `${turn}`).not.toBe('pending')
          expect([page.transport.open, isCallShown(page.state().connection.status)], `${turn}`).toEqual([
            0,
            false,
          ])
          const next = setUp(undefined, options)
          await next.sessionManager.initialize()
          const isShown = next.state().session.id === last
          expect([isShown, next.transport.open], `${turn}`).toEqual([name === 'disconnect()', 0])
          await next.voiceAgent.dispose()
        }
        expect(uncaught).toEqual([])
      },
    )
  })

  it('by a subscriber, while words wait for a frame: the next page shows them', async () => {
    const { earlier } = await leaveTwoSessions()
    const options = { persistence: { storage: memoryStorage('tab'), debounceMs: 0 } }
    const page = setUp(undefined, options)
    await page.agent.connect()
    page.transport.emit({ type: 'assistantTurnStarted', turnId: 't1' })
    const renamed = answerOf(page.sessionManager.renameSession(earlier, 'A title'))
    page.transport.emit({ type: 'assistantTextAppended', turnId: 't1', delta: 'one ' })
    page.transport.emit({ type: 'assistantTextAppended', turnId: 't1', delta: 'two' })
    expect(page.texts()).toEqual(['one '])
    let disposed: Promise<void> | undefined
    page.store.subscribe(() => {
      disposed ??= page.voiceAgent.dispose()
    })
    await renamed
    expect(disposed).toBeDefined()
    await disposed
    const next = setUp(undefined, options)
    await next.sessionManager.initialize()
    expect(next.texts()).toEqual(['one two'])
  })

  it('by a subscriber, because of an answer: the answer reaches its caller', async () => {
    const { storage, earlier } = await leaveTwoSessions()
    let isDeleting = false
    const disposing: Middleware = () => (next) => (action) => {
      const result = next(action)
      if (isDeleting && page.actions.requestSettled.match(action)) void page.voiceAgent.dispose()
      return result
    }
    const page = setUp(undefined, { persistence: { storage } }, { middleware: [disposing] })
    await page.sessionManager.initialize()
    isDeleting = true
    expect(await answerOf(page.sessionManager.deleteSession(earlier))).toBe('resolved')
    expect(await answerOf(page.sessionManager.listSessions())).toBe('disposed')
  })

  it('before the code of calls is loaded: the state has no call', async () => {
    const page = setUp()
    const connecting = page.agent.connect()
    expect(page.state().connection.status).toBe('connecting')
    await page.voiceAgent.dispose()
    expect(await answerOf(connecting)).toBe('disposed')
    expect(page.state().connection.status).toBe('disconnected')
  })

  it('a listener that calls again as soon as a call ends starts no call, and the state has none', async () => {
    const page = setUp()
    await page.agent.connect()
    const answers: Promise<string>[] = []
    page.agent.on('connectionStateChanged', (status) => {
      if (status === 'disconnected') answers.push(answerOf(page.agent.connect()))
    })
    await page.voiceAgent.dispose()
    await rest()
    expect(await Promise.all(answers)).toEqual(['disposed'])
    expect(page.state().connection.status).toBe('disconnected')
    expect(page.transport.open).toBe(0)
  })
})

describe('mounting another agent under the same path during a call', () => {
  async function mountTwo() {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const create = () => {
      const transport = scriptedTransport()
      const options = {
        apiEndpoint: '/x',
        transport,
        refreshToken: countingTokens(),
        persistence: false as const,
      }
      return { transport, agent: createVoiceAgent(options) }
    }
    const [first, second] = [create(), create()]
    const dynamic = createDynamicMiddleware()
    const store = configureStore({
      reducer: combineReducers({ voiceAgent: first.agent.reducer }),
      middleware: (getDefault) => getDefault().concat(dynamic.middleware),
      devTools: false,
    })
    dynamic.addMiddleware(first.agent.middleware)
    store.dispatch({ type: 'mount' })
    await first.agent.agent.connect()
    dynamic.addMiddleware(second.agent.middleware)
    store.dispatch({ type: 'mount' })
    return { first, second, store }
  }

  it('ends the call of the first one', async () => {
    const { first, second } = await mountTwo()
    expect(first.transport.open).toBe(0)
    await first.agent.dispose()
    await second.agent.dispose()
  })

  it('starts the second one without it, and it can call', async () => {
    const { first, second, store } = await mountTwo()
    await second.agent.agent.connect()
    expect(store.getState().voiceAgent.connection.status).toBe('connected')
    expect([first.transport.open, second.transport.open]).toEqual([0, 1])
    await first.agent.dispose()
    expect(second.transport.open).toBe(1)
    await second.agent.dispose()
  })
})

it('a call that is ended after any number of microtasks leaves no transport open, and opens none afterwards', async () => {
  for (let turns = 0; turns < 60; turns++) {
    let lateConnects = 0
    const page = setUp(({ signal }) => {
      if (signal.aborted) lateConnects++
      return 'fresh'
    })
    await page.sessionManager.createSession()
    const connecting = answerOf(page.agent.connect())
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    await page.agent.disconnect()
    await rest(2)
    expect(await connecting).not.toBe('pending')
    expect([page.transport.open, lateConnects], `${turns}`).toEqual([0, 0])
    await page.voiceAgent.dispose()
  }
})

describe('a connect() that waits for its session', () => {
  async function checking() {
    const { storage, earlier, last } = await leaveTwoSessions()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'never' })
    await page.sessionManager.initialize()
    const restoring = page.sessionManager.restoreSession(earlier)
    const connecting = page.agent.connect()
    return { page, earlier, last, restoring, connecting }
  }

  it.each([
    'restoreSession() of the session that is open',
    'restoreSession() of an unknown one',
    'deleteSession()',
  ])('ends with %s, and the state has no call', async (how) => {
    const { page, earlier, last, restoring, connecting } = await checking()
    const later =
      how === 'deleteSession()'
        ? page.sessionManager.deleteSession(earlier)
        : page.sessionManager.restoreSession(how.includes('unknown') ? 'unknown' : last)
    expect(await answerOf(connecting)).toBe('not-connected')
    await later
    await restoring
    expect(page.state().connection.status).toBe('disconnected')
    expect(page.transport.open).toBe(0)
  })
})

it.each<[string, (page: Page, id: string) => unknown]>([
  [
    'the deletion of a session that has just ended',
    (page, id) => [page.agent.newSession(), page.sessionManager.deleteSession(id)],
  ],
  ['an erasure', ({ sessionManager }) => [sessionManager.eraseAll()]],
])('%s is completed, however soon dispose() follows', async (_, remove) => {
  for (let turns = 0; turns < 12; turns++) {
    const { storage, last } = await leaveTwoSessions()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
    await page.sessionManager.initialize()
    remove(page, last)
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    await page.voiceAgent.dispose()
    expect(
      (await storage.records.list()).map(({ id }) => id),
      `${turns}`,
    ).not.toContain(last)
  }
})

it('with memory storage that two pages of one tab share, a page that is replaced in one task leaves its words', async () => {
  const { storage } = await leaveTwoSessions()
  const options = { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' as const }
  const first = setUp(undefined, options)
  await first.sessionManager.initialize()
  first.agent.sendText('said before the update')
  void first.voiceAgent.dispose()
  const second = setUp(undefined, options)
  await second.sessionManager.initialize()
  expect(second.texts()).toEqual(['said last', 'said before the update'])
  expect([first.transport.open, second.transport.open]).toEqual([0, 1])
})

it('persistor.pause() and persist() without a store, or after the end, reject nothing', async () => {
  const uncaught = captureUncaught()
  const unmounted = createVoiceAgent({ apiEndpoint: '/x', persistence: { storage: memoryStorage() } })
  unmounted.persistor.pause()
  unmounted.persistor.persist()
  const { voiceAgent } = setUp()
  await voiceAgent.dispose()
  voiceAgent.persistor.pause()
  voiceAgent.persistor.persist()
  await rest()
  expect(uncaught).toEqual([])
})
