import fc from 'fast-check'
import { afterEach, expect, it, vi } from 'vitest'
import { rtviCall } from './rtvi-call.js'
import { setUp } from './support.js'

afterEach(() => void vi.unstubAllGlobals())

const types = [
  'user-started-speaking',
  'user-stopped-speaking',
  'user-transcription',
  'bot-llm-started',
  'bot-llm-text',
  'bot-llm-stopped',
  'bot-tts-text',
  'bot-output',
  'bot-started-speaking',
  'bot-stopped-speaking',
  'bot-interrupted',
  'bot-ready',
  'llm-function-call-in-progress',
  'llm-function-call-stopped',
  'server-message',
  'error',
]
const odd = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'signalling',
)
const keys = fc.constantFrom(
  'tool_call_id',
  'arguments',
  'text',
  'final',
  'segment_id',
  'spoken_progress',
  'spoken_status',
  'type',
)
const poison = fc.constantFrom(
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  JSON.stringify('x'.repeat(300_000)),
)
/** JSON of a message's data: known fields with wrong types, and values known to break parsers. */
const data = fc.oneof(
  fc.dictionary(fc.oneof(keys, odd, fc.string()), fc.jsonValue()).map((value) => JSON.stringify(value)),
  fc.json(),
  poison,
)
const envelope = fc
  .tuple(fc.oneof(fc.constantFrom(...types), odd, fc.string()), data)
  .map(([type, json]) => `{"id":1,"label":"rtvi-ai","type":${JSON.stringify(type)},"data":${json}}`)
const message = fc.oneof(
  { weight: 6, arbitrary: envelope },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: poison },
)

it('nothing that an agent sends can throw, change a prototype, or lead to a state that is not JSON', async () => {
  const { transport, receive } = rtviCall()
  const { agent, store } = setUp(undefined, { transport })
  await agent.connect()
  const before = Object.getOwnPropertyNames(Object.prototype)
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
      for (const text of messages) receive(text)
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
      const state = store.getState()
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }),
    { numRuns: 200 },
  )
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
})

it.each([
  ['invalid JSON', '<html>'],
  ['a missing envelope', '{"type":"bot-llm-text","data":{"text":"Hi"}}'],
  ['a text that is not a string', '{"label":"rtvi-ai","type":"bot-llm-text","data":{"text":{}}}'],
  ['an output without text', '{"label":"rtvi-ai","type":"bot-output","data":{}}'],
  ['a transcript without text', '{"label":"rtvi-ai","type":"user-transcription","data":[]}'],
  ['a tool call without an id', '{"label":"rtvi-ai","type":"llm-function-call-in-progress","data":{}}'],
  [
    'what is nested twenty thousand levels deep',
    `{"label":"rtvi-ai","type":"llm-function-call-in-progress","data":{"tool_call_id":"1","arguments":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
  ],
  [
    'a text of 300,000 characters',
    `{"label":"rtvi-ai","type":"bot-llm-text","data":{"text":"${'x'.repeat(300_000)}"}}`,
  ],
])('counts %s as a protocol error, shows it and continues', async (_what, text) => {
  const { transport, receive } = rtviCall()
  const { agent, state } = setUp(undefined, { transport })
  await agent.connect()
  receive(text)
  receive(text)
  await vi.waitFor(() => expect(state().connection.protocolErrors).toBe(2))
  expect(state().connection).toMatchObject({ status: 'connected', error: { code: 'protocol-error' } })
  expect(state().conversation.messages.count).toBe(0)
})

it('counts an unknown type without showing an error', async () => {
  const { transport, receive } = rtviCall()
  const { agent, state } = setUp(undefined, { transport })
  await agent.connect()
  receive('{"label":"rtvi-ai","type":"of-tomorrow","data":{}}')
  receive('{"label":"rtvi-ai","type":"metrics","data":{}}')
  await vi.waitFor(() => expect(state().connection.protocolErrors).toBe(1))
  expect(state().connection.error).toBeNull()
})
