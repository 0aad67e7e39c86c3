import type { ToolAnswer } from 'redux-voice-agent'
import { expect, it } from 'vitest'
import {
  createOpenToolCalls,
  createResponseQueue,
} from '../../../src/lib/voice-agent/transports/openai-realtime/response-queue.js'

function setUp() {
  const sent: string[] = []
  let ids = 0
  const queue = createResponseQueue(
    ({ type }) => sent.push(type),
    () => `event-${++ids}`,
  )
  return { sent, queue }
}

it('requests one response at a time, and one for everything that arrived meanwhile', () => {
  const { sent, queue } = setUp()
  queue.request()
  queue.request()
  expect(sent).toEqual(['response.create'])
  queue.onCreated()
  queue.request()
  expect(sent).toHaveLength(1)
  queue.onDone()
  expect(sent).toEqual(['response.create', 'response.create'])
})

it.each(['event-1', null])(
  'waits for a response that the server has just started unasked, if its error names %s',
  (eventId) => {
    const { sent, queue } = setUp()
    queue.request()
    const refusal = { code: 'conversation_already_has_active_response', eventId }
    expect(queue.onError(refusal)).toBe(true)
    expect(sent).toHaveLength(1)
    queue.onDone()
    expect(sent).toEqual(['response.create', 'response.create'])
  },
)

it('cancels only active responses, once, and a requested one as soon as it has started', () => {
  const { sent, queue } = setUp()
  queue.cancel()
  expect(sent).toEqual([])
  queue.request()
  queue.cancel()
  queue.onCreated()
  queue.cancel()
  expect(sent).toEqual(['response.create', 'response.cancel'])
  queue.request()
  queue.onDone()
  expect(sent.at(-1)).toBe('response.create')
  expect(queue.onError({ code: 'response_cancel_not_active', eventId: null })).toBe(true)
  expect(queue.onError({ code: 'rate_limit_exceeded', eventId: 'event-3' })).toBe(false)
})

it('continues after the last of several tool results, and reports late outcomes', () => {
  const log: string[] = []
  const calls = createOpenToolCalls(new Set(['add']), {
    answer: ({ toolCallId, answer }) =>
      void log.push(`${toolCallId} ${'error' in answer ? 'error' : 'result'}`),
    tell: ({ toolCallId }) => void log.push(`${toolCallId} is known now`),
    requestResponse: () => void log.push('go on'),
  })
  const answered = (toolCallId: string, answer: ToolAnswer, marks: { isLate?: true; isQuiet?: true } = {}) =>
    calls.answered({ type: 'tool-answer', toolCallId, name: 'add', arguments: {}, answer, ...marks })
  for (const id of ['1', '2']) calls.started(id, 'add')
  calls.started('3', 'of its own')
  answered('1', { result: 1 })
  answered('2', { error: 'no' })
  answered('2', { result: 'twice' })
  answered('3', { result: 'not asked for' })
  expect(log).toEqual(['1 result', '2 error', 'go on'])
  calls.started('4', 'add')
  // After an interruption by the user, the agent gets its result, but does not speak.
  answered('4', { error: 'not known yet' }, { isQuiet: true })
  answered('4', { result: 'late' }, { isLate: true, isQuiet: true })
  answered('5', { result: 'of a session before' }, { isLate: true })
  expect(log.slice(3)).toEqual(['4 error', '4 is known now', '5 is known now', 'go on'])
})
