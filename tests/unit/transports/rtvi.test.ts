import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TransportEvent } from '../../../middleware/drivers/call/ports.js'
import { parseRetryAfter } from '../../../src/lib/voice-agent/transports/signalling-request.js'
import { createRtviReader, parseInbound } from '../../../src/lib/voice-agent/transports/small-webrtc/rtvi.js'

function read(...messages: [type: string, data?: Record<string, unknown>][]): TransportEvent[] {
  const events: TransportEvent[] = []
  let turns = 0
  const reader = createRtviReader(
    (event) => events.push(event),
    () => `turn-${++turns}`,
  )
  for (const [type, data = {}] of messages) reader({ type, data })
  return events
}

const spoken = (segment: number, text: string, accumulated: string, status = 'in-progress') =>
  [
    'bot-output',
    {
      text,
      segment_id: segment,
      will_be_spoken: true,
      spoken_status: status,
      spoken_progress: { accumulated_text: accumulated, remaining_text: text.slice(accumulated.length) },
    },
  ] as [string, Record<string, unknown>]

describe('RTVI', () => {
  it('shows spoken text as it is spoken, over several segments, and completes the turn when the bot stops speaking', () => {
    const events = read(
      ['bot-llm-started'],
      ['bot-output', { text: 'Good day.', segment_id: 1, will_be_spoken: true, spoken_status: 'new' }],
      ['bot-started-speaking'],
      spoken(1, 'Good day.', 'Good'),
      spoken(1, 'Good day.', 'Good day.', 'completed'),
      spoken(2, 'Tea?', 'Tea?', 'completed'),
      ['bot-llm-stopped'],
      ['bot-stopped-speaking'],
    )
    expect(events).toEqual([
      { type: 'assistantTurnStarted', turnId: 'turn-1' },
      { type: 'assistantSpeechStarted' },
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: 'Good' },
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: ' day.' },
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: ' Tea?' },
      { type: 'assistantTurnCompleted', turnId: 'turn-1' },
      { type: 'assistantSpeechStopped' },
    ])
  })

  it('keeps what was heard when the bot is interrupted, and starts a new turn for the next answer', () => {
    const events = read(
      ['bot-llm-started'],
      ['bot-started-speaking'],
      spoken(1, 'Good day.', 'Good'),
      ['bot-interrupted'],
      ['bot-llm-stopped'],
      ['bot-stopped-speaking'],
      ['bot-llm-started'],
    )
    expect(events.filter(({ type }) => type.startsWith('assistantTurn'))).toEqual([
      { type: 'assistantTurnStarted', turnId: 'turn-1' },
      { type: 'assistantTurnInterrupted', turnId: 'turn-1' },
      { type: 'assistantTurnStarted', turnId: 'turn-2' },
    ])
  })

  it("reads a bot that sends only its language model's text, and replaces it when better text arrives", () => {
    const events = read(
      ['bot-llm-started'],
      ['bot-llm-text', { text: 'Good ' }],
      ['bot-tts-text', { text: 'ignored' }],
      ['bot-llm-text', { text: 'day' }],
      spoken(1, 'Fine.', 'Fine.'),
    )
    expect(events.slice(1)).toEqual([
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: 'Good ' },
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: 'day' },
      { type: 'assistantTextReplaced', turnId: 'turn-1', text: 'Fine.' },
    ])
  })

  it('completes an unspoken answer when the language model is done', () => {
    const events = read(['bot-llm-started'], ['bot-llm-text', { text: 'Hi' }], ['bot-llm-stopped'])
    expect(events.at(-1)).toEqual({ type: 'assistantTurnCompleted', turnId: 'turn-1' })
  })

  it('ends a turn without text, such as a silent function call, when the model stops', () => {
    const events = read(
      ['bot-llm-started'],
      ['bot-llm-text', { text: 'Hello.' }],
      ['bot-started-speaking'],
      ['bot-llm-stopped'],
      ['bot-stopped-speaking'],
      ['bot-llm-started'],
      ['llm-function-call-in-progress', { function_name: 'light', tool_call_id: 'c1', arguments: {} }],
      ['bot-llm-stopped'],
    )
    expect(events.at(-1)).toEqual({ type: 'assistantTurnCompleted', turnId: 'turn-2' })
  })

  const sentence = 'One two three four five six seven eight nine ten.'
  const speaking: [type: string, data?: Record<string, unknown>][] = [
    ['bot-llm-started'],
    ['bot-started-speaking'],
    ['bot-llm-text', { text: sentence }],
    ['bot-tts-text', { text: 'One two three' }],
  ]
  const barge = [['user-started-speaking'], ['bot-stopped-speaking']] as [string][]

  it.each([
    ['that still generates', speaking],
    ['whose text was complete', [...speaking, ['bot-llm-stopped']] as typeof speaking],
  ])(
    'keeps what was heard of a bot %s and falls silent because the user speaks, without saying so',
    (_, before) => {
      const events = read(...before, ...barge)
      expect(events.slice(-3)).toEqual([
        { type: 'assistantTextReplaced', turnId: 'turn-1', text: 'One two three' },
        { type: 'assistantTurnInterrupted', turnId: 'turn-1' },
        { type: 'assistantSpeechStopped' },
      ])
    },
  )

  it('keeps the whole text if the spoken words differ from the written ones', () => {
    const events = read(
      ['bot-llm-started'],
      ['bot-started-speaking'],
      ['bot-llm-text', { text: 'It costs 200 euros.' }],
      ['bot-tts-text', { text: 'It costs' }],
      ['bot-tts-text', { text: 'two hundred' }],
      ...barge,
    )
    expect(events.filter(({ type }) => type === 'assistantTextReplaced')).toEqual([])
    expect(events).toContainEqual({ type: 'assistantTurnInterrupted', turnId: 'turn-1' })
  })

  it('completes an answer that was spoken to its end, though the user said something meanwhile', () => {
    const events = read(
      ['bot-llm-started'],
      ['bot-started-speaking'],
      ['bot-llm-text', { text: 'Good day.' }],
      ['bot-llm-stopped'],
      ['user-started-speaking'],
      ['bot-tts-text', { text: 'Good day.' }],
      ['user-stopped-speaking'],
      ['bot-stopped-speaking'],
    )
    expect(events).toContainEqual({ type: 'assistantTurnCompleted', turnId: 'turn-1' })
  })

  it('reports an interruption before the answer has started, so that nothing waits for it', () => {
    const events = read(['bot-interrupted'])
    expect(events).toEqual([{ type: 'assistantTurnInterrupted', turnId: 'turn-1' }])
  })

  const written = (text: string): [type: string, data?: Record<string, unknown>][] => [
    ['bot-llm-started'],
    ['bot-llm-text', { text }],
    ['bot-llm-stopped'],
  ]
  const ahead = (segment: number, text: string) => spoken(segment, text, '', 'new')
  const turnsOf = (events: TransportEvent[]) => events.filter(({ type }) => type.startsWith('assistantT'))

  it('assigns words that arrive after an interruption to the previous answer, until another starts', () => {
    const rest: [type: string, data?: Record<string, unknown>][] = [
      ['bot-llm-text', { text: ' day.' }],
      ['bot-tts-text', { text: 'day.' }],
      spoken(1, 'Good day.', 'Good day.', 'completed'),
    ]
    expect(turnsOf(read(['bot-interrupted'], ...rest, ['bot-stopped-speaking'], ...rest))).toEqual([
      { type: 'assistantTurnInterrupted', turnId: 'turn-1' },
    ])
    const next: [type: string, data?: Record<string, unknown>][][] = [
      [['bot-llm-started'], ['bot-llm-text', { text: 'Tea?' }]],
      [['bot-started-speaking'], ['bot-tts-text', { text: 'Tea?' }]],
      [ahead(7, 'Tea?'), spoken(7, 'Tea?', 'Tea?', 'completed')],
    ]
    for (const answer of next)
      expect(turnsOf(read(['bot-interrupted'], ...rest, ...answer))).toEqual([
        { type: 'assistantTurnInterrupted', turnId: 'turn-1' },
        { type: 'assistantTurnStarted', turnId: 'turn-2' },
        { type: 'assistantTextAppended', turnId: 'turn-2', delta: 'Tea?' },
      ])
  })

  it('shows an answer once if its text is complete before its first word is spoken', () => {
    const events = read(
      ...written('Hello there.'),
      ['bot-started-speaking'],
      ahead(1, 'Hello there.'),
      ['bot-tts-text', { text: 'Hello' }],
      ['bot-tts-text', { text: 'there.' }],
      spoken(1, 'Hello there.', 'Hello there.', 'completed'),
      ['bot-stopped-speaking'],
    )
    expect(turnsOf(events)).toEqual([
      { type: 'assistantTurnStarted', turnId: 'turn-1' },
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: 'Hello there.' },
      { type: 'assistantTurnCompleted', turnId: 'turn-1' },
    ])
  })

  it('waits for the speech of a bot known to speak, and keeps what was heard of it', () => {
    const events = read(
      ['bot-started-speaking'],
      ['bot-stopped-speaking'],
      ...written('Good day. Tea?'),
      ['bot-started-speaking'],
      ahead(1, 'Good day.'),
      spoken(1, 'Good day.', 'Good day.', 'completed'),
      ahead(2, 'Tea?'),
      ['bot-interrupted'],
      ['bot-stopped-speaking'],
    )
    expect(turnsOf(events)).toEqual([
      { type: 'assistantTurnStarted', turnId: 'turn-1' },
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: 'Good day. Tea?' },
      { type: 'assistantTextReplaced', turnId: 'turn-1', text: 'Good day.' },
      { type: 'assistantTurnInterrupted', turnId: 'turn-1' },
    ])
  })

  it('shows what is said without the language model after an answer, and loses no word of it', () => {
    const events = read(
      ...written('I will see you.'),
      ['bot-started-speaking'],
      ...['I', 'will', 'see', 'you.'].map((text) => ['bot-tts-text', { text }] as [string, { text: string }]),
      ['bot-stopped-speaking'],
      ['bot-started-speaking'],
      ['bot-tts-text', { text: 'I' }],
      ['bot-tts-text', { text: 'wait.' }],
      ['bot-stopped-speaking'],
    )
    expect(turnsOf(events).filter(({ type }) => type === 'assistantTextAppended')).toEqual([
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: 'I will see you.' },
      { type: 'assistantTextAppended', turnId: 'turn-2', delta: 'I' },
      { type: 'assistantTextAppended', turnId: 'turn-2', delta: ' wait.' },
    ])
  })

  it('treats sentences with a pause between them as one answer', () => {
    const events = read(
      ...written('Good day. Tea?'),
      ['bot-started-speaking'],
      spoken(1, 'Good day.', 'Good day.', 'completed'),
      ['bot-stopped-speaking'],
      ['bot-started-speaking'],
      spoken(2, 'Tea?', 'Tea?', 'completed'),
      ['bot-stopped-speaking'],
    )
    expect(turnsOf(events).filter(({ type }) => type === 'assistantTurnStarted')).toHaveLength(1)
  })

  it('completes a spoken answer whose end the language model reports late', () => {
    const events = read(
      ['bot-llm-started'],
      ['bot-llm-text', { text: 'Hi' }],
      ['bot-started-speaking'],
      spoken(1, 'Hi', 'Hi', 'completed'),
      ['bot-stopped-speaking'],
      ['bot-llm-stopped'],
    )
    expect(events.at(-1)).toEqual({ type: 'assistantTurnCompleted', turnId: 'turn-1' })
  })

  it('does not show words twice for a bot with RTVI 1, which sends them as text and again as spoken', () => {
    const events = read(
      ['bot-llm-started'],
      ['bot-llm-text', { text: 'Hi you' }],
      ['bot-started-speaking'],
      ['bot-output', { text: 'Hi you', spoken: false, aggregated_by: 'sentence' }],
      ['bot-output', { text: 'Hi', spoken: true, aggregated_by: 'word' }],
      ['bot-llm-stopped'],
      ['bot-stopped-speaking'],
    )
    expect(turnsOf(events)).toEqual([
      { type: 'assistantTurnStarted', turnId: 'turn-1' },
      { type: 'assistantTextAppended', turnId: 'turn-1', delta: 'Hi you' },
      { type: 'assistantTurnCompleted', turnId: 'turn-1' },
    ])
  })

  it('accepts any text without throwing, and reports anything but RTVI as malformed', () => {
    expect(parseInbound('{"type":"signalling","message":{"type":"peerLeft"}}')).toBe('peer-left')
    expect(parseInbound('{"type":"signalling","message":{"type":"renegotiate"}}')).toBe('ignored')
    expect(parseInbound('<html>')).toBe('malformed')
    expect(parseInbound('{"type":"bot-ready"}')).toBe('malformed')
    const types = ['bot-output', 'bot-llm-text', 'user-transcription', 'error', '__proto__', 'constructor']
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.dictionary(fc.string(), fc.jsonValue()), (type, data) => {
        const inbound = parseInbound(JSON.stringify({ id: 1, label: 'rtvi-ai', type, data }))
        if (typeof inbound === 'object') read([inbound.type, inbound.data])
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => void parseInbound(text)))
  })
})

describe('Retry-After', () => {
  it('is parsed in seconds and as a date', () => {
    expect(parseRetryAfter('3', 0)).toBe(3_000)
    expect(parseRetryAfter('Thu, 01 Jan 1970 00:00:05 GMT', 2_000)).toBe(3_000)
    expect(parseRetryAfter('soon', 0)).toBeUndefined()
    expect(parseRetryAfter('1'.repeat(400), 0)).toBe(3_600_000)
    expect(parseRetryAfter(null, 0)).toBeUndefined()
  })
})
