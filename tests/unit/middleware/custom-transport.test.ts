import { VoiceAgentError } from 'redux-voice-agent'
import type { TransportEvent } from 'redux-voice-agent/transports'
import { expect, it, onTestFinished, vi } from 'vitest'
import { checkEvent } from '../../../middleware/drivers/call/check-event.js'
import { setUp } from './support.js'
// Loads lazily with the first warning. Without this import, that warning would be later than the others.
import '../../../src/lib/voice-agent/development/index.js'
import { exceptOfTheMachine } from '../../support/of-the-machine.js'

/** Events from an app's transport that is untyped or wrong. */
const nonsense = (value: unknown) => value as TransportEvent

const malformed = [
  null,
  undefined,
  'userTranscriptReceived',
  [],
  {},
  { type: Object.create(null) },
  { type: ['agentLeft'] },
  {
    get type() {
      throw new Error('no')
    },
  },
  { type: 'userTranscriptReceived', final: true },
  { type: 'userTranscriptReceived', text: { words: 'Hello' }, final: true },
  { type: 'userTranscriptReceived', text: 'Hello', final: 'yes' },
  { type: 'assistantTurnStarted' },
  { type: 'assistantTextAppended', turnId: 'a' },
  { type: 'assistantTextAppended', turnId: 'a', delta: 1 },
  { type: 'assistantTextAppended', delta: 'lost' },
  { type: 'assistantTextReplaced', turnId: 'a', text: null },
  { type: 'assistantTurnCompleted', turnId: 7 },
  { type: 'assistantTurnInterrupted' },
  { type: 'connectionState' },
  { type: 'toolCallStarted', name: 'cart' },
  { type: 'toolCallStopped', toolCallId: 't' },
  { type: 'agentErrorReported', fatal: true },
  { type: 'agentErrorReported', error: { code: 'agent-error', recoverable: true }, fatal: true },
  { type: 'microphoneChanged', microphone: Symbol('live') },
  { type: 'playbackChanged', playback: Object.create(null) },
  { type: 'audioLevel', level: 1 },
  { type: 'audioLevel', source: 'agent', level: 'loud' },
]
const unknown = [{ type: 'weather' }, { type: 'toString' }, { type: '__proto__' }]

it('counts an invalid event from a transport, and processes the next one', async () => {
  const { agent, transport, state } = setUp()
  await agent.connect()
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  for (const event of [...malformed, ...unknown]) {
    expect(() => transport.emit(nonsense(event))).not.toThrow()
  }
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'I am ' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'still here.' })
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'a' })
  expect(agent.selectors.selectMessages(agent.store.getState())).toMatchObject([
    { id: 'a', text: 'I am still here.', status: 'final' },
  ])
  expect(state().connection).toMatchObject({
    status: 'connected',
    protocolErrors: malformed.length + unknown.length,
    error: { code: 'protocol-error' },
  })
  expect(state().conversation.turns.user).toEqual([])
})

it('counts an event of an unknown type without reporting an error', async () => {
  const { agent, transport, state } = setUp()
  await agent.connect()
  for (const event of unknown) transport.emit(nonsense(event))
  transport.emit({ type: 'assistantSpeechStarted' })
  expect(state().connection).toMatchObject({ protocolErrors: unknown.length, error: null })
  expect(state().conversation.status).toBe('speaking')
})

it("keeps an agent's error in a serializable form, whatever object it came as", async () => {
  const { agent, transport, state } = setUp()
  await agent.connect()
  transport.emit({
    type: 'agentErrorReported',
    error: new VoiceAgentError('agent-error', 'It is tired.'),
    fatal: false,
  })
  expect(state().connection.error).toStrictEqual({
    code: 'agent-error',
    message: 'It is tired.',
    recoverable: true,
  })
})

it("passes on only the action's fields, whatever else the transport's object has", () => {
  vi.useFakeTimers({ now: 5 })
  onTestFinished(() => void vi.useRealTimers())
  const checked = (event: object) => checkEvent({ ...event, id: 'own', at: 1, raw: 'secret' })
  const transcript = { type: 'userTranscriptReceived', text: 'Hello', final: true }
  expect(checked(transcript)).toStrictEqual({ ...transcript, id: expect.not.stringMatching('own'), at: 5 })
  const turn = { type: 'assistantTextAppended', turnId: 'a', delta: 'Hello' }
  expect(checked(turn)).toStrictEqual(turn)
  const call = { type: 'toolCallStarted', toolCallId: 't', name: 'look', arguments: { left: undefined } }
  expect(checked(call)).toStrictEqual({ ...call, arguments: {}, at: 5 })
  expect(checked({ type: 'agentLeft' })).toStrictEqual({ type: 'agentLeft' })
})

it('a queued text that a transport can’t send is shown as not sent, and those queued behind it are sent', async () => {
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
  const all = ['one', 'one that is too long', 'two']
  expect(texts()).toEqual(all)
  expect(agent.selectors.selectMessages(agent.store.getState()).map(({ isUnsent }) => isUnsent)).toEqual([
    undefined,
    true,
    undefined,
  ])
  expect(state().conversation.outbox).toEqual([])
  expect(state().connection).toMatchObject({ status: 'connected', error: { message: 'At most 10 letters.' } })

  expect(() => agent.sendText('another that is too long')).toThrow(
    expect.objectContaining({ name: 'VoiceAgentError', code: 'invalid-option', recoverable: false }),
  )
  agent.sendText('three')
  expect(sent).toEqual(['one', 'two', 'three'])
  expect(texts()).toEqual([...all, 'three'])
  agent.sendClientMessage('cart', [])
  expect(state().connection).toMatchObject({ status: 'connected', error: { code: 'internal' } })
})

it.each([undefined, null, '', 'connected', 'toString', { agent: 'fresh' }])(
  "rejects a transport that connects with %j instead of the agent's memory, and allows another try",
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

it('reports an error with a code that the package does not know as internal, with the error as its cause', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const thrown = new VoiceAgentError('line-busy' as 'internal', 'The line is busy.')
  const { agent, state } = setUp(() => {
    throw thrown
  })
  await expect(agent.connect()).rejects.toMatchObject({ code: 'internal', cause: thrown })
  expect(state().connection.error?.code).toBe('internal')
  await vi.waitFor(() =>
    expect(warned.mock.calls.flat().join()).toContain('Cause: line-busy: The line is busy.'),
  )
})

it("keeps the cause and code of a transport's error for the developer, but not in the store", async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const { agent, transport, state } = setUp(undefined, { reconnect: () => null })
  await agent.connect()
  const cause = new TypeError('socket closed')
  const error = new VoiceAgentError('agent-error', 'It is tired.', { cause, providerCode: 'overloaded' })
  transport.emit({ type: 'agentErrorReported', error, fatal: false })
  expect(state().connection.error).toStrictEqual({
    code: 'agent-error',
    message: 'It is tired.',
    recoverable: true,
    providerCode: 'overloaded',
  })
  await vi.waitFor(() => expect(warned.mock.calls.flat().join()).toContain('TypeError: socket closed'))
  const failed = new Promise((resolve) =>
    agent.on('connectionStateChanged', (status) => status === 'failed' && resolve(status)),
  )
  transport.emit({ type: 'agentErrorReported', error, fatal: true })
  await failed
  // The same cause is reported once.
  expect(exceptOfTheMachine(warned.mock.calls)).toHaveLength(1)
  // The provider's text is not a code.
  const wordy = {
    ...error,
    code: 'agent-error',
    message: 'x',
    recoverable: true,
    providerCode: 'said: my password',
  }
  expect(checkEvent({ type: 'agentErrorReported', error: wordy, fatal: false })).toEqual({
    type: 'protocolError',
    why: 'malformed',
  })
})

it('counts a message on which a transport throws, and reads the next one', async () => {
  let receive: (text: string) => void = () => {}
  const { agent, state } = setUp(undefined, {
    talk: 'text',
    transport: ({ emit, openPeer }) => ({
      async connect({ signal }) {
        await openPeer({
          dataChannel: 'lines',
          signal,
          onMessage: (text) =>
            emit({ type: 'userTranscriptReceived', text: JSON.parse(text).words, final: true }),
        })
        return 'fresh'
      },
      send() {},
      close() {},
    }),
  })
  const channel: { onmessage?: (event: { data: string }) => void } = {}
  vi.stubGlobal(
    'RTCPeerConnection',
    class {
      getConfiguration = () => ({})
      createDataChannel = () => channel
      addTransceiver = () => ({ sender: {} })
      addEventListener() {}
      close() {}
    },
  )
  onTestFinished(() => void vi.unstubAllGlobals())
  await agent.connect()
  receive = (data) => channel.onmessage?.({ data })
  expect(() => receive('<html>')).not.toThrow()
  receive('{"words":"Hello"}')
  expect(state().connection.protocolErrors).toBe(1)
  expect(agent.selectors.selectMessages(agent.store.getState())).toMatchObject([{ text: 'Hello' }])
})
