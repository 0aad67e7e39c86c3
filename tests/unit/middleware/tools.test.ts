import {
  configureStore,
  createSlice,
  type PayloadAction,
  type ThunkAction,
  type UnknownAction,
} from '@reduxjs/toolkit'
import { createVoiceAgent, type ToolContext, type VoiceTool } from 'redux-voice-agent'
import { memoryStorage, scriptedTransport } from 'redux-voice-agent/testing'
import * as v from 'valibot'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'

const cart = createSlice({
  name: 'cart',
  initialState: {} as Record<string, number>,
  reducers: {
    productAdded(state, { payload }: PayloadAction<{ id: string; quantity: number }>) {
      state[payload.id] = (state[payload.id] ?? 0) + payload.quantity
    },
  },
})
type RootState = { cart: Record<string, number> }

const addTwice =
  (id: string): ThunkAction<number, RootState, unknown, UnknownAction> =>
  (dispatch, getState) => {
    dispatch(cart.actions.productAdded({ id, quantity: 2 }))
    return getState().cart[id] ?? 0
  }

/** The result that a tool waits for, settled by the test. */
const slow: { context: ToolContext | null; finish: (result: unknown) => void } = {
  context: null,
  finish: () => {},
}
const wait: VoiceTool<unknown> = {
  description: 'Takes its time.',
  parameters: v.unknown(),
  run: (_args, context) => {
    slow.context = context
    return new Promise((resolve) => {
      slow.finish = resolve
    })
  },
}

const given: { result: unknown } = { result: undefined }

async function setUp() {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    persistence: false,
    tools: {
      addToCart: {
        description: 'Puts pieces of a product into the cart.',
        parameters: z.object({ id: z.string(), quantity: z.int().min(1).max(20) }),
        run({ id, quantity }, { dispatch, getState }) {
          dispatch(cart.actions.productAdded({ id, quantity }))
          return { inCart: getState<RootState>().cart[id] }
        },
      },
      addTwice: {
        description: 'Puts two of a product into the cart.',
        parameters: v.object({ id: v.string() }),
        run: ({ id }, { dispatch }) => dispatch(addTwice(id)),
      },
      explode: {
        description: 'Fails.',
        parameters: v.unknown(),
        run: () => {
          throw new Error('Out of tea.')
        },
      },
      wait,
      think: {
        description: 'Has a schema that never answers.',
        parameters: v.pipeAsync(
          v.unknown(),
          v.checkAsync(() => new Promise<boolean>(() => {})),
        ),
        run: () => 'done',
      },
      give: { description: 'Gives what it is told to.', parameters: v.unknown(), run: () => given.result },
    },
  })
  const onError = vi.fn()
  voiceAgent.agent.on('error', onError)
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer, cart: cart.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  onTestFinished(() => voiceAgent.dispose())
  await voiceAgent.agent.connect()
  const call = (name: string, given: unknown, toolCallId = 'call-1') =>
    transport.emit({ type: 'toolCallStarted', toolCallId, name, arguments: given })
  const answers = () => transport.sent.flatMap((sent) => (sent.type === 'tool-answer' ? [sent.answer] : []))
  const toolMessages = () =>
    voiceAgent.selectors
      .selectMessages(store.getState())
      .flatMap(({ tool, status }) => (tool ? [{ ...tool, message: status }] : []))
  return { transport, voiceAgent, store, onError, call, answers, toolMessages }
}

it("runs a tool as the app's own action, shows it in the transcript and answers the agent", async () => {
  const { call, answers, store, toolMessages, transport } = await setUp()
  call('addToCart', { id: 'assam', quantity: 3 })
  expect(toolMessages()).toMatchObject([{ name: 'addToCart', status: 'running', message: 'streaming' }])
  await vi.waitFor(() => expect(answers()).toEqual([{ result: { inCart: 3 } }]))
  expect(store.getState().cart).toEqual({ assam: 3 })
  expect(toolMessages()).toMatchObject([
    { arguments: { id: 'assam', quantity: 3 }, status: 'completed', result: { inCart: 3 }, message: 'final' },
  ])
  call('addTwice', { id: 'assam' }, 'call-2')
  await vi.waitFor(() => expect(answers().at(-1)).toEqual({ result: 5 }))
  expect(transport.requests[0]?.tools).toMatchObject([
    { name: 'addToCart', parameters: { type: 'object', required: ['id', 'quantity'] } },
    { name: 'addTwice', description: 'Puts two of a product into the cart.' },
    { name: 'explode' },
    { name: 'wait' },
    { name: 'think' },
    { name: 'give' },
  ])
})

it.each([
  ['addToCart', { id: 'assam', quantity: 99 }, /^Invalid arguments\. quantity: /],
  ['addTwice', { id: 7 }, /^Invalid arguments\. id: /],
  ['explode', {}, /^Out of tea\.$/],
])('reports a failure in %s to the agent, and nothing to the app', async (name, given, words) => {
  const { call, answers, store, onError, toolMessages } = await setUp()
  call(name, given)
  await vi.waitFor(() => expect(answers()).toEqual([{ error: expect.stringMatching(words) }]))
  expect(toolMessages()).toMatchObject([{ status: 'failed', message: 'final' }])
  expect(store.getState().cart).toEqual({})
  expect(onError).not.toHaveBeenCalled()
})

const circular: { self?: unknown } = {}
circular.self = circular

const noJson = { error: 'The tool has run, but its result is not a JSON value.' }
const results: [what: string, result: unknown, answer: object][] = [
  ['nothing', undefined, { result: null }],
  ['a date', new Date(0), { result: '1970-01-01T00:00:00.000Z' }],
  ['a circle', circular, noJson],
  ['a BigInt', 10n, noJson],
  ['a function', () => 1, noJson],
  ['a symbol', Symbol('tea'), noJson],
]

it.each(results)(
  'answers the agent if a tool returns %s, so that it does not call it again',
  async (_what, result, answer) => {
    const { call, answers, onError } = await setUp()
    given.result = result
    call('give', {})
    await vi.waitFor(() => expect(answers()).toEqual([answer]))
    expect(onError).not.toHaveBeenCalled()
  },
)

it('tells the agent after 30 s that the outcome is not known yet, and answers others meanwhile', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { call, answers, toolMessages, transport } = await setUp()
  call('wait', {})
  call('addToCart', { id: 'assam', quantity: 1 }, 'call-2')
  await vi.advanceTimersByTimeAsync(29_999)
  expect(answers()).toEqual([{ result: { inCart: 1 } }])
  await vi.advanceTimersByTimeAsync(1)
  expect(answers().at(-1)).toEqual({
    error: 'It has not ended within 30 s and still runs: its outcome is not known yet.',
  })
  expect(slow.context?.signal.aborted).toBe(false)
  expect(toolMessages()).toMatchObject([{ status: 'unknown' }, { status: 'completed' }])
  slow.finish('late')
  await vi.advanceTimersByTimeAsync(0)
  expect(transport.sent.at(-1)).toMatchObject({ answer: { result: 'late' }, isLate: true })
  expect(toolMessages()[0]).toMatchObject({ status: 'completed', result: 'late', message: 'final' })
  slow.context = null
})

it('gives a schema that never settles 30 s, too', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { call, answers } = await setUp()
  call('think', {})
  await vi.advanceTimersByTimeAsync(30_000)
  expect(answers()).toEqual([{ error: 'The arguments were not checked within 30 s. The tool has not run.' }])
})

it("shows an agent's own tool without running it", async () => {
  const { call, answers, transport, toolMessages } = await setUp()
  call('searchTheWeb', { query: 'oolong' })
  call('constructor', {}, 'call-2')
  transport.emit({ type: 'toolCallStopped', toolCallId: 'call-1', cancelled: false })
  transport.emit({ type: 'toolCallStopped', toolCallId: 'call-2', cancelled: true })
  expect(toolMessages()).toMatchObject([
    { status: 'completed' },
    { status: 'cancelled', message: 'interrupted' },
  ])
  expect(answers()).toEqual([])
})

it.each([
  [
    'the agent takes it back',
    ({ transport }: Awaited<ReturnType<typeof setUp>>) =>
      transport.emit({ type: 'toolCallStopped', toolCallId: 'call-1', cancelled: true }),
  ],
  ['the user interrupts', ({ voiceAgent }) => voiceAgent.agent.interrupt()],
  ['the call ends', ({ voiceAgent }) => voiceAgent.agent.disconnect()],
])('aborts the wait for a tool when %s, and records its outcome', async (_when, interrupt) => {
  const all = await setUp()
  all.call('wait', {})
  await vi.waitFor(() => expect(slow.context).not.toBeNull())
  void interrupt(all)
  expect(slow.context?.signal.aborted).toBe(true)
  await vi.waitFor(() => expect(all.toolMessages()).toMatchObject([{ status: 'unknown' }]))
  slow.finish('late')
  await vi.waitFor(() => expect(all.toolMessages()).toMatchObject([{ status: 'completed', result: 'late' }]))
  slow.context = null
})

it('tells an interrupted agent that the outcome is not known yet, and then the outcome', async () => {
  const { call, transport, voiceAgent } = await setUp()
  call('wait', {})
  await vi.waitFor(() => expect(slow.context).not.toBeNull())
  voiceAgent.agent.interrupt()
  slow.finish('paid')
  await vi.waitFor(() => expect(transport.sent).toHaveLength(3))
  expect(transport.sent).toMatchObject([
    { type: 'tool-answer', answer: { error: expect.stringMatching(/not known yet/) }, isQuiet: true },
    { type: 'interrupt' },
    { type: 'tool-answer', answer: { result: 'paid' }, isLate: true, isQuiet: true },
  ])
  slow.context = null
})

it('runs a tool call once, however often it is reported', async () => {
  const { call, answers, store } = await setUp()
  call('addToCart', { id: 'assam', quantity: 1 })
  call('addToCart', { id: 'assam', quantity: 1 })
  await vi.waitFor(() => expect(answers()).toHaveLength(1))
  call('addToCart', { id: 'assam', quantity: 1 })
  call('addToCart', { id: 'sencha', quantity: 1 }, 'call-2')
  await vi.waitFor(() => expect(answers()).toHaveLength(2))
  expect(store.getState().cart).toEqual({ assam: 1, sencha: 1 })
})

it('rejects a tool without a schema, by name', () => {
  const tools = { addToCart: { description: '', parameters: { type: 'object' }, run: () => {} } }
  // @ts-expect-error JSON Schema is not a Standard Schema.
  expect(() => createVoiceAgent({ apiEndpoint: '/api', tools })).toThrow('tools.addToCart.parameters')
})

it('does not run a tool again because the page was reloaded during it', async () => {
  const storage = memoryStorage()
  let runs = 0
  function loadPage() {
    const transport = scriptedTransport(() => 'resumed')
    const voiceAgent = createVoiceAgent({
      apiEndpoint: '/api/voice-agent',
      transport,
      refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
      persistence: { storage },
      autoReconnect: 'always',
      tools: {
        pay: {
          description: 'Pays.',
          parameters: v.unknown(),
          run: () => {
            runs++
            return new Promise(() => {})
          },
        },
      },
    })
    onTestFinished(() => voiceAgent.dispose())
    const store = configureStore({
      reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
      middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
    })
    return { transport, voiceAgent, store }
  }
  const before = loadPage()
  await before.voiceAgent.agent.connect()
  before.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: {} })
  await vi.waitFor(() => expect(runs).toBe(1))
  await before.voiceAgent.dispose()

  const { transport, voiceAgent, store } = loadPage()
  expect(await voiceAgent.sessionManager.initialize()).toEqual({ conversation: 'restored', agent: 'resumed' })
  expect(voiceAgent.selectors.selectMessages(store.getState())).toMatchObject([
    { id: 'c1', status: 'interrupted', tool: { name: 'pay', status: 'unknown' } },
  ])
  expect(runs).toBe(1)
  expect(transport.sent).toMatchObject([
    { type: 'tool-answer', toolCallId: 'c1', answer: { error: expect.stringMatching(/not known/) } },
  ])
})
