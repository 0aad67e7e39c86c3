import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TransportEvent } from '../../../middleware/drivers/call/ports.js'
import { createApproval } from '../../../src/lib/voice-agent/transports/openai-realtime/client-events.js'
import {
  createEventReader,
  parseServerEvent,
  transcriptionOf,
} from '../../../src/lib/voice-agent/transports/openai-realtime/event-reader.js'
import { MAX_WAIT_MS } from '../../../src/lib/voice-agent/transports/openai-realtime/item-order.js'

type Sent = { type: string } & Record<string, unknown>

let events: TransportEvent[]
let reader: ReturnType<typeof createEventReader>
let now = 0

beforeEach(() => {
  vi.useFakeTimers()
  events = []
  now = 0
  reader = createEventReader(
    (event) => events.push(event),
    () => now,
  )
  read({ type: 'session.created', session: { audio: { input: { transcription: { model: 'm' } } } } })
})
afterEach(() => {
  reader.close()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

function read(...sent: Sent[]) {
  for (const event of sent) reader.read(event)
}
const types = () => events.map(({ type }) => type)

const committed = (item_id: string, previous_item_id: string | null = null): Sent => ({
  type: 'input_audio_buffer.committed',
  item_id,
  previous_item_id,
})
const transcribed = (item_id: string, transcript: string): Sent => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id,
  content_index: 0,
  transcript,
})
const created = (id: string): Sent => ({ type: 'response.created', response: { id } })
const done = (id: string, status = 'completed'): Sent => ({ type: 'response.done', response: { id, status } })
const itemAdded = (response_id: string, id: string): Sent => ({
  type: 'response.output_item.added',
  response_id,
  item: { id, type: 'message', role: 'assistant' },
})
const spoken = (response_id: string, item_id: string, delta: string): Sent => ({
  type: 'response.output_audio_transcript.delta',
  response_id,
  item_id,
  delta,
})
const written = (response_id: string, item_id: string, delta: string): Sent => ({
  type: 'response.output_text.delta',
  response_id,
  item_id,
  delta,
})
const buffer = (what: 'started' | 'stopped' | 'cleared', response_id: string): Sent => ({
  type: `output_audio_buffer.${what}`,
  response_id,
})
const answer = (response: string, item: string, words: string) => [
  created(response),
  itemAdded(response, item),
  spoken(response, item, words),
]

describe('the order of a conversation', () => {
  it('shows the words of a spoken turn before its answer, although they arrive after it', () => {
    read(committed('u1'), ...answer('r1', 'a1', 'Good day.'))
    expect(types()).toEqual([])
    read(transcribed('u1', ' Hello.\n'))
    expect(events).toEqual([
      { type: 'userTranscriptReceived', text: 'Hello.', final: true, turnId: 'u1' },
      { type: 'assistantTurnStarted', turnId: 'a1' },
      { type: 'assistantTextAppended', turnId: 'a1', delta: 'Good day.' },
    ])
  })

  it('orders the words of two turns by previous_item_id, not by when they were transcribed', () => {
    read(committed('u2', 'u1'), committed('u1'))
    read({ type: 'conversation.item.added', item: { id: 'u2', type: 'message' }, previous_item_id: 'u1' })
    read(transcribed('u2', 'second'))
    expect(types()).toEqual([])
    read(transcribed('u1', 'first'))
    expect(events).toMatchObject([{ text: 'first' }, { text: 'second' }])
  })

  it('waits no longer than the limit, and still shows late words', () => {
    read(committed('u1'), ...answer('r1', 'a1', 'Good day.'))
    vi.advanceTimersByTime(MAX_WAIT_MS)
    expect(types()).toEqual(['assistantTurnStarted', 'assistantTextAppended'])
    read(transcribed('u1', 'Hello.'))
    expect(events.at(-1)).toEqual({
      type: 'userTranscriptReceived',
      text: 'Hello.',
      final: true,
      turnId: 'u1',
    })
  })

  it('continues immediately if the transcription failed, or if there is none', () => {
    read(committed('u1'), ...answer('r1', 'a1', 'Yes.'))
    read({ type: 'conversation.item.input_audio_transcription.failed', item_id: 'u1', error: {} })
    expect(events[0]).toEqual({ type: 'userTranscriptReceived', text: '', final: true, turnId: 'u1' })
    read({ type: 'session.updated', session: { audio: { input: { transcription: null } } } })
    events.length = 0
    read(committed('u2', 'a1'))
    expect(events).toEqual([{ type: 'userTranscriptReceived', text: '', final: true, turnId: 'u2' }])
  })

  it('does not hold back the rest of an answer that the user interrupts', () => {
    read(...answer('r1', 'a1', 'Once upon'), committed('u1', 'a1'), spoken('r1', 'a1', ' a time'))
    expect(events.at(-1)).toEqual({ type: 'assistantTextAppended', turnId: 'a1', delta: ' a time' })
    read(transcribed('u1', 'Stop'))
  })

  it('shows words as they are being transcribed', () => {
    read(committed('u1'))
    for (const delta of ['Good', ' day']) {
      read({ type: 'conversation.item.input_audio_transcription.delta', item_id: 'u1', delta })
    }
    read(transcribed('u1', 'Good day.'))
    expect(events).toMatchObject([
      { text: 'Good', final: false },
      { text: 'Good day', final: false },
      { text: 'Good day.', final: true },
    ])
  })
})

describe('an answer', () => {
  it('is complete when it was played, not when it was generated', () => {
    read(...answer('r1', 'a1', 'Good day.'), buffer('started', 'r1'), done('r1'))
    expect(types()).not.toContain('assistantTurnCompleted')
    read(buffer('stopped', 'r1'))
    expect(types().slice(2)).toEqual([
      'assistantSpeechStarted',
      'assistantSpeechStopped',
      'assistantTurnCompleted',
    ])
  })

  it('that is not spoken is complete when it was generated', () => {
    read(created('r1'), itemAdded('r1', 'a1'), written('r1', 'a1', 'Hi.'), done('r1'))
    expect(types()).toEqual(['assistantTurnStarted', 'assistantTextAppended', 'assistantTurnCompleted'])
  })

  it('that is truncated during playback is interrupted, keeps its text, and emits nothing more', () => {
    read(...answer('r1', 'a1', 'Once upon'), buffer('started', 'r1'), done('r1'))
    now = 1_234.5
    expect(reader.heard()).toEqual({ itemId: 'a1', ms: 1_234 })
    read(buffer('cleared', 'r1'), spoken('r1', 'a1', ' a time'))
    expect(types().slice(2)).toEqual([
      'assistantSpeechStarted',
      'assistantSpeechStopped',
      'assistantTurnInterrupted',
    ])
    expect(reader.heard()).toBeNull()
  })

  it('that is cancelled during generation is interrupted once', () => {
    read(
      ...answer('r1', 'a1', 'Once'),
      buffer('started', 'r1'),
      done('r1', 'cancelled'),
      buffer('cleared', 'r1'),
    )
    expect(types().filter((type) => type === 'assistantTurnInterrupted')).toHaveLength(1)
    expect(types().filter((type) => type === 'assistantSpeechStopped')).toHaveLength(1)
  })

  it("that failed is an error without the provider's text", () => {
    const secret = { error: { code: 'x', message: 'said: my password' } }
    read(created('r1'), {
      type: 'response.done',
      response: { id: 'r1', status: 'failed', status_details: secret },
    })
    expect(events).toMatchObject([
      { type: 'agentErrorReported', error: { code: 'agent-error', providerCode: 'x' }, fatal: false },
    ])
    expect(JSON.stringify(events)).not.toContain('password')
  })

  it.each([
    [{ code: 'insufficient_quota', type: 'insufficient_quota' }, 'insufficient_quota'],
    [{ type: 'server_error' }, 'server_error'],
    [{ code: 'said: my password' }, undefined],
    [null, undefined],
  ])('that failed keeps the code %j, if valid', (error, providerCode) => {
    const response = { id: 'r1', status: 'failed', status_details: { type: 'failed', error } }
    read(created('r1'), { type: 'response.done', response })
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ error: { code: 'agent-error' } })
    expect((events[0] as { error: { providerCode?: string } }).error.providerCode).toBe(providerCode)
  })

  it("with event names from before GA is shown like one with today's", () => {
    const text = (type: string, fields: object): Sent => ({
      type,
      response_id: 'r1',
      item_id: 'a1',
      ...fields,
    })
    read(
      created('r1'),
      itemAdded('r1', 'a1'),
      text('response.audio_transcript.delta', { delta: 'Good' }),
      text('response.audio.delta', { delta: 'AAAA' }),
      text('response.audio_transcript.done', { transcript: 'Good day.' }),
      text('response.audio.done', {}),
      created('r2'),
      { type: 'response.text.done', response_id: 'r2', item_id: 'a2', text: 'Written.' },
    )
    expect(events.filter(({ type }) => type !== 'assistantTurnStarted')).toEqual([
      { type: 'assistantTextAppended', turnId: 'a1', delta: 'Good' },
      { type: 'assistantTextAppended', turnId: 'a2', delta: 'Written.' },
    ])
  })

  it('whose response.created never arrived is shown, and one that has ended does not start again', () => {
    read(itemAdded('r1', 'a1'), spoken('r1', 'a1', 'Yes.'), done('r1', 'cancelled'))
    expect(types()).toEqual(['assistantTurnStarted', 'assistantTextAppended', 'assistantTurnInterrupted'])
    read(created('r1'), spoken('r1', 'a2', ' late'), buffer('started', 'r1'))
    expect(types()).toHaveLength(3)
  })

  it('shows the whole text if none of its deltas arrived', () => {
    read(created('r1'), itemAdded('r1', 'a1'))
    read({ type: 'response.output_text.done', response_id: 'r1', item_id: 'a1', text: 'All of it.' })
    expect(events.at(-1)).toEqual({ type: 'assistantTextAppended', turnId: 'a1', delta: 'All of it.' })
    read({ type: 'response.output_text.done', response_id: 'r1', item_id: 'a1', text: 'All of it.' })
    expect(events.filter(({ type }) => type === 'assistantTextAppended')).toHaveLength(1)
  })
})

describe('a tool call', () => {
  const call = (fields: object): Sent => ({
    type: 'response.output_item.done',
    response_id: 'r1',
    item: {
      id: 'f1',
      type: 'function_call',
      call_id: 'c1',
      name: 'addToCart',
      status: 'completed',
      ...fields,
    },
  })

  it('is created from a complete item; a truncated one is not run', () => {
    read(created('r1'), call({ arguments: '{"id":"a","quan', status: 'incomplete' }))
    expect(events).toEqual([])
    read(call({ arguments: '{"id":"a"}' }))
    expect(events).toEqual([
      { type: 'toolCallStarted', toolCallId: 'c1', name: 'addToCart', arguments: { id: 'a' } },
    ])
  })

  it('with arguments that are not JSON is passed on for the schema to reject', () => {
    read(created('r1'), call({ arguments: '{"id":' }))
    expect(events).toMatchObject([{ type: 'toolCallStarted', arguments: '{"id":' }])
  })
})

describe('an MCP tool call', () => {
  const done = (item: object): Sent => ({ type: 'response.output_item.done', response_id: 'r1', item })
  const request = {
    id: 'mcpr_1',
    type: 'mcp_approval_request',
    server_label: 'shop',
    name: 'order',
    arguments: '{"id":"a"}',
  }
  const mcpCall = {
    id: 'mcp_1',
    type: 'mcp_call',
    server_label: 'shop',
    name: 'order',
    arguments: '{"id":"a"}',
  }

  it('that needs approval is one message, from the request to its end', () => {
    read(created('r1'), done(request), done(request))
    read(created('r2'), done({ ...mcpCall, approval_request_id: 'mcpr_1', output: 'ok', error: null }))
    expect(events).toEqual([
      { type: 'toolCallStarted', toolCallId: 'mcpr_1', name: 'order', arguments: { id: 'a' } },
      { type: 'toolApprovalNeeded', toolCallId: 'mcpr_1' },
      { type: 'toolCallStopped', toolCallId: 'mcpr_1', cancelled: false, failed: false },
    ])
  })

  it('is approved or declined with an item after its request', () => {
    expect(createApproval('mcpr_1', true)).toEqual({
      type: 'conversation.item.create',
      previous_item_id: 'mcpr_1',
      item: { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
    })
  })

  it('that needs none is shown when it has ended, and may have failed', () => {
    read(created('r1'), done({ ...mcpCall, error: { type: 'http_error', code: 500, message: 'secret' } }))
    expect(events).toEqual([
      { type: 'toolCallStarted', toolCallId: 'mcp_1', name: 'order', arguments: { id: 'a' } },
      { type: 'toolCallStopped', toolCallId: 'mcp_1', cancelled: false, failed: true },
    ])
  })
})

describe('unreadable input', () => {
  it('is not an event', () => {
    for (const text of ['', '<html>', '[]', 'null', '{}', '{"type":1}', '['.repeat(100_000)]) {
      expect(parseServerEvent(text)).toBeNull()
    }
  })

  it('is not a transcription, unless the session enables it with the option of today or before GA', () => {
    expect(transcriptionOf({ audio: { input: { transcription: { model: 'm' } } } })).toEqual({ model: 'm' })
    expect(transcriptionOf({ input_audio_transcription: { model: 'whisper-1' } })).toEqual({
      model: 'whisper-1',
    })
    for (const session of [null, 1, {}, { audio: null }, { audio: { input: { transcription: null } } }])
      expect(transcriptionOf(session)).toBeNull()
  })

  it('is counted: as malformed if a field is missing, as unknown for any other type', () => {
    read({ type: 'response.created' }, { type: 'input_audio_buffer.committed', item_id: 7 })
    read({ type: 'toString' }, { type: 'response.brand_new' }, { type: 'rate_limits.updated' })
    expect(events).toEqual([
      { type: 'protocolError', why: 'malformed' },
      { type: 'protocolError', why: 'malformed' },
      { type: 'protocolError', why: 'unknown' },
      { type: 'protocolError', why: 'unknown' },
    ])
  })

  it('never throws, and each turn starts once, before its text, and ends at most once, whatever arrives in whatever order', () => {
    const id = fc.constantFrom('x', 'y', 'z')
    const sent: fc.Arbitrary<Sent> = fc.oneof(
      id.map((item) => committed(item)),
      fc.tuple(id, id).map(([item, previous]) => committed(item, previous)),
      id.map((item) => transcribed(item, 'words')),
      id.map(created),
      fc.tuple(id, id).map(([response, item]) => itemAdded(response, item)),
      fc.tuple(id, id).map(([response, item]) => spoken(response, item, 'w')),
      fc.tuple(id, id).map(([response, item]) => written(response, item, 'w')),
      fc
        .tuple(id, fc.constantFrom('completed', 'cancelled', 'failed'))
        .map(([response, s]) => done(response, s)),
      fc
        .tuple(fc.constantFrom('started', 'stopped', 'cleared'), id)
        .map(([what, r]) => buffer(what as 'started', r)),
      fc.record({ type: fc.string() }, { noNullPrototype: true }),
      fc
        .tuple(fc.constantFrom('response.done', 'session.updated', 'conversation.item.added'), fc.object())
        .map(([type, fields]) => ({ ...fields, type })),
    )
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 60 }), (all) => {
        const seen: TransportEvent[] = []
        const own = createEventReader(
          (event) => seen.push(event),
          () => 0,
        )
        for (const event of all) own.read(event)
        own.close()
        let isSpeaking = false
        const begun = new Set<string>()
        const open = new Set<string>()
        for (const event of seen) {
          if (event.type === 'assistantTurnStarted') {
            expect(begun.has(event.turnId)).toBe(false)
            begun.add(event.turnId)
            open.add(event.turnId)
          }
          if (event.type === 'assistantTextAppended') expect(open.has(event.turnId)).toBe(true)
          if (event.type === 'assistantTurnCompleted' || event.type === 'assistantTurnInterrupted') {
            expect(open.delete(event.turnId)).toBe(true)
          }
          if (event.type === 'assistantSpeechStopped') expect(isSpeaking).toBe(true)
          if (event.type === 'assistantSpeechStarted') isSpeaking = true
        }
      }),
    )
  })
})
