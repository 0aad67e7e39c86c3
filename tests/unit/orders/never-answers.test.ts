import { memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { answerOf, leaveTwoSessions, rest, setUp } from './support.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const never = () => new Promise<never>(() => {})

/** Advances the time second by second, with everything that becomes due. */
async function pass(seconds: number) {
  for (let second = 0; second < seconds; second++) {
    await vi.advanceTimersByTimeAsync(1_000)
    await rest(2)
  }
}

const asynchronous: [keyof VoiceStorage, string][] = [
  ['records', 'open'],
  ['records', 'getItem'],
  ['records', 'setItem'],
  ['records', 'create'],
  ['records', 'list'],
  ['tokens', 'save'],
  ['tab', 'claim'],
]

it.each(asynchronous)(
  'if %s.%s never settles, the call is live within half a minute',
  async (port, method) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { storage, last } = await leaveTwoSessions()
    const before = await storage.records.getItem(last)
    const silent = { ...storage, [port]: { ...storage[port], [method]: never } }
    const page = setUp(undefined, {
      persistence: { storage: silent, debounceMs: 0 },
      autoReconnect: 'never',
    })
    const initialized = answerOf(page.sessionManager.initialize(), 20_000)
    await pass(29)
    expect(await initialized).toBe('resolved')
    const connected = answerOf(page.agent.connect(), 20_000)
    await pass(3)
    expect(await connected).toBe('resolved')
    // The stored data is unchanged, because a session that could not be read is not written.
    expect((await storage.records.getItem(last))?.messages).toEqual(before?.messages)
    const disposed = answerOf(page.voiceAgent.dispose(), 20_000)
    await pass(20)
    expect(await disposed).toBe('resolved')
  },
)

it('a read that never settles has a reason, and the session stays stored', async () => {
  const { storage, last } = await leaveTwoSessions()
  const before = await storage.records.getItem(last)
  const page = setUp(undefined, {
    persistence: { storage: { ...storage, records: { ...storage.records, getItem: never } } },
  })
  const outcome = page.sessionManager.initialize()
  await pass(29)
  expect(await outcome).toEqual({ conversation: 'failed', agent: 'none' })
  expect(page.state().session.restore).toMatchObject({
    reason: 'storage-unavailable',
    error: { code: 'storage-unreachable' },
  })
  expect(await storage.records.getItem(last)).toEqual(before)
})

it('a `migrate` that never settles has its own reason, and nothing is written', async () => {
  const { storage, last } = await leaveTwoSessions()
  const before = await storage.records.getItem(last)
  const page = setUp(undefined, {
    persistence: { storage, version: 2, migrate: never },
    autoReconnect: 'always',
  })
  const outcome = page.sessionManager.initialize()
  await pass(15)
  expect(await outcome).toEqual({ conversation: 'failed', agent: 'none' })
  expect(page.state().session.restore).toMatchObject({
    reason: 'session-unreadable',
    error: { code: 'session-unreadable', message: expect.stringContaining('migrate did not answer') },
  })
  expect(await answerOf(page.agent.connect(), 5_000)).toBe('resolved')
  expect(page.state().session.id).not.toBe(last)
  expect(await storage.records.getItem(last)).toEqual(before)
})

it('a session whose last save never settles is released before it is read again', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  const { storage, earlier, last } = await leaveTwoSessions()
  const calls: string[] = []
  let isSilent = false
  const records: typeof storage.records = {
    ...storage.records,
    setItem: (id, snapshot) => (isSilent && id === last ? never() : storage.records.setItem(id, snapshot)),
    async getItem(id) {
      if (id === last) calls.push('read')
      return storage.records.getItem(id)
    },
    async release(id) {
      if (id === last) calls.push('release')
      return storage.records.release(id)
    },
  }
  const page = setUp(undefined, { persistence: { storage: { ...storage, records } } })
  await page.sessionManager.initialize()
  isSilent = true
  await page.agent.connect()
  page.agent.sendText('Not saved yet')
  calls.length = 0
  void page.sessionManager.restoreSession(earlier)
  await pass(1)
  void page.sessionManager.restoreSession(last)
  await pass(29)
  expect(page.state().session.id).toBe(last)
  expect(calls).toEqual(['release', 'read'])
  const disposed = page.voiceAgent.dispose()
  await pass(20)
  await disposed
})

it('a session that is read too late is released for other tabs', async () => {
  const storage = memoryStorage('tab')
  const { storage: left, last } = await leaveTwoSessions()
  let answer = () => {}
  const release = vi.fn(async () => {})
  const getItem = () =>
    new Promise<Awaited<ReturnType<typeof left.records.getItem>>>((resolve) => {
      answer = () => void left.records.getItem(last).then(resolve)
    })
  const records = { ...left.records, getItem, release }
  const page = setUp(undefined, { persistence: { storage: { ...storage, records, tokens: left.tokens } } })
  const outcome = page.sessionManager.initialize()
  await pass(29)
  expect(await outcome).toMatchObject({ conversation: 'failed' })
  answer()
  await rest()
  expect(release).toHaveBeenCalledWith(last)
})

describe('a transport whose `connect` ignores its signal and never settles', () => {
  it('keeps no listener on the page after the call was ended', async () => {
    const listeners = new Set<unknown>()
    vi.stubGlobal(
      'addEventListener',
      (type: string, listener: unknown, { signal }: { signal: AbortSignal }) => {
        if (type !== 'beforeunload') return
        listeners.add(listener)
        signal.addEventListener('abort', () => listeners.delete(listener))
      },
    )
    onTestFinished(() => void vi.unstubAllGlobals())
    const page = setUp(never)
    const connecting = answerOf(page.agent.connect())
    await vi.waitUntil(() => page.transport.requests.length === 1)
    expect(listeners.size).toBe(1)
    await page.agent.disconnect()
    expect(await connecting).toBe('not-connected')
    await rest()
    expect(listeners.size).toBe(0)
  })

  it('is called again when the user retries while the browser is offline', async () => {
    vi.stubGlobal('navigator', { onLine: false })
    onTestFinished(() => void vi.unstubAllGlobals())
    const page = setUp(({ resume }) => (resume ? never() : 'fresh'))
    await page.agent.connect()
    page.transport.emit({ type: 'connectionState', state: 'failed' })
    await pass(6)
    expect(page.transport.requests).toHaveLength(2)
    page.agent.retry()
    await rest()
    expect(page.transport.requests).toHaveLength(3)
    expect(page.transport.open).toBe(1)
  })
})
