// Event sequences as providers send them, through each provider's reader and a call. Based on RTVI 2.1 and OpenAI's API reference,
// "Realtime server events".
import { VoiceAgentError } from 'redux-voice-agent'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEventReader } from '../../../src/lib/voice-agent/transports/openai-realtime/event-reader.js'
import { createRtviReader } from '../../../src/lib/voice-agent/transports/small-webrtc/rtvi.js'
import { setUp } from './support.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A provider message, or a delay in milliseconds. */
type Step = number | [type: string, data?: Record<string, unknown>]

async function inCall() {
  const page = setUp()
  await page.voiceAgent.agent.connect()
  const { selectMessages, selectConversationStatus } = page.voiceAgent.selectors
  return {
    ...page,
    shown: () =>
      selectMessages(page.store.getState()).map(({ role, status, text }) => `${role} ${status}: ${text}`),
    lengths: () => selectMessages(page.store.getState()).map(({ speechMs }) => speechMs),
    status: () => selectConversationStatus(page.store.getState()),
  }
}

async function play(read: (type: string, data: Record<string, unknown>) => void, steps: readonly Step[]) {
  for (const step of steps) {
    if (typeof step === 'number') await vi.advanceTimersByTimeAsync(step)
    else read(step[0], step[1] ?? {})
  }
  // Streamed text waits for its frame.
  await vi.advanceTimersByTimeAsync(50)
}

async function pipecat(...steps: Step[]) {
  const page = await inCall()
  let turns = 0
  const reader = createRtviReader(page.transport.emit, () => `turn-${++turns}`)
  const read = (type: string, data: Record<string, unknown>) => reader({ type, data })
  await play(read, steps)
  return { ...page, play: (...more: Step[]) => play(read, more) }
}

async function openAi(...steps: Step[]) {
  const page = await inCall()
  const reader = createEventReader(page.transport.emit, () => performance.now())
  const read = (type: string, data: Record<string, unknown>) => reader.read({ type, ...data })
  read('session.created', { session: { audio: { input: { transcription: { model: 'm' } } } } })
  await play(read, steps)
  reader.close()
  return page
}

const says = (text: string): Step[] => [
  ['bot-llm-started'],
  ['bot-llm-text', { text }],
  ['bot-started-speaking'],
  ['bot-tts-text', { text }],
  ['bot-llm-stopped'],
  100,
  ['bot-stopped-speaking'],
]
const final = (text: string): Step => ['user-transcription', { text, final: true }]

describe('Pipecat', () => {
  it('a spoken turn in several finals is one message before its answer', async () => {
    const { shown, lengths, status } = await pipecat(
      ...says('Hello.'),
      ['user-started-speaking'],
      400,
      final('I would like two shirts'),
      300,
      ['user-stopped-speaking'],
      50,
      ['bot-llm-started'],
      ['bot-llm-text', { text: 'Two shirts' }],
      100,
      final('and one pair of socks.'),
    )
    expect(shown()).toEqual([
      'assistant final: Hello.',
      'user final: I would like two shirts and one pair of socks.',
      'assistant streaming: Two shirts',
    ])
    expect(lengths()[1]).toBe(700)
    expect(status()).toBe('processing')
  })

  it('noise settles after 5 s, and the next turn has its own length', async () => {
    const { shown, lengths, status, play } = await pipecat(['user-started-speaking'], 300, [
      'user-stopped-speaking',
    ])
    expect(status()).toBe('processing')
    await play(5_000)
    expect([status(), shown()]).toEqual(['listening', []])
    await play(
      3_000,
      ['user-started-speaking'],
      1_000,
      ['user-stopped-speaking'],
      final('What is in my cart?'),
    )
    expect([shown(), lengths()]).toEqual([['user final: What is in my cart?'], [1_000]])
    expect(status()).toBe('processing')
  })

  it('a function call after which the bot says nothing leaves the status listening', async () => {
    const { shown, status } = await pipecat(
      ...says('Hello.'),
      ['user-started-speaking'],
      500,
      ['user-stopped-speaking'],
      final('Turn on the light.'),
      ['bot-llm-started'],
      [
        'llm-function-call-in-progress',
        { function_name: 'light', tool_call_id: 'c1', arguments: { on: true } },
      ],
      ['bot-llm-stopped'],
      100,
      ['llm-function-call-stopped', { function_name: 'light', tool_call_id: 'c1', cancelled: false }],
    )
    expect(status()).toBe('listening')
    expect(shown().at(-1)).toBe('tool final: ')
  })

  it('a barge-in before RTVI 2 keeps what was heard, and the answer to it follows', async () => {
    const { shown } = await pipecat(
      ['bot-llm-started'],
      ['bot-started-speaking'],
      ['bot-llm-text', { text: 'One two three four five six seven.' }],
      ['bot-tts-text', { text: 'One two three' }],
      200,
      ['user-started-speaking'],
      ['bot-stopped-speaking'],
      300,
      ['user-stopped-speaking'],
      final('Stop.'),
      ...says('All right.'),
    )
    expect(shown()).toEqual([
      'assistant interrupted: One two three',
      'user final: Stop.',
      'assistant final: All right.',
    ])
  })

  it('a bot that never reports that it stopped speaking eventually times out', async () => {
    const { shown, status } = await pipecat(
      ['bot-llm-started'],
      ['bot-started-speaking'],
      ['bot-llm-text', { text: 'And so on' }],
      119_000,
    )
    expect(status()).toBe('speaking')
    await vi.advanceTimersByTimeAsync(1_000)
    expect([status(), shown()]).toEqual(['listening', ['assistant final: And so on']])
  })
})

describe('OpenAI', () => {
  const started = (item_id: string): Step => ['input_audio_buffer.speech_started', { item_id }]
  const stopped = (item_id: string): Step => ['input_audio_buffer.speech_stopped', { item_id }]
  const committed = (item_id: string, previous_item_id: string | null = null): Step => [
    'input_audio_buffer.committed',
    { item_id, previous_item_id },
  ]
  const words = (kind: 'delta' | 'completed', item_id: string, text: string): Step => [
    `conversation.item.input_audio_transcription.${kind}`,
    { item_id, [kind === 'delta' ? 'delta' : 'transcript']: text },
  ]
  const answer = (id: string, item_id: string, delta: string): Step[] => [
    ['response.created', { response: { id } }],
    ['response.output_item.added', { response_id: id, item: { id: item_id, type: 'message' } }],
    ['response.output_audio_transcript.delta', { response_id: id, item_id, delta }],
    ['response.done', { response: { id, status: 'completed' } }],
  ]

  it('a transcript that arrives after its answer has started is placed before it, with its length', async () => {
    const { shown, lengths } = await openAi(
      started('u1'),
      600,
      stopped('u1'),
      committed('u1'),
      ...answer('r1', 'a1', 'Gladly.'),
      3_500,
      words('completed', 'u1', 'Tea, please.'),
    )
    expect(shown()).toEqual(['user final: Tea, please.', expect.stringContaining('Gladly.')])
    expect(lengths()[0]).toBe(600)
  })

  it('interleaved transcripts of two turns keep their turns', async () => {
    const { shown, lengths } = await openAi(
      started('u1'),
      500,
      stopped('u1'),
      committed('u1'),
      started('u2'),
      900,
      stopped('u2'),
      committed('u2', 'u1'),
      words('delta', 'u2', 'And '),
      words('delta', 'u1', 'First'),
      words('completed', 'u2', 'And second.'),
      words('completed', 'u1', 'First.'),
    )
    expect(shown()).toEqual(['user final: First.', 'user final: And second.'])
    expect(lengths()).toEqual([500, 900])
  })
})

describe('a connection that recovers', () => {
  it('does not wait forever for an agent that says nothing', async () => {
    const page = setUp(() => 'resumed')
    await page.voiceAgent.agent.connect()
    const status = () => page.voiceAgent.selectors.selectConversationStatus(page.store.getState())
    // One of the agent's own tools.
    page.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'search', arguments: {} })
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(page.state().connection.status).toBe('connected')
    expect(status()).toBe('processing')
    await vi.advanceTimersByTimeAsync(120_000)
    expect(status()).toBe('listening')
  })
})

describe('turns that start before the transport reports that it is connected', () => {
  it('stay open, but not those of a failed attempt', async () => {
    let attempts = 0
    const page = setUp(() => {
      page.transport.emit({ type: 'userSpeechStarted' })
      page.transport.emit({ type: 'assistantTurnStarted', turnId: `a${attempts}` })
      page.transport.emit({ type: 'assistantTextReplaced', turnId: `a${attempts}`, text: 'Good day.' })
      if (++attempts === 2) throw new VoiceAgentError('agent-unreachable')
      return 'resumed'
    })
    const shown = () =>
      page.voiceAgent.selectors
        .selectMessages(page.store.getState())
        .map(({ role, status, text }) => `${role} ${status}: ${text}`)
    await page.voiceAgent.agent.connect()
    expect(page.state().conversation.status).toBe('listening')
    page.transport.emit({ type: 'userTranscriptReceived', text: 'Hello.', final: true })
    page.transport.emit({ type: 'userSpeechStopped' })
    page.transport.emit({ type: 'assistantTurnCompleted', turnId: 'a0' })
    expect(shown()).toEqual(['user final: Hello.', 'assistant final: Good day.'])
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(attempts).toBe(3)
    expect(shown().slice(2)).toEqual([
      'assistant interrupted: Good day.',
      'user streaming: ',
      'assistant streaming: Good day.',
    ])
    page.transport.emit({ type: 'userSpeechStopped' })
    page.transport.emit({ type: 'assistantTurnCompleted', turnId: 'a2' })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(page.state().conversation.status).toBe('listening')
    expect(shown().slice(2)).toEqual(['assistant interrupted: Good day.', 'assistant final: Good day.'])
  })
})
