import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceTool } from 'redux-voice-agent'
import { memoryStorage, scriptedTransport } from 'redux-voice-agent/testing'
import * as v from 'valibot'
import { expect, it, onTestFinished, vi } from 'vitest'

const schema = v.object({ eur: v.number() })

function setUp({
  storage = memoryStorage(),
  needsApproval = true,
  agents = [],
}: {
  storage?: ReturnType<typeof memoryStorage>
  needsApproval?: VoiceTool<{ eur: number }>['needsApproval']
  agents?: ('resumed' | 'reseeded' | 'fresh')[]
} = {}) {
  const run = vi.fn(({ eur }: { eur: number }) => ({ paid: eur }))
  const transport = scriptedTransport(() => agents.shift() ?? 'fresh')
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    persistence: { storage },
    autoReconnect: 'always',
    reconnect: () => 0,
    tools: { pay: { description: 'Pays.', parameters: schema, needsApproval, run } },
  })
  onTestFinished(() => voiceAgent.dispose())
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  const { agent, selectors } = voiceAgent
  const tool = () => selectors.selectMessages(store.getState()).find(({ id }) => id === 'c1')?.tool
  const pending = () => vi.waitFor(() => expect(tool()?.status).toBe('awaiting-approval'))
  return {
    ...{ transport, voiceAgent, agent, store, run, tool, pending, storage },
    call(eur = 9) {
      transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: { eur } })
    },
    answers: () => transport.sent.filter(({ type }) => type === 'tool-answer'),
    async lose() {
      transport.emit({ type: 'connectionState', state: 'closed' })
      const { length } = transport.requests
      await vi.waitFor(() => expect(transport.requests.length).toBeGreaterThan(length))
      await vi.waitFor(() => expect(selectors.selectConnectionStatus(store.getState())).toBe('connected'))
    },
  }
}

async function start(options: Parameters<typeof setUp>[0] = {}) {
  const page = setUp(options)
  await page.agent.connect()
  page.call()
  await page.pending()
  expect(page.run).not.toHaveBeenCalled()
  return page
}

it('runs a call once it is approved', async () => {
  const page = await start()
  page.agent.approveTool('c1')
  expect(() => page.agent.approveTool('c1')).toThrow(expect.objectContaining({ code: 'too-late' }))
  await vi.waitFor(() => expect(page.answers()).toMatchObject([{ answer: { result: { paid: 9 } } }]))
  expect(page.run).toHaveBeenCalledOnce()
  expect(page.tool()).toMatchObject({ status: 'completed' })
})

it('does not run a declined call, and tells the agent', async () => {
  const page = await start()
  page.agent.declineTool('c1')
  await vi.waitFor(() =>
    expect(page.answers()).toMatchObject([{ answer: { error: 'The user declined. It has not run.' } }]),
  )
  expect(() => page.agent.approveTool('c1')).toThrow(expect.objectContaining({ code: 'too-late' }))
  expect(page.run).not.toHaveBeenCalled()
  expect(page.tool()).toMatchObject({ status: 'declined' })
})

it('asks only for the calls for which needsApproval returns true', async () => {
  const page = setUp({ needsApproval: ({ eur }) => eur > 100 })
  await page.agent.connect()
  page.call(9)
  await vi.waitFor(() => expect(page.answers()).toMatchObject([{ answer: { result: { paid: 9 } } }]))
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c2', name: 'pay', arguments: { eur: 900 } })
  await vi.waitFor(() =>
    expect(page.voiceAgent.selectors.selectMessages(page.store.getState()).at(-1)?.tool?.status).toBe(
      'awaiting-approval',
    ),
  )
  expect(page.run).toHaveBeenCalledOnce()
})

it('does not ask for a call with invalid arguments', async () => {
  const page = setUp()
  await page.agent.connect()
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: {} })
  await vi.waitFor(() => expect(page.tool()?.status).toBe('failed'))
})

it('has no time limit while the user decides, and survives an interruption and a lost connection', async () => {
  const page = await start({ agents: ['fresh', 'reseeded'] })
  vi.useFakeTimers()
  await vi.advanceTimersByTimeAsync(3_600_000)
  vi.useRealTimers()
  page.agent.interrupt()
  await page.lose()
  expect(page.tool()?.status).toBe('awaiting-approval')
  expect(page.transport.requests.at(-1)?.context.at(-1)?.text).toContain('waits for the approval')
  page.agent.approveTool('c1')
  await vi.waitFor(() =>
    expect(page.answers()).toMatchObject([{ answer: { result: { paid: 9 } }, isLate: true }]),
  )
})

it.each([
  [
    'the agent takes it back',
    (page: Awaited<ReturnType<typeof start>>) =>
      page.transport.emit({ type: 'toolCallStopped', toolCallId: 'c1', cancelled: true }),
  ],
  ['the call ends', (page) => void page.agent.disconnect()],
  ['the agent hangs up', (page) => page.transport.emit({ type: 'agentLeft' })],
] satisfies [string, (page: Awaited<ReturnType<typeof start>>) => void][])(
  'is cancelled when %s',
  async (_when, end) => {
    const page = await start()
    end(page)
    await vi.waitFor(() => expect(page.tool()?.status).toBe('cancelled'))
    expect(() => page.agent.approveTool('c1')).toThrow(expect.objectContaining({ code: 'too-late' }))
    expect(page.run).not.toHaveBeenCalled()
  },
)

it('is cancelled by a reload, which is reported to the user and the agent', async () => {
  const page = await start()
  await page.voiceAgent.dispose()
  const next = setUp({ storage: page.storage, agents: ['resumed'] })
  await next.voiceAgent.sessionManager.initialize()
  expect(next.tool()).toMatchObject({ status: 'cancelled', cancelledBy: 'reload' })
  expect(next.answers()).toMatchObject([
    { answer: { error: 'Cancelled: the page was reloaded before the user decided. It has not run.' } },
  ])
  expect(next.run).not.toHaveBeenCalled()
})

it("passes the decision on the agent's own tool call to its agent", async () => {
  const page = setUp()
  await page.agent.connect()
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'search', arguments: { q: 'tea' } })
  page.transport.emit({ type: 'toolApprovalNeeded', toolCallId: 'c1' })
  expect(page.tool()?.status).toBe('awaiting-approval')
  page.agent.approveTool('c1')
  expect(page.transport.sent).toEqual([{ type: 'tool-approval', toolCallId: 'c1', isApproved: true }])
  expect(page.tool()?.status).toBe('running')
  page.transport.emit({ type: 'toolCallStopped', toolCallId: 'c1', cancelled: false, failed: true })
  expect(page.tool()?.status).toBe('failed')
})

it("cancels a waiting call of the agent's own tool when its agent is gone", async () => {
  const page = setUp({ agents: ['fresh', 'reseeded'] })
  await page.agent.connect()
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'search', arguments: {} })
  page.transport.emit({ type: 'toolApprovalNeeded', toolCallId: 'c1' })
  await page.lose()
  expect(page.tool()?.status).toBe('cancelled')
})

it('tells a resumed agent after a reload that the user declined while the connection was lost', async () => {
  const page = await start({ agents: ['fresh', 'resumed'] })
  page.transport.emit({ type: 'connectionState', state: 'closed' })
  page.agent.declineTool('c1')
  await page.voiceAgent.persistor.flush()
  await page.voiceAgent.dispose()
  const next = setUp({ storage: page.storage, agents: ['resumed'] })
  await next.voiceAgent.sessionManager.initialize()
  await vi.waitFor(() =>
    expect(next.answers()).toMatchObject([{ answer: { error: 'The user declined. It has not run.' } }]),
  )
  expect(next.tool()).toMatchObject({ status: 'declined' })
})

it('keeps nothing of a declined call', async () => {
  const abort = vi.spyOn(AbortController.prototype, 'abort')
  onTestFinished(() => abort.mockRestore())
  /** Signals that the end of a page aborts, after this number of declined calls. */
  async function abortedAtTheEnd(declined: number) {
    const page = setUp()
    await page.agent.connect()
    for (let call = 1; call <= declined; call++) {
      page.transport.emit({
        type: 'toolCallStarted',
        toolCallId: `c${call}`,
        name: 'pay',
        arguments: { eur: 1 },
      })
      await vi.waitFor(() => page.agent.declineTool(`c${call}`))
    }
    abort.mockClear()
    await page.voiceAgent.dispose()
    return abort.mock.calls.length
  }
  expect(await abortedAtTheEnd(3)).toBe(await abortedAtTheEnd(0))
})
