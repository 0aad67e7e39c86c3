import type { AgentContinuation } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import { expect, it, vi } from 'vitest'
import { statusIs } from '../middleware/support.js'
import { idOf, rest, setUp } from './support.js'

function circular() {
  const value: Record<string, unknown> = { amount: 1 }
  value.self = value
  return value
}

/** Values that JSON can't represent, or changes. */
const values: [string, unknown][] = [
  ['a bigint', { amount: 1n }],
  ['a circle', circular()],
  ['a function', { run: () => 1 }],
  ['a symbol', { kind: Symbol('x') }],
  ['nothing', undefined],
  ['a Map', new Map([['a', 1]])],
  ['a Date', new Date(0)],
  ['NaN', { amount: Number.NaN }],
  [
    'a getter that throws',
    Object.defineProperty({}, 'amount', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    }),
  ],
  [
    'a toJSON that throws',
    {
      toJSON() {
        throw new Error('no')
      },
    },
  ],
]

const start = async () => {
  const storage = memoryStorage('tab')
  const run = vi.fn(() => 'done')
  const page = setUp((request): AgentContinuation => (request.resume ? 'reseeded' : 'fresh'), {
    persistence: { storage, debounceMs: 0 },
    tools: {
      look: {
        description: 'Looks.',
        parameters: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
        run,
      },
    },
  })
  await page.sessionManager.initialize()
  await page.agent.connect()
  return { page, storage, run }
}

it.each(
  ['look', 'a tool of the provider'].flatMap((name) =>
    values.map(([what, value]) => ({ name, what, value })),
  ),
)(
  '$name, with $what: the state is JSON, the conversation is stored, and the next connection is made',
  async ({ name, value }) => {
    const { page, storage } = await start()
    page.agent.sendText('before')
    expect(() =>
      page.transport.emit({ type: 'toolCallStarted', toolCallId: '1', name, arguments: value }),
    ).not.toThrow()
    page.transport.emit({ type: 'toolCallStopped', toolCallId: '1', cancelled: false })
    page.agent.sendText('after')
    await rest()
    const state = page.state()
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    await page.voiceAgent.persistor.flush()
    const stored = await storage.records.getItem(idOf(page))
    // The call is part of it, or was rejected as a whole.
    expect(stored?.messages.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
      'before',
      'after',
    ])
    expect(JSON.parse(JSON.stringify(stored?.messages))).toEqual(stored?.messages)
    const back = statusIs(page.agent, 'reconnecting').then(() => statusIs(page.agent, 'connected'))
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await back
    expect(page.transport.requests).toHaveLength(2)
    const { context = [] } = page.transport.requests[1] ?? {}
    expect(JSON.parse(JSON.stringify(context))).toEqual(context)
  },
)

it.each(values)('what a tool returns, with %s', async (_what, value) => {
  const { page, run } = await start()
  run.mockImplementation(() => value as string)
  page.transport.emit({ type: 'toolCallStarted', toolCallId: '1', name: 'look', arguments: {} })
  await vi.waitFor(() => expect(page.transport.sent).toHaveLength(1))
  await rest()
  const state = page.state()
  expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  expect(JSON.parse(JSON.stringify(page.transport.sent))).toEqual(page.transport.sent)
  const back = statusIs(page.agent, 'reconnecting').then(() => statusIs(page.agent, 'connected'))
  page.transport.emit({ type: 'connectionState', state: 'closed' })
  await back
  expect(page.transport.requests).toHaveLength(2)
})

it.each(values)('the data of an agent message, with %s, is rejected or sent as JSON', async (_what, data) => {
  const { page } = await start()
  try {
    page.agent.sendClientMessage('cart', data)
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-option' })
  }
  await rest()
  expect(page.state().connection.status).toBe('connected')
  page.agent.sendText('still here')
  expect(page.transport.sent.at(-1)).toMatchObject({ type: 'text', text: 'still here' })
})
