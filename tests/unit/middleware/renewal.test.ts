import { scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { setUp } from './support.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const minute = 60_000

/** An agent whose provider closes each connection after an hour. */
async function callOfAnHour() {
  const set = setUp(() => 'reseeded')
  const { agent, transport } = set
  await agent.connect()
  const errors: unknown[] = []
  agent.on('error', (error) => errors.push(error))
  const statuses: string[] = []
  agent.on('connectionStateChanged', (status) => statuses.push(status))
  transport.emit({ type: 'endAnnounced', inMs: 60 * minute })
  return { ...set, errors, statuses }
}

it('replaces the connection in the first pause of its last minutes, with the context and without an error', async () => {
  const { transport, errors, statuses, state } = await callOfAnHour()
  transport.emit({ type: 'userTranscriptReceived', text: 'Tea?', final: true })
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  transport.emit({ type: 'assistantTextReplaced', turnId: 'a', text: 'Yes.' })
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'a' })
  await vi.advanceTimersByTimeAsync(54 * minute)
  expect(transport.requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(minute + 3_000)
  expect(transport.requests).toHaveLength(2)
  expect(transport.open).toBe(1)
  expect(transport.requests[1]).toMatchObject({
    resume: true,
    context: [
      { role: 'user', text: 'Tea?' },
      { role: 'assistant', text: 'Yes.' },
    ],
  })
  expect(statuses).toEqual(['connecting', 'connected'])
  expect(errors).toEqual([])
  expect(state().connection).toMatchObject({ status: 'connected', error: null, attempt: 0 })
  expect(state().stats).toMatchObject({ reconnectAttempts: 0, isCutOff: false, endedAt: null })
})

it.each([
  ['the user speaks', { type: 'userSpeechStarted' }, { type: 'userSpeechStopped' }, 15_000],
  ['the agent speaks', { type: 'assistantSpeechStarted' }, { type: 'assistantSpeechStopped' }, 3_000],
  [
    'an answer is open',
    { type: 'assistantTurnStarted', turnId: 'a' },
    { type: 'assistantTurnInterrupted', turnId: 'a' },
    3_000,
  ],
  [
    "the agent's own tool runs",
    { type: 'toolCallStarted', toolCallId: 't', name: 'own', arguments: {} },
    { type: 'toolCallStopped', toolCallId: 't', cancelled: false },
    3_000,
  ],
] as const)('waits while %s', async (_what, begin, end, pauseMs) => {
  const { transport } = await callOfAnHour()
  await vi.advanceTimersByTimeAsync(54.9 * minute)
  transport.emit(begin)
  await vi.advanceTimersByTimeAsync(2 * minute)
  expect(transport.requests).toHaveLength(1)
  transport.emit(end)
  await vi.advanceTimersByTimeAsync(pauseMs - 1)
  expect(transport.requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(transport.requests).toHaveLength(2)
})

it('waits for the answer to a text, and replaces the connection before its end if there is no pause at all', async () => {
  const { agent, transport, texts, errors } = await callOfAnHour()
  await vi.advanceTimersByTimeAsync(55 * minute)
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Once upon' })
  await vi.advanceTimersByTimeAsync(4.9 * minute)
  agent.sendText('And then?')
  expect(transport.requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(transport.requests).toHaveLength(2)
  expect(texts()).toEqual(['Once upon', 'And then?'])
  expect(errors).toEqual([])
})

it('handles the end of a call, a loss and a later announcement correctly', async () => {
  const { agent, transport } = await callOfAnHour()
  transport.emit({ type: 'endAnnounced', inMs: 120 * minute })
  await vi.advanceTimersByTimeAsync(61 * minute)
  expect(transport.requests).toHaveLength(1)
  transport.emit({ type: 'connectionState', state: 'closed' })
  await vi.advanceTimersByTimeAsync(60 * minute)
  expect(transport.requests).toHaveLength(2)
  transport.emit({ type: 'endAnnounced', inMs: minute })
  await agent.disconnect()
  await vi.advanceTimersByTimeAsync(2 * minute)
  expect(transport.requests).toHaveLength(2)
})

it('leaves a connection that lasts a minute alone for half of it, whatever pauses there are', async () => {
  const { agent, transport } = setUp()
  await agent.connect()
  transport.emit({ type: 'endAnnounced', inMs: minute })
  await vi.advanceTimersByTimeAsync(30_000 + 2_999)
  expect(transport.requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(transport.requests).toHaveLength(2)
})

it('does not keep calling a server that announces the end of each connection at its start', async () => {
  const transport = scriptedTransport()
  const { agent, state } = setUp(undefined, {
    reconnect: { baseDelayMs: 1_000, maxAttempts: 3 },
    transport: (host) => {
      const own = transport(host)
      return {
        ...own,
        async connect(request) {
          const continuation = await own.connect(request)
          queueMicrotask(() => queueMicrotask(() => host.emit({ type: 'endAnnounced', inMs: 0 })))
          return continuation
        },
      }
    },
  })
  await agent.connect().catch(() => undefined)
  await vi.advanceTimersByTimeAsync(minute)
  expect(transport.requests.length).toBeLessThanOrEqual(4)
  expect(state().connection.status).toBe('failed')
})
