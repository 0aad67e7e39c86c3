import { VoiceAgentError } from 'redux-voice-agent'
import type { TransportEvent } from 'redux-voice-agent/transports'
import { expect, it } from 'vitest'
import { setUp } from './support.js'

/** Events of an app's transport that is written without types, or wrongly. */
const nonsense = (value: unknown) => value as TransportEvent

const malformed = [
  null,
  undefined,
  'user-transcript',
  [],
  {},
  { type: Object.create(null) },
  { type: 'user-transcript', final: true },
  { type: 'user-transcript', text: { words: 'Hello' }, final: true },
  { type: 'user-transcript', text: 'Hello', final: 'yes' },
  { type: 'assistant-turn-started' },
  { type: 'assistant-text', turnId: 'a' },
  { type: 'assistant-text', turnId: 'a', delta: 1 },
  { type: 'assistant-text', delta: 'lost' },
  { type: 'assistant-text-replaced', turnId: 'a', text: null },
  { type: 'assistant-turn-completed', turnId: 7 },
  { type: 'assistant-turn-interrupted' },
  { type: 'connection-state' },
  { type: 'tool-call-started', name: 'cart' },
  { type: 'tool-call-stopped', callId: 't' },
  { type: 'agent-error', fatal: true },
  { type: 'agent-error', error: { code: 'agent-error', recoverable: true }, fatal: true },
  { type: 'microphone', microphone: Symbol('live') },
  { type: 'playback', playback: Object.create(null) },
  { type: 'audio-level', level: 1 },
  { type: 'audio-level', source: 'agent', level: 'loud' },
]
const unknown = [{ type: 'weather' }, { type: 'toString' }, { type: '__proto__' }]

it('counts an invalid event of a transport, and processes the next one', async () => {
  const { agent, transport, state } = setUp()
  await agent.connect()
  transport.emit({ type: 'assistant-turn-started', turnId: 'a' })
  for (const event of [...malformed, ...unknown]) {
    expect(() => transport.emit(nonsense(event))).not.toThrow()
  }
  transport.emit({ type: 'assistant-text', turnId: 'a', delta: 'I am ' })
  transport.emit({ type: 'assistant-text', turnId: 'a', delta: 'still here.' })
  transport.emit({ type: 'assistant-turn-completed', turnId: 'a' })
  expect(agent.selectors.selectMessages(agent.store.getState())).toMatchObject([
    { id: 'a', text: 'I am still here.', status: 'final' },
  ])
  expect(state().connection).toMatchObject({
    status: 'connected',
    protocolErrors: malformed.length + unknown.length,
    error: { code: 'protocol-error' },
  })
  expect(state().conversation.interim).toBeNull()
})

it('counts an event of an unknown type without reporting an error', async () => {
  const { agent, transport, state } = setUp()
  await agent.connect()
  for (const event of unknown) transport.emit(nonsense(event))
  transport.emit({ type: 'assistant-speech-started' })
  expect(state().connection).toMatchObject({ protocolErrors: unknown.length, error: null })
  expect(state().conversation.status).toBe('speaking')
})

it('keeps an error of the agent in a form that can be stored, whatever object it came as', async () => {
  const { agent, transport, state } = setUp()
  await agent.connect()
  transport.emit({
    type: 'agent-error',
    error: new VoiceAgentError('agent-error', 'It is tired.'),
    fatal: false,
  })
  expect(state().connection.error).toStrictEqual({
    code: 'agent-error',
    message: 'It is tired.',
    recoverable: true,
  })
})

it('a text that a transport can\u2019t send is none that was said, and those that wait behind it are sent', async () => {
  const sent: string[] = []
  const { agent, state } = setUp(undefined, {
    transport: () => ({
      connect: async () => 'fresh',
      send(message) {
        if (message.type !== 'text') throw new TypeError('This channel carries text alone.')
        if (message.text.length > 10) throw new VoiceAgentError('invalid-option', 'At most 10 letters.')
        sent.push(message.text)
      },
      close() {},
    }),
  })
  const connecting = agent.connect()
  for (const text of ['one', 'one that is too long', 'two']) agent.sendText(text)
  await connecting
  const texts = () => agent.selectors.selectMessages(agent.store.getState()).map(({ text }) => text)
  expect(sent).toEqual(['one', 'two'])
  expect(texts()).toEqual(sent)
  expect(state().connection).toMatchObject({ status: 'connected', error: { message: 'At most 10 letters.' } })

  expect(() => agent.sendText('another that is too long')).toThrow(
    expect.objectContaining({ name: 'VoiceAgentError', code: 'invalid-option', recoverable: false }),
  )
  agent.sendText('three')
  expect(sent).toEqual(['one', 'two', 'three'])
  expect(texts()).toEqual(sent)
  agent.sendClientMessage('cart', [])
  expect(state().connection).toMatchObject({ status: 'connected', error: { code: 'internal' } })
})

it.each([undefined, null, '', 'connected', 'toString', { agent: 'fresh' }])(
  "refuses a transport that connects with %j instead of the agent's memory, and allows another try",
  async (answer) => {
    const answers = [answer, 'fresh']
    const { agent, transport, state } = setUp(() => answers.shift() as 'fresh')
    await expect(agent.connect()).rejects.toMatchObject({
      name: 'VoiceAgentError',
      code: 'invalid-option',
      message: expect.stringContaining("'resumed', 'reseeded' or 'fresh'"),
    })
    expect(state().connection.status).toBe('failed')
    expect(transport.open).toBe(0)
    await agent.connect()
    expect(state().connection.status).toBe('connected')
  },
)
