import type { Middleware, UnknownAction } from '@reduxjs/toolkit'
import type { TokenRefreshRequest, VoiceAgentOptions } from 'redux-voice-agent'
import { type ConnectScript, memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import { beforeAll, onTestFinished, vi } from 'vitest'
import { type StoreParts, setUp as setUpAgent } from '../middleware/support.js'

// Saved, because tests may install fake timers.
const { setTimeout: realTimeout, clearTimeout: clearRealTimeout } = globalThis

type Options = Partial<Omit<VoiceAgentOptions, 'reducerPath'>>

/** Shared by all pages of a test, so that a session left by one page isn't mistaken for one that the next page creates. */
let tokenCount = 0

/** Issues tokens, with a new session id whenever none is requested. */
export function countingTokens(lifeMs = 600_000) {
  return vi.fn(async ({ sessionId }: TokenRefreshRequest) => {
    const count = ++tokenCount
    const id = sessionId ?? `session-${count}`
    return { token: `token-${count}-of-${id}`, expiresAt: Date.now() + lifeMs, sessionId: id }
  })
}

/** A voice agent in an app's store that logs out by resetting its root reducer, as most apps do. */
export function setUp(connect?: ConnectScript, options: Options = {}, parts: StoreParts = {}) {
  const refreshToken = countingTokens()
  const page = setUpAgent(
    connect,
    { refreshToken, ...options },
    {
      wrapReducer: (app) => (state, action) => app(action.type === 'loggedOut' ? undefined : state, action),
      ...parts,
    },
  )
  return { ...page, refreshToken, logOut: () => void page.store.dispatch({ type: 'loggedOut' }) }
}

export type Page = ReturnType<typeof setUp>

// The code of calls and storage loads lazily: without this, the first test would see a different order from the others.
beforeAll(async () => {
  const page = setUp(undefined, { persistence: { storage: memoryStorage() } })
  await page.sessionManager.initialize()
  await page.agent.connect()
  await page.voiceAgent.dispose()
})

/** Lets pending promises and timers of up to a millisecond run. */
export async function rest(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => realTimeout(resolve))
}

/** Outcome of a promise: 'resolved', the code or message of its rejection, or 'pending' after `patienceMs`. The default is long, because a busy machine needs more than a second. */
export async function answerOf(promise: Promise<unknown>, patienceMs = 15_000): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const pending = new Promise<string>((resolve) => {
    timer = realTimeout(() => resolve('pending'), patienceMs)
  })
  const settled = promise.then(
    () => 'resolved',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )
  const answer = await Promise.race([settled, pending])
  clearRealTimeout(timer)
  return answer
}

/** A promise that the test settles. */
export function deferred<T = void>() {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

type Pass = <T>(answer: Promise<T>) => Promise<T>

/** The same storage, with each returned promise passed through `pass`. */
export function storageThrough({ records, tokens, tab }: VoiceStorage, pass: Pass): VoiceStorage {
  function through<P extends object>(ports: P): P {
    return new Proxy(ports, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const answer: unknown = Reflect.apply(value, target, args)
          if (answer instanceof Promise) return pass(answer)
          return typeof answer === 'object' && answer ? through(answer) : answer
        }
      },
    })
  }
  return { records: through(records), tokens: through(tokens), tab: through(tab) }
}

/** Delays one of the external responses: from the storage, the app's server or the agent. */
export function createGate() {
  let heldIndex = -1
  let count = 0
  const reached = deferred()
  const opened = deferred()
  const pass: Pass = async (answer) => {
    if (count++ !== heldIndex) return answer
    reached.resolve()
    await opened.promise
    return answer
  }
  return {
    /** Delays the response with this number, counted from now. */
    hold(index: number) {
      heldIndex = index
      count = 0
    },
    /** Resolves when the delayed response has been requested. */
    reached: reached.promise,
    open: () => opened.resolve(),
    pass,
    storage: (storage: VoiceStorage) => storageThrough(storage, pass),
  }
}

export type Gate = ReturnType<typeof createGate>

/** Resolves with true if `reached` settles before `end`. */
export const isReachedBefore = (reached: Promise<void>, end: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    reached.then(() => true),
    end.then(
      () => false,
      () => false,
    ),
  ])

/** Two stored conversations of one tab: `earlier`, which was ended, and `last`, whose page was closed during its call. */
export async function leaveTwoSessions() {
  const storage = memoryStorage('tab')
  const page = setUp(undefined, { persistence: { storage, debounceMs: 0 } })
  await page.sessionManager.initialize()
  await page.agent.connect()
  page.agent.sendText('said earlier')
  await page.agent.disconnect()
  const earlier = idOf(page)
  await page.agent.newSession()
  await page.agent.connect()
  page.agent.sendText('said last')
  await page.voiceAgent.persistor.flush()
  const last = idOf(page)
  await page.voiceAgent.dispose()
  return { storage, earlier, last }
}

export function idOf(page: Page): string {
  const { id } = page.state().session
  if (id === null) throw new Error('There is no session.')
  return id
}

/** Texts of a stored conversation, by session id; null if it is not stored. */
export async function storedTexts(storage: VoiceStorage, sessionId: string): Promise<string[] | null> {
  const stored = await storage.records.getItem(sessionId)
  return stored?.messages.map(({ text }) => text) ?? null
}

/** Number of messages in each stored session, by session id. */
export async function storedCounts(page: Page): Promise<Record<string, number>> {
  const sessions = await page.sessionManager.listSessions()
  return Object.fromEntries(sessions.map(({ id, messageCount }) => [id, messageCount]))
}

/** Records the actions that reach the reducer. */
export function recordActions() {
  const actions: UnknownAction[] = []
  const middleware: Middleware = () => (next) => (action) => {
    actions.push(action as UnknownAction)
    return next(action)
  }
  return { actions, middleware, types: () => actions.map(({ type }) => type.replace('voiceAgent/', '')) }
}

/** Collects uncaught errors until the test ends. Otherwise Vitest would fail the test. */
export function captureUncaught() {
  const errors: unknown[] = []
  const note = (error: unknown) => void errors.push(error)
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    const others = process.listeners(event as 'uncaughtException')
    process.removeAllListeners(event)
    process.on(event, note)
    onTestFinished(() => {
      process.off(event, note)
      for (const other of others) process.on(event as 'uncaughtException', other)
    })
  }
  return errors
}
