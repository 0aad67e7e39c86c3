import { configureStore } from '@reduxjs/toolkit'
import {
  createVoiceAgent,
  type RestorePhase,
  type SessionData,
  type VoiceAgentOptions,
} from 'redux-voice-agent'
import { type ConnectScript, scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isWebKit } from './browser/storage/engine.js'

/**
 * The specification's "Testing" list, with real IndexedDB, WebCrypto, sessionStorage and Web Locks. The network is scripted here, and
 * real in the end-to-end tests.
 */

let databaseName: string
let tokens = 0
const open = new Set<() => Promise<void>>()

beforeEach(() => {
  databaseName = `test-${crypto.randomUUID()}`
  sessionStorage.clear()
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  for (const close of open) await close()
})

type Options = Partial<Omit<VoiceAgentOptions, 'reducerPath' | 'persistence' | 'transport'>> & {
  connect?: ConnectScript
  ttlMs?: number
  persistence?: Exclude<VoiceAgentOptions['persistence'], boolean>
}

/** A page load: an app mounted in this tab. Closing it does what a reload does to the previous page. */
function loadPage({ connect, ttlMs = 600_000, persistence, ...options }: Options = {}) {
  const transport = scriptedTransport(connect)
  const refreshToken = vi.fn(async (request?: { sessionId: string | null }) => ({
    token: `token-${++tokens}`,
    expiresAt: Date.now() + ttlMs,
    sessionId: request?.sessionId ?? crypto.randomUUID(),
  }))
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken,
    persistence: { databaseName, debounceMs: 20, ...persistence },
    reconnect: { maxAttempts: 0 },
    ...options,
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  const phases: RestorePhase[] = []
  store.subscribe(() => {
    const { phase } = store.getState().voiceAgent.session.restore
    if (phase !== 'idle' && phases.at(-1) !== phase) phases.push(phase)
  })
  const { agent, sessionManager } = voiceAgent
  const close = async () => {
    open.delete(close)
    await voiceAgent.dispose()
  }
  open.add(close)
  return {
    ...{ agent, sessionManager, voiceAgent, transport, refreshToken, phases, close },
    state: () => store.getState().voiceAgent,
    texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
    say(text: string) {
      agent.sendText(text)
      const turnId = crypto.randomUUID()
      transport.emit({ type: 'assistantTurnStarted', turnId })
      transport.emit({ type: 'assistantTextAppended', turnId, delta: `You said ${text}.` })
      transport.emit({ type: 'assistantTurnCompleted', turnId })
    },
  }
}

type Page = ReturnType<typeof loadPage>

/** A page with a call and one exchange, saved. */
async function loadTalkingPage(options?: Options): Promise<Page & { sessionId: string }> {
  const page = loadPage(options)
  await page.sessionManager.initialize()
  await page.agent.connect()
  page.say('teapot')
  await page.voiceAgent.persistor.flush()
  return { ...page, sessionId: page.state().session.id ?? '' }
}

type StoredRecord = { key: string; value: Record<string, unknown> }

async function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName)
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Every database record, with its unencrypted fields. */
async function readDisk(): Promise<StoredRecord[]> {
  const database = await openDatabase()
  const [name = ''] = database.objectStoreNames
  const records = await readDiskOf(database.transaction(name).objectStore(name))
  database.close()
  return records
}

function readDiskOf(store: IDBObjectStore): Promise<StoredRecord[]> {
  return new Promise((resolve) => {
    const records: StoredRecord[] = []
    const cursor = store.openCursor()
    cursor.onsuccess = () => {
      if (!cursor.result) return resolve(records)
      records.push({ key: String(cursor.result.key), value: cursor.result.value })
      cursor.result.continue()
    }
  })
}

describe('session creation and restoration', () => {
  it('creates a session with the first call and finds nothing to restore in a new tab', async () => {
    const page = loadPage()
    const created = vi.fn()
    page.agent.on('sessionCreated', created)
    expect(await page.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
    expect(page.sessionManager.getCurrentSession()).toBeNull()
    expect(page.refreshToken).not.toHaveBeenCalled()
    await page.agent.connect()
    expect(page.sessionManager.getCurrentSession()).toMatchObject({ sessionId: page.state().session.id })
    expect(created).toHaveBeenCalledTimes(1)
  })

  it.skipIf(isWebKit)(
    'restores conversation and call after a reload, in the seven steps of the specification',
    async () => {
      const before = await loadTalkingPage()
      await before.close()
      const after = loadPage({ connect: () => 'resumed' })
      const restored = new Promise<SessionData>((resolve) => after.agent.once('sessionRestored', resolve))
      const events: string[] = []
      after.agent.on('reconnecting', () => events.push('reconnecting'))
      after.agent.on('reconnected', () => events.push('reconnected'))

      expect(await after.sessionManager.initialize()).toEqual({ conversation: 'restored', agent: 'resumed' })
      expect(after.phases).toEqual([
        'checking-token',
        'validating-token',
        'loading-session',
        'restoring-context',
        'reconnecting',
        'emitting-messages',
        'done',
      ])
      expect(await restored).toMatchObject({ sessionId: before.sessionId, messageCount: 2 })
      expect((await restored).messages.map(({ text }) => text)).toEqual(['teapot', 'You said teapot.'])
      expect(events).toEqual(['reconnecting', 'reconnected'])
      expect(after.refreshToken).not.toHaveBeenCalled()
      expect(after.transport.requests).toEqual([
        expect.objectContaining({ resume: true, sessionId: before.sessionId, token: `token-${tokens}` }),
      ])
    },
  )

  it.skipIf(isWebKit)(
    'restores the messages into the store and notifies redux-persist before the call is reconnected',
    async () => {
      const before = await loadTalkingPage()
      await before.close()
      const after = loadPage({ connect: () => new Promise(() => {}) })
      const { persistor } = after.voiceAgent
      await new Promise<void>((resolve) => {
        const stop = persistor.subscribe(() => {
          stop()
          resolve()
        })
      })
      expect(persistor.getState()).toEqual({ registry: [], bootstrapped: true })
      expect(after.texts()).toEqual(['teapot', 'You said teapot.'])
      await vi.waitFor(() => expect(after.state().session.restore.phase).toBe('reconnecting'))
    },
  )

  it.skipIf(isWebKit)('calls the callbacks of session events, until others replace them', async () => {
    const before = await loadTalkingPage()
    await before.close()
    const after = loadPage({ connect: () => 'resumed' })
    const { sessionManager } = after
    const called: unknown[] = []
    const replaced = vi.fn()
    sessionManager.setEventCallbacks({ onSessionRestored: replaced, onSessionCreated: replaced })
    sessionManager.setEventCallbacks({
      onReconnecting: ({ attempt }) => called.push(['reconnecting', attempt]),
      onReconnected: () => called.push(['reconnected']),
      onSessionRestored: ({ sessionId, messages }) => called.push(['restored', sessionId, messages.length]),
      onSessionCreated: ({ sessionId }) => called.push(['created', sessionId]),
    })
    await sessionManager.initialize()
    const { sessionId } = await sessionManager.createSession()
    expect(called).toEqual([
      ['reconnecting', 0],
      ['reconnected'],
      ['restored', before.sessionId, 2],
      ['created', sessionId],
    ])
    expect(replaced).not.toHaveBeenCalled()
  })

  it('does not call again if the call had ended, or if that was turned off', async () => {
    const before = await loadTalkingPage()
    await before.agent.disconnect()
    await before.close()
    const after = loadPage()
    expect(await after.sessionManager.initialize()).toEqual({ conversation: 'restored', agent: 'none' })
    expect(after.state().session.restore.reason).toBe('call-had-ended')
    expect(after.transport.requests).toEqual([])
    expect(after.agent.needsReconnection()).toBe(false)
  })

  it('does not prompt for the microphone on a page load', async () => {
    const before = await loadTalkingPage()
    await before.close()
    vi.spyOn(navigator.permissions, 'query').mockResolvedValue({ state: 'prompt' } as PermissionStatus)
    const after = loadPage()
    expect(await after.sessionManager.initialize()).toEqual({ conversation: 'restored', agent: 'none' })
    expect(after.state().session.restore.reason).toBe('microphone-not-permitted')
    expect(after.agent.needsReconnection()).toBe(true)
    await after.agent.connect()
    expect(after.transport.requests[0]).toMatchObject({ resume: true })
  })

  it('gives another tab its own session, and keeps both', async () => {
    const first = await loadTalkingPage()
    const copied = { ...sessionStorage }
    sessionStorage.clear()
    const second = await loadTalkingPage()
    expect(second.sessionId).not.toBe(first.sessionId)
    expect(Object.keys(copied)).not.toHaveLength(0)
    await first.close()
    const ids = (await second.sessionManager.listSessions()).map(({ id }) => id)
    expect(ids.sort()).toEqual([first.sessionId, second.sessionId].sort())
  })

  it.skipIf(isWebKit)('restores the session of a closed tab on request', async () => {
    const first = await loadTalkingPage()
    await first.close()
    sessionStorage.clear()
    const second = loadPage({ connect: () => 'reseeded' })
    await second.sessionManager.initialize()
    expect(second.texts()).toEqual([])
    expect(await second.sessionManager.restoreSession(first.sessionId)).toEqual({
      conversation: 'restored',
      agent: 'reseeded',
    })
    expect(second.texts()).toEqual(['teapot', 'You said teapot.'])
  })
})

describe('reading an earlier session', () => {
  it('restores it without its call, if that is turned off', async () => {
    const first = await loadTalkingPage()
    await first.close()
    sessionStorage.clear()
    const second = loadPage()
    await second.sessionManager.initialize()
    const outcome = await second.sessionManager.restoreSession(first.sessionId, { reconnect: false })
    expect(outcome).toEqual({ conversation: 'restored', agent: 'none' })
    expect(second.state().session.restore.reason).toBe('reconnect-not-wanted')
    expect(second.transport.requests).toEqual([])
  })
})

describe('token expiration', () => {
  it('refreshes an expired token with the callback, and continues the same session', async () => {
    const before = await loadTalkingPage({ ttlMs: 1_000 })
    await before.close()
    const after = loadPage()
    expect(await after.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
    expect(after.phases.slice(0, 4)).toEqual([
      'checking-token',
      'validating-token',
      'refreshing-token',
      'loading-session',
    ])
    expect(after.refreshToken).toHaveBeenCalledWith(expect.objectContaining({ sessionId: before.sessionId }))
    expect(after.state().session.id).toBe(before.sessionId)
  })

  it.skipIf(isWebKit)(
    'shows the conversation without a token, says why there is no agent, and calls once there is a token',
    async () => {
      const before = await loadTalkingPage({ ttlMs: 1_000 })
      await before.close()
      const after = loadPage({ refreshToken: () => Promise.reject(new Error('down')), reconnect: () => 20 })
      const expired = vi.fn()
      after.sessionManager.setEventCallbacks({ onSessionExpired: expired })
      expect(await after.sessionManager.initialize()).toEqual({ conversation: 'restored', agent: 'none' })
      expect(after.state().session).toMatchObject({
        id: before.sessionId,
        restore: { reason: 'token-refresh-failed' },
      })
      expect(after.texts()).toEqual(before.texts())
      expect(expired).toHaveBeenCalledTimes(1)

      after.sessionManager.setTokenRefreshCallback(async () => ({
        token: 'late',
        expiresAt: Date.now() + 60_000,
        sessionId: before.sessionId,
      }))
      await vi.waitFor(() => expect(after.state().connection.status).toBe('connected'))
      expect(after.state().session.restore.reason).toBeNull()
    },
  )

  it('restores a session by its id once there is a token again', async () => {
    const before = await loadTalkingPage({ ttlMs: 1_000 })
    await before.close()
    const after = loadPage({ refreshToken: () => Promise.reject(new Error('down')) })
    await after.sessionManager.initialize()
    after.sessionManager.setTokenRefreshCallback(async () => ({
      token: 'late',
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
      sessionId: 'another',
    }))
    expect(await after.sessionManager.restoreSession(before.sessionId)).toMatchObject({
      conversation: 'restored',
    })
  })

  it('refreshes the token before it expires', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      const page = await loadTalkingPage({ ttlMs: 60_000 })
      const expired = vi.fn()
      page.agent.on('sessionExpired', expired)
      for (let second = 0; second < 120; second++) {
        await vi.advanceTimersByTimeAsync(1_000)
        expect(page.agent.getSessionStats().tokenExpiresIn).toBeGreaterThan(0)
      }
      expect(page.refreshToken.mock.calls.length).toBeGreaterThan(2)
      expect(expired).not.toHaveBeenCalled()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('state management', () => {
  it.skipIf(isWebKit)('restores the statistics and the tracked states', async () => {
    const before = await loadTalkingPage()
    const { duration } = before.agent.getSessionStats()
    await before.close()
    const after = loadPage()
    await after.sessionManager.initialize()
    const stats = after.agent.getSessionStats()
    expect(stats).toMatchObject({ isActive: true, sessionId: before.sessionId, messageCount: 2 })
    expect(stats.duration).toBeGreaterThanOrEqual(duration)
    expect(after.sessionManager.getCurrentSession()).toMatchObject({
      connectionState: 'connected',
      conversationState: 'listening',
    })
  })

  it('marks an answer that the reload cut off as interrupted', async () => {
    const before = await loadTalkingPage()
    before.transport.emit({ type: 'assistantTurnStarted', turnId: 'cut' })
    before.transport.emit({ type: 'assistantTextAppended', turnId: 'cut', delta: 'Half an ans' })
    // Text is rendered with the next frame.
    const shown = () => before.sessionManager.getCurrentSession()?.messages.at(-1)?.text
    await vi.waitFor(() => expect(shown()).toBe('Half an ans'))
    await before.voiceAgent.persistor.flush()
    await before.close()
    const after = loadPage()
    await after.sessionManager.initialize()
    const last = after.sessionManager.getCurrentSession()?.messages.at(-1)
    expect(last).toMatchObject({ text: 'Half an ans', status: 'interrupted' })
  })
})

describe('message persistence', () => {
  it('saves automatically shortly after a change, and reports when', async () => {
    const page = loadPage()
    await page.sessionManager.initialize()
    await page.agent.connect()
    // A slow call may have been saved before this change.
    const before = page.state().session.lastSavedAt ?? 0
    page.say('cup')
    await vi.waitFor(() => expect(page.state().session.lastSavedAt).toBeGreaterThan(before))
  })

  it('does not let a stream of changes postpone a save forever', async () => {
    const page = loadPage({ persistence: { debounceMs: 200, maxWaitMs: 300 } })
    await page.sessionManager.initialize()
    await page.agent.connect()
    const stream = setInterval(() => page.agent.sendText('more'), 20)
    try {
      await vi.waitFor(() => expect(page.state().session.lastSavedAt).not.toBeNull())
    } finally {
      clearInterval(stream)
    }
  })

  it('keeps what was said a moment before the page closes', async () => {
    const page = loadPage({ persistence: { debounceMs: 60_000, maxWaitMs: 60_000 } })
    await page.sessionManager.initialize()
    await page.agent.connect()
    page.say('unsaved')
    window.dispatchEvent(new Event('pagehide'))
    await page.close()
    const after = loadPage()
    await after.sessionManager.initialize()
    expect(after.texts()).toEqual(['unsaved', 'You said unsaved.'])
  })

  it('stores neither messages nor tokens in plain text', async () => {
    const page = await loadTalkingPage()
    page.say('porcelain')
    window.dispatchEvent(new Event('pagehide'))
    await page.voiceAgent.persistor.flush()
    const bytes = (value: unknown): string => {
      if (value instanceof ArrayBuffer) return new TextDecoder('latin1').decode(value)
      if (ArrayBuffer.isView(value)) return new TextDecoder('latin1').decode(value.buffer as ArrayBuffer)
      if (typeof value === 'object' && value !== null) return Object.values(value).map(bytes).join('\n')
      return String(value)
    }
    const records = await readDisk()
    expect(records.length).toBeGreaterThan(2)
    const everything =
      bytes(records) + JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage })
    for (const secret of ['teapot', 'porcelain', `token-${tokens}`]) expect(everything).not.toContain(secret)
    expect(JSON.stringify(page.state())).not.toContain(`token-${tokens}`)
  })

  it('restores the newest messages of a long conversation immediately and the earlier ones on request', async () => {
    const before = await loadTalkingPage()
    for (let turn = 0; turn < 100; turn++) before.say(`turn ${turn}`)
    await before.close()
    const after = loadPage()
    await after.sessionManager.initialize()
    expect(after.agent.getSessionStats().messageCount).toBe(202)
    expect(after.texts().length).toBeLessThan(202)
    expect(after.texts().at(-1)).toBe('You said turn 99.')
    while (after.state().conversation.firstLoadedIndex > 0) await after.agent.loadEarlierMessages()
    expect(after.texts()).toHaveLength(202)
    expect(after.texts().slice(0, 3)).toEqual(['teapot', 'You said teapot.', 'turn 0'])
  })
})

describe('error scenarios', () => {
  it('falls back to a new session if the stored one cannot be opened, and leaves its records untouched', async () => {
    const before = await loadTalkingPage()
    await before.close()
    const database = await openDatabase()
    const [storeName = ''] = database.objectStoreNames
    const store = database.transaction(storeName, 'readwrite').objectStore(storeName)
    for (const { key, value } of await readDiskOf(store)) {
      if (!(value.data instanceof ArrayBuffer)) continue
      const bytes = new Uint8Array(value.data)
      bytes.set([(bytes.at(3) ?? 0) ^ 1], 3)
      store.put(value, key)
    }
    await new Promise((resolve) => store.transaction.addEventListener('complete', resolve))
    database.close()
    // The sessions' records, without the database's own.
    const damaged = (await readDisk()).filter(({ key }) => !String(key).startsWith('meta/'))

    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const after = loadPage()
    expect(await after.sessionManager.initialize()).toEqual({ conversation: 'failed', agent: 'none' })
    expect(after.state().session.restore.reason).toBe('session-unreadable')
    await vi.waitFor(() => expect(warned.mock.calls.join()).toContain('session-unreadable: '))
    await after.agent.connect()
    expect(after.state().session.id).not.toBe(before.sessionId)
    after.say('afresh')
    await after.voiceAgent.persistor.flush()
    const keys = new Set(damaged.map(({ key }) => key))
    expect((await readDisk()).filter(({ key }) => keys.has(key))).toStrictEqual(damaged)
  })

  it('stores in memory if there is no IndexedDB, and says so', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError')
    })
    const page = loadPage()
    const degraded = vi.fn()
    page.agent.on('storageDegraded', degraded)
    await page.sessionManager.initialize()
    expect(page.state().session.storage).toBe('memory')
    expect(degraded).toHaveBeenCalledWith(expect.objectContaining({ code: 'storage-unavailable' }))
    await page.agent.connect()
    page.say('still here')
    await page.voiceAgent.persistor.flush()
    expect(page.texts()).toHaveLength(2)
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain('still here')
  })

  it.skipIf(isWebKit)('keeps the restored conversation if the call cannot be reconnected', async () => {
    const before = await loadTalkingPage()
    await before.close()
    const after = loadPage({
      connect: () => {
        throw new Error('no agent')
      },
    })
    expect(await after.sessionManager.initialize()).toEqual({ conversation: 'restored', agent: 'none' })
    expect(after.state().session.restore.reason).toBe('reconnect-failed')
    expect(after.texts()).toEqual(['teapot', 'You said teapot.'])
    expect(after.state().connection.status).toBe('failed')
  })
})

describe('cleanup', () => {
  /** Loads a page and waits until the database has recorded which clock it uses. */
  const loadOldPage = async () => {
    const page = await loadTalkingPage()
    await vi.waitFor(async () => expect((await readDisk()).map(({ key }) => key)).toContain('meta/expiry'))
    return page
  }

  /** WebKit has no idle callbacks. */
  function stubIdleCallback(request: typeof requestIdleCallback) {
    vi.stubGlobal('requestIdleCallback', request)
    vi.stubGlobal('cancelIdleCallback', () => {})
  }

  const daysLater = (days: number) =>
    vi.spyOn(Date, 'now').mockReturnValue(performance.timeOrigin + performance.now() + days * 86_400_000)

  /** Asserts that a page has noted, after so many days, that it found an old session. */
  const expectNoted = async (days: number) => {
    const { value } = (await readDisk()).find(({ key }) => key === 'meta/expiry') ?? {}
    const mark = value?.mark as { at: number } | null | undefined
    expect(mark?.at ?? 0).toBeGreaterThan(performance.timeOrigin + days * 86_400_000)
  }

  it('deletes sessions that were not updated for seven days, but never the running one', async () => {
    // No page cleans up on its own. A closing one would see the test set the clock, and a clock that jumps proves no age.
    stubIdleCallback(() => 0)
    const old = await loadOldPage()
    await old.close()
    sessionStorage.clear()
    daysLater(8)
    // The first page that finds it old only notes that.
    const first = await loadTalkingPage()
    expect(await first.sessionManager.cleanup()).toBe(0)
    await expectNoted(8)
    await first.close()
    daysLater(9.1)
    const page = loadPage()
    const deleted = vi.fn()
    page.agent.on('sessionsDeleted', deleted)
    await page.sessionManager.initialize()
    expect(await page.sessionManager.cleanup()).toBe(1)
    expect((await page.sessionManager.listSessions()).map(({ id }) => id)).toEqual([first.sessionId])
    expect(deleted.mock.calls).toEqual([[{ sessionIds: [old.sessionId], reason: 'expired' }]])
  })

  it('cleans up automatically after a page load', async () => {
    // Controls when the browser is idle, because a busy one may take a minute.
    const idle: (() => void)[] = []
    stubIdleCallback((run) => idle.push(() => run({ didTimeout: false, timeRemaining: () => 50 })))
    const old = await loadOldPage()
    await old.close()
    sessionStorage.clear()
    for (const [days, count] of [
      [8, 1],
      [9.1, 0],
    ] as const) {
      daysLater(days)
      idle.length = 0
      const page = loadPage()
      await page.sessionManager.initialize()
      expect(await page.sessionManager.listSessions()).toHaveLength(1)
      await vi.waitFor(() => expect(idle.length).toBeGreaterThan(0))
      for (const run of idle.splice(0)) run()
      // The first page that finds it old only notes that.
      await vi.waitFor(async () => {
        await expectNoted(days)
        // A page that finds another one cleaning up leaves it to that page.
        const { held } = await navigator.locks.query()
        expect(held?.filter(({ name }) => name?.endsWith('cleanup'))).toEqual([])
      })
      expect(await page.sessionManager.listSessions()).toHaveLength(count)
      await page.close()
    }
  })

  it('deletes a session and all its records on request', async () => {
    const page = await loadTalkingPage()
    await page.sessionManager.deleteSession(page.sessionId)
    expect(page.state().session.id).toBeNull()
    expect(page.texts()).toEqual([])
    expect(await page.sessionManager.listSessions()).toEqual([])
    expect((await readDisk()).filter(({ key }) => key.includes(page.sessionId))).toEqual([])
  })

  it('ends a session but keeps its conversation, and starts with an empty one', async () => {
    const page = await loadTalkingPage()
    await page.agent.newSession()
    expect(page.texts()).toEqual([])
    expect(page.transport.open).toBe(0)
    expect((await page.sessionManager.listSessions()).map(({ id }) => id)).toEqual([page.sessionId])
    await page.close()
    const after = loadPage()
    expect(await after.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
  })
})
