import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent, VoiceAgentError, type VoiceTool } from 'redux-voice-agent'
import { memoryStorage, scriptedTransport } from 'redux-voice-agent/testing'
import type { ClientMessage, TransportEvent, VoiceTransportFactory } from 'redux-voice-agent/transports'
import * as v from 'valibot'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

/** Aborting a wait does not undo an effect: a tool's outcome is never lost or misreported. */

type Continuation = 'resumed' | 'reseeded' | 'fresh'

function setUp({
  storage = memoryStorage(),
  tool = {},
  agents = [],
  connect = () => agents.shift() ?? 'fresh',
  factory,
}: {
  storage?: ReturnType<typeof memoryStorage>
  tool?: Partial<VoiceTool<unknown>>
  agents?: Continuation[]
  connect?: () => Continuation
  /** Replaces the scripted transport. */
  factory?: VoiceTransportFactory
} = {}) {
  const runs: { finish(result: unknown): void; fail(error: unknown): void; signal: AbortSignal }[] = []
  const transport = scriptedTransport(connect)
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: factory ?? transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    persistence: { storage },
    autoReconnect: 'always',
    reconnect: () => 0,
    tools: {
      pay: {
        description: 'Pays.',
        parameters: v.unknown(),
        run: (_args, { signal }) =>
          new Promise((finish, fail) => {
            runs.push({ finish, fail, signal })
          }),
        ...tool,
      },
    },
  })
  onTestFinished(() => voiceAgent.dispose())
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  const { agent, selectors, actions } = voiceAgent
  const tools = () => selectors.selectMessages(store.getState()).flatMap(({ tool }) => (tool ? [tool] : []))
  const status = () => selectors.selectConnectionStatus(store.getState())
  return {
    ...{ transport, voiceAgent, agent, store, actions, runs, storage, tools, status },
    async connect() {
      await agent.connect()
    },
    async callPay(toolCallId = 'c1') {
      transport.emit({ type: 'toolCallStarted', toolCallId, name: 'pay', arguments: { eur: 9 } })
      await vi.waitFor(() => expect(runs).toHaveLength(1))
    },
    async lose(attempts = 1) {
      const before = transport.requests.length
      transport.emit({ type: 'connectionState', state: 'closed' })
      await vi.waitFor(() => expect(transport.requests.length).toBe(before + attempts))
      await vi.waitFor(() => expect(status()).toBe('connected'))
    },
    answers: () => transport.sent.filter(({ type }) => type === 'tool-answer'),
    contextOfTool: () => transport.requests.at(-1)?.context.filter(({ role }) => role === 'tool'),
    /** Leaves the page as a reload does, and opens the next one. */
    async reload(options: Parameters<typeof setUp>[0] = {}) {
      await voiceAgent.dispose()
      const next = setUp({ storage, ...options })
      await next.voiceAgent.sessionManager.initialize()
      return next
    },
  }
}

describe('while the connection is lost', () => {
  it('a tool continues, and a resumed agent gets its result once', async () => {
    const page = setUp({ agents: ['fresh', 'resumed'] })
    await page.connect()
    await page.callPay()
    await page.lose()
    expect(page.tools()).toMatchObject([{ status: 'running' }])
    expect(page.runs[0]?.signal.aborted).toBe(false)
    page.runs[0]?.finish({ paid: true })
    await vi.waitFor(() => expect(page.answers()).toMatchObject([{ answer: { result: { paid: true } } }]))
    expect(page.answers()[0]).not.toHaveProperty('isLate')
    expect(page.tools()).toMatchObject([{ status: 'completed' }])
  })

  it('a result waits for the connection to recover', async () => {
    const page = setUp({ agents: ['fresh', 'resumed'] })
    await page.connect()
    await page.callPay()
    const stop = page.store.subscribe(() => {
      if (page.status() !== 'reconnecting') return
      stop()
      page.runs[0]?.finish('paid')
    })
    await page.lose()
    await vi.waitFor(() => expect(page.answers()).toMatchObject([{ answer: { result: 'paid' } }]))
  })

  it('a reseeded agent learns from its context that a tool is still running, and then its outcome', async () => {
    const page = setUp({ agents: ['fresh', 'reseeded'] })
    await page.connect()
    await page.callPay()
    await page.lose()
    expect(page.contextOfTool()).toMatchObject([
      { text: 'pay({"eur":9}): still running, the outcome is not known yet' },
    ])
    expect(page.answers()).toEqual([])
    page.runs[0]?.finish('paid')
    await vi.waitFor(() =>
      expect(page.answers()).toMatchObject([{ answer: { result: 'paid' }, isLate: true }]),
    )
  })

  it('a reseeded agent whose context has the outcome does not get it again', async () => {
    const page = setUp({ agents: ['fresh', 'reseeded'] })
    await page.connect()
    await page.callPay()
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.transport.requests).toHaveLength(2))
    await vi.waitFor(() => expect(page.status()).toBe('connected'))
    const source = page.contextOfTool()?.[0]?.text.includes('"paid"') ? 'context' : 'message'
    await vi.waitFor(() => expect(page.answers()).toHaveLength(source === 'context' ? 0 : 1))
  })

  it('a result that was sent but not confirmed is sent again to a resumed agent', async () => {
    const page = setUp({ agents: ['fresh', 'resumed', 'resumed'] })
    await page.connect()
    await page.callPay()
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.answers()).toHaveLength(1))
    await page.lose()
    expect(page.answers()).toHaveLength(2)
    page.transport.emit({ type: 'toolCallStopped', toolCallId: 'c1', cancelled: false })
    await page.lose()
    expect(page.answers()).toHaveLength(2)
    expect(page.tools()).toMatchObject([{ status: 'completed', result: 'paid' }])
    expect(page.tools()[0]).not.toHaveProperty('isUndelivered')
  })
})

describe('a run that ends after its wait was aborted', () => {
  it('by throwing the abort is unknown, because an aborted request may have had its effect', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    page.agent.interrupt()
    page.runs[0]?.fail(page.runs[0].signal.reason)
    await new Promise((resolve) => setTimeout(resolve))
    expect(page.tools()).toMatchObject([{ status: 'unknown' }])
  })

  it('with an error from the app has failed, and the agent learns why', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    page.agent.interrupt()
    page.runs[0]?.fail(new Error('Nothing was charged.'))
    await vi.waitFor(() =>
      expect(page.tools()).toMatchObject([{ status: 'failed', error: 'Nothing was charged.' }]),
    )
    expect(page.answers().at(-1)).toMatchObject({ answer: { error: 'Nothing was charged.' }, isLate: true })
  })

  it('after the end of the call is recorded in the conversation', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    await page.agent.disconnect()
    expect(page.tools()).toMatchObject([{ status: 'unknown' }])
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.tools()).toMatchObject([{ status: 'completed', result: 'paid' }]))
  })

  it('is found in a conversation of many later turns', async () => {
    const page = setUp({ tool: { timeLimitMs: 1 } })
    await page.connect()
    await page.callPay()
    await vi.waitFor(() => expect(page.tools()).toMatchObject([{ status: 'unknown' }]))
    for (let turn = 0; turn < 200; turn++) page.agent.sendText(`turn ${turn}`)
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.tools()).toMatchObject([{ status: 'completed' }]))
    expect(page.answers()).toMatchObject([
      { answer: { error: expect.stringContaining('0.001 s') } },
      { answer: { result: 'paid' }, isLate: true },
    ])
  })
})

describe('a reload', () => {
  it("can't come between a run and its record: it runs only once that is on disk", async () => {
    const storage = memoryStorage()
    const page = setUp({ storage })
    await page.connect()
    let saved = () => {}
    const write = vi.spyOn(storage.records, 'setItem').mockImplementation(
      () =>
        new Promise<void>((resolve) => {
          saved = resolve
        }),
    )
    page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: {} })
    await vi.waitFor(() => expect(write).toHaveBeenCalled())
    expect(page.runs).toEqual([])
    write.mockRestore()
    saved()
    await vi.waitFor(() => expect(page.runs).toHaveLength(1))
  })

  it('during the run leaves it unknown, and never runs a call with the same id again', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    const next = await page.reload({ agents: ['resumed'] })
    expect(next.tools()).toMatchObject([{ status: 'unknown' }])
    expect(next.answers()).toMatchObject([
      { toolCallId: 'c1', answer: { error: expect.stringMatching(/reloaded while it ran/) } },
    ])
    next.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: {} })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(next.runs).toEqual([])
    expect(next.tools()).toHaveLength(1)
  })

  it('does not lose a call that is not among the loaded messages', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.tools()).toMatchObject([{ status: 'completed' }]))
    expect(page.voiceAgent.selectors.selectConversation(page.store.getState()).toolCallIds).toEqual(['c1'])
    await page.voiceAgent.persistor.flush()
    const stored = await page.storage.records.getItem('s1')
    expect(stored?.head.toolCallIds).toEqual(['c1'])
  })

  it('lets the app report a late outcome', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    const next = await page.reload({ agents: ['resumed'] })
    next.store.dispatch(
      next.actions.toolCallAnswered({
        toolCallId: 'c1',
        name: 'pay',
        arguments: { eur: 9 },
        answer: { result: 'The server says: paid.' },
      }),
    )
    expect(next.tools()).toMatchObject([{ status: 'completed' }])
    expect(next.answers().at(-1)).toMatchObject({
      isLate: true,
      answer: { result: 'The server says: paid.' },
    })
  })

  it('between the outcome and its delivery: the resumed agent gets the outcome', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    await page.agent.disconnect()
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.tools()).toMatchObject([{ status: 'completed' }]))
    const next = await page.reload({ agents: ['resumed'] })
    await next.connect()
    expect(next.answers()).toMatchObject([{ toolCallId: 'c1', answer: { result: 'paid' } }])
  })

  it('tells a reseeded agent the truth in its context, and nothing else', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    const next = await page.reload({ agents: ['reseeded'] })
    expect(next.contextOfTool()).toMatchObject([
      { text: expect.stringContaining('the outcome is not known, it may have taken effect') },
    ])
    expect(next.answers()).toEqual([])
  })
})

it('a call with an id that another agent used is not run again, and its agent does not wait forever', async () => {
  const page = setUp({ agents: ['fresh', 'reseeded'] })
  await page.connect()
  await page.callPay()
  page.runs[0]?.finish('paid')
  await vi.waitFor(() => expect(page.answers()).toHaveLength(1))
  await page.lose()
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: {} })
  await vi.waitFor(() =>
    expect(page.answers().at(-1)).toMatchObject({
      answer: { error: expect.stringMatching(/not run again/) },
    }),
  )
  expect(page.runs).toHaveLength(1)
})

it("an agent's own tool that was cut off with the connection is unknown, unless the agent returns", async () => {
  const page = setUp({ agents: ['fresh', 'resumed', 'reseeded'] })
  await page.connect()
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'w1', name: 'search', arguments: {} })
  await page.lose()
  expect(page.tools()).toMatchObject([{ status: 'running' }])
  await page.lose()
  expect(page.tools()).toMatchObject([{ status: 'unknown' }])
})

describe('an unknown outcome', () => {
  it('stays unknown when another agent repeats the call, and confirms that it is not run again', async () => {
    const page = setUp()
    await page.connect()
    await page.callPay()
    await page.voiceAgent.persistor.flush()
    const second = await page.reload({ agents: ['resumed'] })
    await vi.waitFor(() => expect(second.answers()).toHaveLength(1))
    second.transport.emit({ type: 'toolCallStopped', toolCallId: 'c1', cancelled: false })
    await second.voiceAgent.persistor.flush()
    const third = await second.reload({ agents: ['resumed'] })
    third.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: { eur: 9 } })
    expect(third.answers()).toHaveLength(1)
    third.transport.emit({ type: 'toolCallStopped', toolCallId: 'c1', cancelled: false })
    expect(third.tools()).toMatchObject([{ status: 'unknown' }])
  })

  it('is not sent as the result of a later agent, which has it from its context', async () => {
    const page = setUp({ agents: ['fresh', 'reseeded'] })
    await page.connect()
    await page.callPay()
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.tools()).toMatchObject([{ status: 'completed' }]))
    await vi.waitFor(() => expect(page.status()).toBe('connected'))
    expect(page.answers()).toEqual([])
    await page.voiceAgent.persistor.flush()
    const next = await page.reload({ agents: ['resumed'] })
    await vi.waitFor(() => expect(next.status()).toBe('connected'))
    expect(next.answers()).toEqual([])
  })
})

describe('a call that arrives before its connection is established', () => {
  /** Emits a tool call while the connection with this number is being made. */
  function setUpEarly(agents: (Continuation | 'fails')[], callsAt: readonly number[], name = 'pay') {
    const attempts: number[] = []
    const page = setUp({
      connect() {
        const attempt = attempts.push(0) - 1
        if (callsAt.includes(attempt))
          page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name, arguments: { eur: 9 } })
        const agent = agents[attempt] ?? 'fresh'
        if (agent === 'fails') throw new VoiceAgentError('agent-unreachable')
        return agent
      },
    })
    return page
  }

  it.each(['fresh', 'reseeded', 'resumed'] as const)(
    'is answered like any other for a %s agent',
    async (continuation) => {
      const page = setUpEarly(['fresh', continuation], [1])
      await page.connect()
      await page.lose()
      await vi.waitFor(() => expect(page.runs).toHaveLength(1))
      page.runs[0]?.finish('paid')
      await vi.waitFor(() => expect(page.answers()).toMatchObject([{ answer: { result: 'paid' } }]))
      expect(page.answers()[0]).not.toHaveProperty('isLate')
    },
  )

  it("stays open if it is the new agent's own tool", async () => {
    const page = setUpEarly(['fresh', 'reseeded'], [1], 'search')
    await page.connect()
    await page.lose()
    expect(page.tools()).toMatchObject([{ name: 'search', status: 'running' }])
  })

  it('has no effect if no agent is reached', async () => {
    const page = setUpEarly(['fresh', 'fails', 'fresh'], [1])
    await page.connect()
    await page.lose(2)
    expect(page.tools()).toEqual([])
    expect(page.runs).toEqual([])
  })

  it('continues on the connection that reaches the same agent', async () => {
    const page = setUpEarly(['fresh', 'fails', 'resumed'], [1])
    await page.connect()
    await page.lose(2)
    await vi.waitFor(() => expect(page.runs).toHaveLength(1))
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.answers()).toMatchObject([{ answer: { result: 'paid' } }]))
  })

  it('is answered if another agent has used its id', async () => {
    const page = setUpEarly(['fresh', 'reseeded'], [1])
    await page.connect()
    await page.callPay()
    page.runs[0]?.finish('paid')
    await vi.waitFor(() => expect(page.answers()).toHaveLength(1))
    await page.lose()
    expect(page.runs).toHaveLength(1)
    expect(page.answers().at(-1)).toMatchObject({ answer: { error: expect.stringMatching(/not run again/) } })
  })
})

describe('during an ICE restart', () => {
  /** A call whose connection delivers nothing until `recover`. */
  async function interrupted() {
    let recover: (() => void) | null = null
    let emit = (_event: TransportEvent) => {}
    const sent: ClientMessage[] = []
    const page = setUp({
      factory: (host) => {
        emit = host.emit
        return {
          connect: async () => 'fresh',
          send: (message) => void sent.push(message),
          restartIce: () =>
            new Promise((resolve) => {
              recover = resolve
            }),
          close() {},
        }
      },
    })
    await page.connect()
    emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: {} })
    await vi.waitFor(() => expect(page.runs).toHaveLength(1))
    emit({ type: 'connectionState', state: 'failed' })
    expect(page.status()).toBe('reconnecting')
    await vi.waitFor(() => expect(recover).not.toBeNull())
    return {
      ...page,
      sent,
      async recover() {
        recover?.()
        await vi.waitFor(() => expect(page.status()).toBe('connected'))
      },
    }
  }

  it('an interruption ends the wait for a tool, and reaches the agent that returns', async () => {
    const page = await interrupted()
    page.agent.interrupt()
    expect(page.runs[0]?.signal.aborted).toBe(true)
    expect(page.tools()).toMatchObject([{ status: 'unknown' }])
    expect(page.sent).toEqual([])
    await page.recover()
    expect(page.sent).toMatchObject([
      { type: 'interrupt' },
      { type: 'tool-answer', isQuiet: true, answer: { error: expect.stringMatching(/not known yet/) } },
    ])
  })

  it('a result waits', async () => {
    const page = await interrupted()
    page.runs[0]?.finish({ paid: true })
    await vi.waitFor(() => expect(page.tools()).toMatchObject([{ status: 'completed' }]))
    page.agent.sendText('typed meanwhile')
    expect(page.sent).toEqual([])
    await page.recover()
    expect(page.sent).toMatchObject([
      { type: 'text', text: 'typed meanwhile' },
      { type: 'tool-answer', answer: { result: { paid: true } } },
    ])
  })
})

it('an interruption also ends the wait for a tool while reconnecting', async () => {
  const page = setUp({ agents: ['fresh', 'resumed'] })
  await page.connect()
  await page.callPay()
  const stop = page.store.subscribe(() => {
    if (page.status() !== 'reconnecting') return
    stop()
    page.agent.interrupt()
  })
  await page.lose()
  expect(page.runs[0]?.signal.aborted).toBe(true)
  expect(page.answers()).toMatchObject([
    { isQuiet: true, answer: { error: expect.stringMatching(/not known yet/) } },
  ])
  // The previous connection's agent no longer speaks.
  expect(page.transport.sent.filter(({ type }) => type === 'interrupt')).toEqual([])
})

it('a running call continues while another agent repeats it', async () => {
  const page = setUp({ agents: ['fresh', 'reseeded'] })
  await page.connect()
  await page.callPay()
  await page.lose()
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: { eur: 9 } })
  page.transport.emit({ type: 'toolCallStopped', toolCallId: 'c1', cancelled: false })
  expect(page.runs[0]?.signal.aborted).toBe(false)
  page.runs[0]?.finish('paid')
  await vi.waitFor(() =>
    expect(page.answers()).toMatchObject([
      { answer: { error: expect.stringMatching(/not run again/) } },
      { answer: { result: 'paid' }, isLate: true },
    ]),
  )
})

it('the answer to a repeated call does not replace an outcome that is still to be delivered', async () => {
  const page = setUp({ agents: ['fresh', 'reseeded', 'resumed'] })
  await page.connect()
  await page.callPay()
  await page.lose()
  page.runs[0]?.finish('paid')
  await vi.waitFor(() => expect(page.answers()).toMatchObject([{ answer: { result: 'paid' } }]))
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: { eur: 9 } })
  expect(page.answers()).toHaveLength(2)
  // The call arrives twice.
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: { eur: 9 } })
  expect(page.answers()).toHaveLength(2)
  // Neither was confirmed, so both are sent again.
  await page.lose()
  expect(page.answers().slice(2)).toMatchObject([
    { answer: { result: 'paid' }, isLate: true },
    { answer: { error: expect.stringMatching(/not run again/) } },
  ])
  page.transport.emit({ type: 'toolCallStopped', toolCallId: 'c1', cancelled: false })
  expect(page.tools()).toMatchObject([{ status: 'completed', isUndelivered: true }])
  page.transport.emit({ type: 'assistantTurnStarted', turnId: 'a1' })
  page.transport.emit({ type: 'assistantTurnCompleted', turnId: 'a1' })
  await page.lose()
  expect(page.answers()).toHaveLength(4)
  expect(page.tools()).toMatchObject([{ status: 'completed', result: 'paid' }])
  expect(page.tools()[0]).not.toHaveProperty('isUndelivered')
  expect(page.runs).toHaveLength(1)
})
