import { createVoiceAgent, VoiceAgentError } from 'redux-voice-agent'
import { type AnalyticsSink, reportsOf, type SentReport, voiceAnalytics } from 'redux-voice-agent/analytics'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { initialState } from '../../../store/index.js'
import { canary, createInbox, createMeasuredAgent, talk } from './support.js'

const withoutSession = (reports: readonly SentReport[]) => reports.map(({ session: _, ...report }) => report)

/** A browser with one profile's storage. */
function stubStorage() {
  const stored = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  })
  return stored
}

let stored: Map<string, string>
beforeEach(() => {
  stored = stubStorage()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('reports', () => {
  it('are sent for each turn, connection, restore and session', async () => {
    const measured = createMeasuredAgent()
    await talk(measured)
    await measured.analytics.flush()
    const { reports } = measured.inbox
    expect(reports().map(({ kind }) => kind)).toEqual(['turn', 'connection', 'turn', 'connection', 'session'])
    expect(reports()).toMatchObject([
      // The interruption cancels the tool.
      { outcome: 'interrupted', tools: 1, toolsFailed: 1, input: 'speech' },
      { end: 'lost', error: 'connection-lost', cause: 'start' },
      { outcome: 'answered' },
      { end: 'closed-by-user', cause: 'reconnect', causeError: 'connection-lost' },
      { start: 'created', end: 'ended', turns: 2, texts: 1, agentErrors: 1, connections: 2, calls: 1 },
    ])
  })

  it('from an exported log equal the live ones, whichever form the log has', async () => {
    const measured = createMeasuredAgent()
    await talk(measured)
    await measured.voiceAgent.dispose()
    await measured.analytics.flush()
    const live = withoutSession(measured.inbox.reports())
    const lifted = measured.lifted()
    const actions = lifted.stagedActionIds.map((id) => lifted.actionsById[id]?.action)
    expect(live.length).toBeGreaterThan(4)
    for (const log of [
      JSON.stringify(lifted),
      JSON.stringify({ payload: JSON.stringify(actions) }),
      JSON.stringify(actions),
    ])
      expect(reportsOf(log)).toEqual(live)
  })

  it('have no canary in any sink, in the storage or on the console', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const broken: AnalyticsSink = async () => {
      throw new Error(canary('sink'))
    }
    const inbox = createInbox()
    const measured = createMeasuredAgent({ sinks: [inbox.sink, broken] })
    await talk(measured)
    await measured.analytics.flush()
    await vi.waitFor(() => expect(warn).toHaveBeenCalled())
    const left = JSON.stringify([inbox.batches, [...stored], warn.mock.calls])
    expect(inbox.reports().length).toBeGreaterThan(4)
    expect(left).not.toContain('canary')
  })

  it('join a live call when the user agrees, with its session', async () => {
    const measured = createMeasuredAgent({ consent: false })
    await measured.voiceAgent.agent.connect()
    measured.analytics.setConsent(true)
    measured.transport.emit({ type: 'assistantTurnStarted', turnId: 'a1' })
    measured.transport.emit({ type: 'assistantTurnCompleted', turnId: 'a1' })
    await measured.voiceAgent.agent.disconnect()
    await measured.voiceAgent.sessionManager.endSession()
    await measured.analytics.flush()
    expect(measured.inbox.reports()).toMatchObject([
      { kind: 'turn', session: expect.stringMatching(/^[0-9a-f]{32}$/) },
      { kind: 'session', start: 'joined' },
    ])
  })
})

describe('consent', () => {
  it('is off by default: nothing is measured, stored or sent, and no action changes', async () => {
    const inbox = createInbox()
    const measured = createMeasuredAgent({
      sinks: [inbox.sink],
      consent: voiceAnalytics({ sinks: [] }).consent,
    })
    await talk(measured)
    await measured.analytics.flush()
    await measured.voiceAgent.dispose()
    expect(inbox.batches).toEqual([])
    expect([...stored]).toEqual([])
    const { actionsById } = measured.lifted()
    const stopped = Object.values(actionsById).find(({ action }) =>
      action.type.endsWith('/assistantSpeechStopped'),
    )
    expect(stopped?.action).not.toHaveProperty('meta')
  })

  it('discards what was not sent when it is withdrawn, with the salt', async () => {
    const measured = createMeasuredAgent()
    await talk(measured)
    expect(stored.size).toBe(1)
    measured.analytics.setConsent(false)
    expect(measured.analytics.consent).toBe(false)
    expect(stored.size).toBe(0)
    await measured.analytics.flush()
    await measured.voiceAgent.agent.connect()
    await measured.voiceAgent.dispose()
    await measured.analytics.flush()
    expect(measured.inbox.batches).toEqual([])
    expect(stored.size).toBe(0)
  })

  it.each([true, false])(
    'deletes the salt of an earlier page load when it is refused, with an agent: %s',
    async (hasAgent) => {
      const earlier = createMeasuredAgent()
      await talk(earlier)
      await earlier.voiceAgent.dispose()
      expect(stored.size).toBe(1)
      const analytics = hasAgent
        ? createMeasuredAgent({ consent: false }).analytics
        : voiceAnalytics({ sinks: [] })
      analytics.setConsent(false)
      expect(stored.size).toBe(0)
    },
  )

  it('that is given or withdrawn after the disposal starts nothing, and aborts the last batch', async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
    const listen = vi.spyOn(page, 'addEventListener')
    vi.stubGlobal('window', page)
    vi.stubGlobal('document', page)
    const signals: AbortSignal[] = []
    const hanging: AnalyticsSink = (_batch, { signal }) => {
      signals.push(signal)
      return new Promise(() => {})
    }
    const stopWatching = vi.fn()
    const watchTracks = vi.fn(() => stopWatching)
    const analytics = voiceAnalytics({ sinks: [hanging], consent: true })
    const attached = analytics.attach({ path: 'voiceAgent', dispatchSafely() {}, watchTracks, warn() {} })
    attached.onAction(
      { type: 'voiceAgent/connectionFailed', payload: { at: 1, error: { code: 'agent-unreachable' } } },
      { session: { id: null } } as never,
    )
    attached.dispose()
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    listen.mockClear()
    watchTracks.mockClear()
    analytics.setConsent(false)
    expect(signals[0]?.aborted).toBe(true)
    analytics.setConsent(true)
    expect(listen).not.toHaveBeenCalled()
    expect(watchTracks).not.toHaveBeenCalled()
  })

  it('does not abort a batch that was delivered before it is withdrawn', async () => {
    const signals: AbortSignal[] = []
    const sink: AnalyticsSink = (_batch, { signal }) => void signals.push(signal)
    const measured = createMeasuredAgent({ sinks: [sink] })
    await talk(measured)
    await measured.analytics.flush()
    measured.analytics.setConsent(false)
    expect(signals[0]?.aborted).toBe(false)
  })

  it('aborts a pending batch when it is withdrawn', async () => {
    const signals: AbortSignal[] = []
    const hanging: AnalyticsSink = (_batch, { signal }) => {
      signals.push(signal)
      return new Promise(() => {})
    }
    const measured = createMeasuredAgent({ sinks: [hanging] })
    await talk(measured)
    const flushed = measured.analytics.flush()
    await vi.waitFor(() => expect(signals).toHaveLength(1))
    measured.analytics.setConsent(false)
    expect(signals[0]?.aborted).toBe(true)
    await flushed
  })

  it('that was refused on this page leaves nothing stored after an erasure either', async () => {
    const earlier = createMeasuredAgent()
    await talk(earlier)
    await earlier.voiceAgent.dispose()
    const { voiceAgent, store } = createMeasuredAgent({ consent: false })
    store.dispatch(voiceAgent.actions.allErased({ isElsewhere: true }))
    expect(stored.size).toBe(0)
  })

  it('leaves nothing stored when it ends', async () => {
    const measured = createMeasuredAgent()
    await measured.voiceAgent.agent.connect()
    await measured.voiceAgent.agent.disconnect()
    const { actions } = measured.voiceAgent
    measured.store.dispatch(actions.allErased({ isElsewhere: true }))
    expect(stored.size).toBe(0)
    await measured.analytics.flush()
    expect(measured.inbox.batches).toEqual([])
  })
})

describe('a session hash', () => {
  const sessionOf = async () => {
    const measured = createMeasuredAgent()
    await talk(measured)
    await measured.analytics.flush()
    return measured.inbox.reports()[0]?.session
  }

  it('is the same for all pages on one day, and different the day after', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 29, 12) })
    const first = await sessionOf()
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(await sessionOf()).toBe(first)
    vi.setSystemTime(Date.UTC(2026, 10, 30, 0, 1))
    expect(await sessionOf()).not.toBe(first)
  })

  it('is not a hash of the id alone, and the salt is in no report', async () => {
    const session = await sessionOf()
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canary('session')))
    expect(session).not.toBe(Buffer.from(digest).toString('hex').slice(0, 32))
    const [, saved = ''] = [...stored][0] ?? []
    const { salt } = JSON.parse(saved)
    expect(salt).toMatch(/^[0-9a-f]{32}$/)
    expect(session).not.toContain(salt)
  })

  it('lasts for the page if the storage is blocked', async () => {
    vi.stubGlobal('localStorage', {
      getItem() {
        throw new DOMException('blocked', 'SecurityError')
      },
      setItem() {
        throw new DOMException('blocked', 'SecurityError')
      },
      removeItem() {
        throw new DOMException('blocked', 'SecurityError')
      },
    })
    expect(await sessionOf()).toMatch(/^[0-9a-f]{32}$/)
  })

  it('is null without WebCrypto, as on an insecure origin', async () => {
    vi.stubGlobal('crypto', {
      getRandomValues: crypto.getRandomValues.bind(crypto),
      randomUUID: () => 'an-id',
    })
    const measured = createMeasuredAgent()
    await talk(measured)
    await measured.analytics.flush()
    expect(measured.inbox.reports().map(({ session }) => session)).toEqual([null, null, null, null, null])
  })
})

describe('a sink', () => {
  it.each<[string, AnalyticsSink]>([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('down'))],
  ])('that %s affects neither the call nor the other sinks, and is reported once', async (_, sink) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const inbox = createInbox()
    const measured = createMeasuredAgent({ sinks: [sink, inbox.sink], flushMs: 0 })
    await talk(measured)
    await measured.analytics.flush()
    await measured.voiceAgent.agent.connect()
    await measured.voiceAgent.dispose()
    await measured.analytics.flush()
    expect(inbox.reports().length).toBeGreaterThan(5)
    // Redux Toolkit also warns, on a slow machine.
    const warnings = () =>
      warn.mock.calls.map(([text]) => String(text)).filter((text) => text.startsWith('[redux-voice-agent]'))
    await vi.waitUntil(() => warnings().length > 0)
    expect(warnings()).toEqual([
      expect.stringMatching(/^\[redux-voice-agent\] analytics-sink-failed: .*Got an error: Error\./),
    ])
  })

  it('that hangs loses its batch after 5 s, and learns how many were dropped', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const inbox = createInbox()
    let hangs = true
    const signals: AbortSignal[] = []
    const sink: AnalyticsSink = (batch, delivery) => {
      signals.push(delivery.signal)
      return hangs ? new Promise(() => {}) : inbox.sink(batch, delivery)
    }
    const analytics = voiceAnalytics({ sinks: [sink], consent: true })
    const attached = analytics.attach({
      path: 'voiceAgent',
      dispatchSafely: () => {},
      watchTracks: () => () => {},
      warn: () => {},
    })
    const before = { session: { id: null } } as never
    const close = (by: string) => {
      attached.onAction({ type: 'voiceAgent/connectionAttempted', payload: { at: 1 } }, before)
      attached.onAction({ type: 'voiceAgent/connectionClosed', payload: { by, at: 2 } }, before)
    }
    close('user')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    close('agent')
    hangs = false
    await vi.advanceTimersByTimeAsync(5_000)
    expect(signals[0]?.aborted).toBe(true)
    expect(inbox.batches).toMatchObject([{ dropped: 1, reports: [{ end: 'closed-by-agent' }] }])
  })

  it('that is down for long keeps the last 200 reports', async () => {
    const inbox = createInbox()
    const analytics = voiceAnalytics({ sinks: [inbox.sink], consent: true, flushMs: 1_000_000 })
    const attached = analytics.attach({
      path: 'voiceAgent',
      dispatchSafely: () => {},
      watchTracks: () => () => {},
      warn: () => {},
    })
    for (let index = 0; index < 500; index++) {
      attached.onAction({ type: 'voiceAgent/connectionAttempted', payload: { at: index } }, {
        session: { id: null },
      } as never)
    }
    await analytics.flush()
    expect(inbox.reports()).toHaveLength(200)
    expect(inbox.batches[0]?.dropped).toBe(299)
    attached.dispose()
  })
})

it('sends nothing early if a batch may wait for longer than a timer can', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { sink, batches } = createInbox()
  const analytics = voiceAnalytics({ sinks: [sink], consent: true, flushMs: 2 ** 31, hears: false })
  const host = { path: 'agent', dispatchSafely() {}, watchTracks: () => () => {}, warn() {} }
  const attached = analytics.attach(host)
  attached.onAction({ type: 'agent/restoreSettled', payload: { conversation: 'none' } }, initialState)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(batches).toEqual([])
  await analytics.flush()
  expect(batches).toHaveLength(1)
  attached.dispose()
})

it('a failure of the reports ends them, and sends those that were ready', async () => {
  const inbox = createInbox()
  const warn = vi.fn()
  const analytics = voiceAnalytics({ sinks: [inbox.sink], consent: true, hears: false })
  const attached = analytics.attach({
    path: 'voiceAgent',
    dispatchSafely() {},
    watchTracks: () => () => {},
    warn,
  })
  const before = { session: { id: null } } as never
  const error = { code: 'agent-unreachable' }
  attached.onAction({ type: 'voiceAgent/connectionFailed', payload: { at: 1, error } }, before)
  const failure = new Error('The payload cannot be read.')
  const broken = {
    type: 'voiceAgent/connectionFailed',
    get payload(): never {
      throw failure
    },
  }
  attached.onAction(broken, before)
  expect(warn).toHaveBeenCalledWith(failure)
  await vi.waitFor(() => expect(inbox.reports()).toMatchObject([{ error: 'agent-unreachable' }]))
})

describe('a closing page', () => {
  /** A page's analytics, without an agent. */
  function openPage() {
    const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
    vi.stubGlobal('window', page)
    vi.stubGlobal('document', page)
    const inbox = createInbox()
    const leaving: boolean[] = []
    const sink: AnalyticsSink = (batch, delivery) => {
      leaving.push(delivery.isLeaving)
      return inbox.sink(batch, delivery)
    }
    const analytics = voiceAnalytics({ sinks: [sink], consent: true, hears: false })
    const attached = analytics.attach({
      path: 'voiceAgent',
      dispatchSafely: () => {},
      watchTracks: () => () => {},
      warn: () => {},
    })
    let sessionId: string | null = null
    function act(name: string, payload: object = {}) {
      const before = { session: { id: sessionId } } as never
      if (name === 'sessionCreated') sessionId = 'session-1'
      attached.onAction({ type: `voiceAgent/${name}`, payload: { at: Date.now(), ...payload } }, before)
    }
    const leave = () => page.dispatchEvent(new Event('pagehide'))
    function hide() {
      page.visibilityState = 'hidden'
      page.dispatchEvent(new Event('visibilitychange'))
    }
    return { inbox, leaving, analytics, attached, act, leave, hide }
  }

  it("sends everything in the event's task, including what is open", async () => {
    const { act, leave, inbox, leaving, analytics } = openPage()
    act('sessionCreated', { id: 'session-1' })
    act('connectionFailed', { error: { code: 'agent-unreachable' } })
    // From now on, the session hash is known.
    await analytics.flush()
    inbox.batches.length = leaving.length = 0
    act('connectionAttempted')
    act('connectionEstablished', { agent: 'fresh' })
    act('assistantTurnStarted', { turnId: 'a1' })
    leave()
    expect(inbox.reports()).toMatchObject([
      { kind: 'turn', outcome: 'cut-off', session: expect.stringMatching(/^[0-9a-f]{32}$/) },
      { kind: 'connection', end: 'left' },
      { kind: 'session', end: 'left' },
    ])
    expect(new Set(leaving)).toEqual(new Set([true]))
  })

  it('sends what waits when it is hidden, and what is open later', () => {
    const { act, hide, inbox } = openPage()
    act('connectionAttempted')
    act('connectionFailed', { error: { code: 'agent-unreachable' } })
    act('connectionAttempted')
    hide()
    expect(inbox.reports()).toMatchObject([{ kind: 'connection', error: 'agent-unreachable' }])
  })

  it('continues with the same session if the browser shows it again', async () => {
    const { act, leave, inbox, analytics } = openPage()
    act('sessionCreated', { id: 'session-1' })
    leave()
    act('connectionEstablished', { agent: 'resumed' })
    act('sessionEnded')
    await analytics.flush()
    const [first, ...later] = inbox.reports().filter(({ kind }) => kind === 'session')
    expect(first).toMatchObject({ end: 'left' })
    expect(later).toMatchObject([{ start: 'joined', end: 'ended', session: expect.any(String) }])
  })

  it('is not watched without consent', () => {
    const { act, leave, hide, inbox, analytics } = openPage()
    act('connectionAttempted')
    analytics.setConsent(false)
    leave()
    hide()
    expect(inbox.batches).toEqual([])
  })
})

describe('options', () => {
  it.each([
    [{ sinks: [() => {}], consent: 'yes' }, /consent must be true or false; got string/],
    [{ sinks: ['/reports'] }, /sinks must be a list of functions/],
    [{ sinks: undefined }, /sinks must be a list of functions/],
    [{ sinks: [], flushMs: Number.NaN }, /flushMs must be a number/],
    [{ sinks: [], hears: 1 }, /hears must be true or false/],
  ])('%o are rejected', (options, message) => {
    expect(() => voiceAnalytics(options as never)).toThrow(message)
    expect(() => voiceAnalytics(options as never)).toThrow(VoiceAgentError)
  })

  it('belong to one agent', () => {
    const analytics = voiceAnalytics({ sinks: [] })
    createVoiceAgent({ apiEndpoint: '/a', persistence: false, analytics })
    expect(() => createVoiceAgent({ apiEndpoint: '/a', persistence: false, analytics })).toThrow(
      /belongs to another agent/,
    )
  })

  it("accept the user's answer before the agent is created", () => {
    const analytics = voiceAnalytics({ sinks: [] })
    analytics.setConsent(true)
    expect(analytics.consent).toBe(true)
    expect(() => analytics.setConsent('yes' as never)).toThrow(VoiceAgentError)
  })
})
