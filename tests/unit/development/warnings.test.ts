import { combineReducers, configureStore, type Reducer } from '@reduxjs/toolkit'
import { persistReducer, persistStore } from 'redux-persist'
import { createVoiceAgent } from 'redux-voice-agent'
import { mirrorTabs } from 'redux-voice-agent/mirror'
import { memoryStorage, scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
// Loads lazily with the first warning. Without this import, that warning would be later than the others.
import '../../../src/lib/voice-agent/development/index.js'
import { rtviCall } from '../middleware/rtvi-call.js'
import { setUp } from '../middleware/support.js'
import { rest } from '../orders/support.js'

let warnings: string[]
beforeEach(() => {
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((text) => {
    // On a busy machine, Redux Toolkit's checks warn that they were slow.
    if (!/InvariantMiddleware took/.test(String(text))) warnings.push(String(text))
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

const only = (code: string) =>
  expect(warnings).toEqual([expect.stringContaining(`[redux-voice-agent] ${code}: `)])

const create = (reducerPath = 'voiceAgent') =>
  createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    persistence: false,
    reducerPath,
  })

describe('the store', () => {
  it('with the reducer under another key is reported', async () => {
    const voiceAgent = create()
    configureStore({
      reducer: { assistant: voiceAgent.reducer },
      middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
    })
    await rest()
    only('reducer-elsewhere')
    expect(warnings[0]).toContain("it under 'assistant', and reducerPath is 'voiceAgent'.")
  })

  it('with two agents, each under its own path, is not', async () => {
    const [first, second] = [create('first'), create('second')]
    configureStore({
      reducer: { first: first.reducer, second: second.reducer },
      middleware: (getDefault) => getDefault().concat(first.middleware, second.middleware),
    })
    await rest()
    expect(warnings).toEqual([])
    await Promise.all([first.dispose(), second.dispose()])
  })

  it('with an agent whose reducer is injected later is not', async () => {
    const [first, later] = [create('first'), create('later')]
    configureStore({
      reducer: { first: first.reducer },
      middleware: (getDefault) => getDefault().concat(first.middleware, later.middleware),
    })
    await rest()
    expect(warnings).toEqual([])
    await Promise.all([first.dispose(), later.dispose()])
  })

  it('without the middleware is reported after a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const voiceAgent = create()
    configureStore({ reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer } })
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
    expect(warnings).toEqual([])
    await vi.advanceTimersByTimeAsync(1_000)
    only('not-mounted')
  })

  it.each(['before', 'after'])(
    'without the middleware is reported once, also if the app calls %s that',
    async (when) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { reducerPath, reducer, agent, sessionManager } = create()
      const call = async () => {
        await expect(agent.connect()).rejects.toMatchObject({ code: 'not-mounted' })
        await expect(sessionManager.initialize()).rejects.toMatchObject({ code: 'not-mounted' })
        expect(() => agent.mute()).toThrow("this agent's middleware")
      }
      configureStore({ reducer: { [reducerPath]: reducer } })
      await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
      if (when === 'before') await call()
      await vi.advanceTimersByTimeAsync(1_000)
      if (when === 'after') await call()
      await rest()
      only('not-mounted')
    },
  )

  it('with the reducer under another key is reported once, also if the app calls then', async () => {
    const { reducer, middleware, agent, sessionManager } = create()
    configureStore({
      reducer: { assistant: reducer },
      middleware: (getDefault) => getDefault().concat(middleware),
    })
    await rest()
    await expect(agent.connect()).rejects.toMatchObject({ code: 'not-mounted' })
    await expect(sessionManager.initialize()).rejects.toMatchObject({ code: 'not-mounted' })
    await rest()
    only('reducer-elsewhere')
  })

  it('with the middleware is not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { sessionManager } = setUp()
    await sessionManager.initialize()
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(warnings).toEqual([])
  })

  it('is not watched in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const voiceAgent = create()
    configureStore({
      reducer: { assistant: voiceAgent.reducer },
      middleware: (getDefault) => getDefault({ serializableCheck: false }).concat(voiceAgent.middleware),
    })
    await rest()
    expect(warnings).toEqual([])
  })
})

function mountWith(options: object) {
  const { reducer, middleware } = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    persistence: false,
    ...options,
  })
  configureStore({
    reducer: { voiceAgent: reducer },
    middleware: (getDefault) => getDefault().concat(middleware),
  })
}

describe('a page', () => {
  it('on an insecure origin is reported, because it has no microphone and no storage', async () => {
    vi.stubGlobal('isSecureContext', false)
    vi.stubGlobal('location', new URL('http://192.168.1.20:5173/shop?user=ada'))
    mountWith({ persistence: false })
    await rest()
    only('insecure-origin')
    expect(warnings[0]).toContain('Got http://192.168.1.20:5173.')
  })

  it('on a secure origin is not', async () => {
    vi.stubGlobal('isSecureContext', true)
    mountWith({ persistence: false })
    await rest()
    expect(warnings).toEqual([])
  })
})

describe('a mirror', () => {
  it.each([
    [{ persistence: false }, '`persistence: false`.'],
    [{ persistence: { storage: memoryStorage() } }, 'a `persistence.storage` without `channelOf`.'],
  ])('that can reach no other tab is reported: %o', async (options, got) => {
    mountWith({ mirror: mirrorTabs(), ...options })
    await rest()
    only('mirror-alone')
    expect(warnings[0]).toContain(`Got ${got}`)
  })

  it('of stored conversations is not', async () => {
    const storage = { ...memoryStorage(), channelOf: async () => null }
    mountWith({ mirror: mirrorTabs(), persistence: { storage } })
    await rest()
    expect(warnings).toEqual([])
  })
})

describe('an unknown option', () => {
  it.each([
    [{ persistance: false }, '`persistance`.'],
    [{ debounceMs: 100 }, '`debounceMs`, which is an option of `persistence`.'],
    [{ persistence: { debounce: 100 } }, '`persistence.debounce`.'],
    [{ reconnect: { attempts: 3 } }, '`reconnect.attempts`.'],
  ])('is reported: %o', async (options, got) => {
    mountWith(options)
    await rest()
    only('unknown-option')
    expect(warnings[0]).toContain(`Got ${got}`)
    expect(warnings[0]).toContain('To fix: ')
  })

  it('does not include any that has an effect', async () => {
    mountWith({ reconnect: () => null, persistence: { scope: 'ada', consent: 'ask' }, talk: 'text' })
    await rest()
    expect(warnings).toEqual([])
  })
})

describe('an unknown event', () => {
  it.each<[string, (voiceAgent: ReturnType<typeof create>) => void]>([
    ['on', ({ agent }) => void agent.on('sessionCreatd' as 'sessionCreated', () => {})],
    ['once', ({ agent }) => void agent.once('sessionCreatd' as 'sessionCreated', () => {})],
    [
      'setEventCallbacks',
      ({ sessionManager }) => sessionManager.setEventCallbacks({ onSessionCreatd: () => {} } as never),
    ],
  ])('is reported: %s', async (_, listen) => {
    listen(create())
    await rest()
    only('unknown-event')
    expect(warnings[0]).toContain('Got `sessionCreatd`.')
  })

  it('does not include any that is emitted', async () => {
    create().agent.on('storageAlmostFull', () => {})
    await rest()
    expect(warnings).toEqual([])
  })
})

describe('redux-persist', () => {
  /** A redux-persist storage with this state. */
  const stored = (state: object) => ({
    getItem: async () =>
      JSON.stringify(
        Object.fromEntries(Object.entries(state).map(([key, value]) => [key, JSON.stringify(value)])),
      ),
    setItem: async () => {},
    removeItem: async () => {},
  })
  const persisted = { version: -1, rehydrated: true }

  async function rehydrate(build: (voiceAgent: ReturnType<typeof create>) => Reducer) {
    const voiceAgent = create()
    const store = configureStore({
      reducer: build(voiceAgent),
      middleware: (getDefault) => getDefault({ serializableCheck: false }).concat(voiceAgent.middleware),
    })
    const persistor = persistStore(store)
    await new Promise<void>((resolve) =>
      persistor.subscribe(() => persistor.getState().bootstrapped && resolve()),
    )
    await rest()
    persistor.pause()
    await voiceAgent.dispose()
  }

  it('around the root reducer is reported once the conversation was stored', async () => {
    const state = setUp().state()
    await rehydrate(({ reducer }) =>
      persistReducer(
        { key: 'root', storage: stored({ voiceAgent: state, _persist: persisted }) },
        combineReducers({ voiceAgent: reducer }),
      ),
    )
    only('plain-persistence')
    expect(warnings[0]).toContain("a persistReducer with the key 'root' stores 'voiceAgent'.")
  })

  it("around the agent's reducer is reported on the first load", async () => {
    await rehydrate(({ reducer }) =>
      combineReducers({ voiceAgent: persistReducer({ key: 'voice', storage: stored({}) }, reducer) }),
    )
    only('plain-persistence')
  })

  it('around the root reducer with the path in its blacklist is not', async () => {
    await rehydrate(({ reducer }) =>
      persistReducer(
        {
          key: 'root',
          blacklist: ['voiceAgent'],
          storage: stored({ cart: { pieces: 2 }, _persist: persisted }),
        },
        combineReducers({ voiceAgent: reducer, cart: (state = { pieces: 0 }) => state }),
      ),
    )
    expect(warnings).toEqual([])
  })
})

describe('the server of the default transport', () => {
  it('that reports how the session continues, and accepts candidates, is not reported', async () => {
    const { agent } = setUp(undefined, { transport: rtviCall({ candidates: 1 }).transport })
    await agent.connect()
    await rest(300)
    expect(warnings).toEqual([])
  })

  it('that sends no session message is reported', async () => {
    const { agent } = setUp(undefined, { transport: rtviCall({ session: false }).transport })
    await agent.connect()
    await vi.waitFor(() => only('no-session-contract'))
    // Once, not for each call.
    await agent.disconnect()
    await agent.connect()
    await rest()
    only('no-session-contract')
  })

  it.each([404, 405])('that responds to candidates with %s is reported', async (status) => {
    const { agent } = setUp(undefined, {
      transport: rtviCall({ candidates: 1, patchStatus: status }).transport,
    })
    await agent.connect()
    await vi.waitFor(() => only('no-candidates-route'))
    expect(warnings[0]).toContain(`the status ${status}.`)
  })
})
