import { type VoiceAgentOptions, WebRTCVoiceAgent } from 'redux-voice-agent'
import { type OpenAiRealtimeOptions, openAiRealtimeTransport } from 'redux-voice-agent/transports'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { stateOf } from './agents.js'
import { startBot } from './bot.js'
import { startRealtimeProvider } from './realtime-provider.js'

let provider: ReturnType<typeof startRealtimeProvider>
const agents: WebRTCVoiceAgent[] = []

beforeEach(() => {
  sessionStorage.clear()
  provider = startRealtimeProvider()
})
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.dispose()
  await provider.stop()
})

function createAgent(options: Partial<VoiceAgentOptions> = {}) {
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: openAiRealtimeTransport(),
    persistence: false,
    reconnect: { baseDelayMs: 0, maxAttempts: 3 },
    ...options,
  })
  agents.push(agent)
  return agent
}

/** The visible transcript. */
const shown = (agent: WebRTCVoiceAgent) =>
  agent.selectors.selectMessages(agent.store.getState()).map(({ role, text, status }) => [role, text, status])
const shows = (agent: WebRTCVoiceAgent, expected: unknown[]) =>
  vi.waitFor(() => expect(shown(agent)).toEqual(expected))
// The code of a call is compiled when a test first needs it, which can take seconds.
const got = (type: string, count = 1) =>
  vi.waitFor(() => expect(provider.of(type)).toHaveLength(count), { timeout: 15_000 })

it('sends the offer and the ephemeral key as documented, and opens the microphone once the session is configured', async () => {
  provider.intercept((event) => event.type === 'session.update')
  const agent = createAgent()
  const connected = agent.connect()
  await got('session.update')
  expect(await provider.soundReceived()).toBe(0)
  expect(provider.of('session.update')[0]).toMatchObject({
    session: { type: 'realtime', audio: { input: { transcription: { model: 'gpt-4o-mini-transcribe' } } } },
  })
  provider.send('session.updated', { session: {} })
  await connected
  await vi.waitFor(async () => expect(await provider.soundReceived()).toBeGreaterThan(0))
  await vi.waitFor(() => expect(stateOf(agent).connection.playback).toBe('playing'))
  const [call] = provider.calls
  expect(call?.url).toBe('https://api.openai.com/v1/realtime/calls')
  expect(call?.headers.get('Authorization')).toBe('Bearer ek_1')
  expect(call?.headers.get('Content-Type')).toBe('application/sdp')
  expect(call?.body).toMatch(/^v=0/)
  expect(provider.channels[0]?.label).toBe('oai-events')
})

it('gives a new connection the earlier conversation, in order, before it hears the microphone', async () => {
  const agent = createAgent()
  await agent.connect()
  agent.sendText('Do you have tea?')
  await got('response.create')
  provider.speak('r1', 'a1', 'We do.')
  provider.send('response.done', { response: { id: 'r1', status: 'completed' } })
  provider.send('output_audio_buffer.stopped', { response_id: 'r1' })
  await shows(agent, [
    ['user', 'Do you have tea?', 'final'],
    ['assistant', 'We do.', 'final'],
  ])
  provider.received.length = 0
  const soundBefore: number[] = []
  provider.intercept((event) => {
    if (event.type !== 'conversation.item.create') return false
    void provider.soundReceived().then((packets) => {
      soundBefore.push(packets)
      provider.send('conversation.item.added', { item: event.item })
    })
    return true
  })
  const back = new Promise<void>((resolve) => agent.once('reconnected', resolve))
  provider.send('error', { error: { type: 'invalid_request_error', code: 'session_expired' } })
  await back
  expect(provider.of('conversation.item.create').map(({ item }) => item)).toMatchObject([
    { role: 'user', content: [{ type: 'input_text', text: 'Do you have tea?' }] },
    { role: 'assistant', content: [{ type: 'output_text', text: 'We do.' }] },
  ])
  for (const { item } of provider.of('conversation.item.create')) {
    expect((item as { id: string }).id.length).toBeLessThanOrEqual(32)
  }
  expect(soundBefore).toEqual([0, 0])
  expect(provider.of('response.create')).toEqual([])
  expect(stateOf(agent).session.restore.agent).toBe('reseeded')
})

it('truncates an answer where it was heard, and keeps it as interrupted', async () => {
  const agent = createAgent()
  await agent.connect()
  const from = performance.now()
  provider.speak('r1', 'a1', 'Once upon a time')
  await shows(agent, [['assistant', 'Once upon a time', 'streaming']])
  agent.interrupt()
  await got('conversation.item.truncate')
  expect(provider.received.slice(-3).map(({ type }) => type)).toEqual([
    'response.cancel',
    'output_audio_buffer.clear',
    'conversation.item.truncate',
  ])
  const [cut] = provider.of('conversation.item.truncate')
  expect(cut).toMatchObject({ item_id: 'a1', content_index: 0 })
  expect(cut?.audio_end_ms).toBeGreaterThanOrEqual(0)
  // The end of the heard audio can't be later than now, because the API rejects truncating after the end.
  expect(cut?.audio_end_ms).toBeLessThanOrEqual(performance.now() - from)
  await shows(agent, [['assistant', 'Once upon a time', 'interrupted']])
  // Rejected, because slightly less was generated, which doesn't matter.
  const errors: unknown[] = []
  agent.on('error', (error) => errors.push(error))
  provider.send('error', { error: { type: 'invalid_request_error', event_id: 'truncate', message: 'x' } })
  provider.send('error', { error: { type: 'server_error', message: 'said: my password' } })
  await vi.waitFor(() => expect(errors).toHaveLength(1))
  expect(JSON.stringify(stateOf(agent))).not.toContain('password')
})

it('answers a typed message after the answer that it interrupted, not at the same time', async () => {
  const agent = createAgent()
  await agent.connect()
  provider.intercept((event) => event.type === 'response.cancel')
  provider.speak('r1', 'a1', 'Once upon')
  await shows(agent, [['assistant', 'Once upon', 'streaming']])
  agent.sendText('Stop')
  await got('conversation.item.create')
  expect(provider.of('response.create')).toEqual([])
  provider.send('response.done', { response: { id: 'r1', status: 'cancelled' } })
  await got('response.create')
})

it('runs the tools that it described, and continues when all have returned', async () => {
  const asked: unknown[] = []
  const parameters = {
    '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
  }
  const agent = createAgent({
    tools: {
      add: { description: 'Adds.', parameters: parameters as never, run: (args) => void asked.push(args) },
    },
  })
  await agent.connect()
  expect(provider.of('session.update')[0]?.session).toMatchObject({
    tools: [{ type: 'function', name: 'add', description: 'Adds.' }],
  })
  provider.send('response.created', { response: { id: 'r1' } })
  for (const id of ['1', '2']) {
    const call = { type: 'function_call', call_id: `c${id}`, name: 'add', arguments: `{"n":${id}}` }
    provider.send('response.output_item.done', {
      response_id: 'r1',
      item: { id, status: 'completed', ...call },
    })
  }
  await got('conversation.item.create', 2)
  expect(asked).toEqual([{ n: 1 }, { n: 2 }])
  expect(provider.of('conversation.item.create').map(({ item }) => item)).toMatchObject([
    { type: 'function_call_output', call_id: 'c1', output: 'null' },
    { type: 'function_call_output', call_id: 'c2', output: 'null' },
  ])
  expect(provider.of('response.create')).toEqual([])
  provider.send('response.done', { response: { id: 'r1', status: 'completed' } })
  await got('response.create')
})

it('gets a new key when the old one is rejected, treats a 4xx as final, and reveals no key', async () => {
  const refuse = (status: number) =>
    provider.refusals.push(() => Response.json({ error: { message: 'ek_1' } }, { status }))
  refuse(401)
  const agent = createAgent()
  await agent.connect()
  expect(provider.calls.map(({ headers }) => headers.get('Authorization'))).toEqual([
    'Bearer ek_1',
    'Bearer ek_2',
  ])
  refuse(403)
  const failed = await createAgent()
    .connect()
    .catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'signalling-rejected', recoverable: false })
  expect(String(failed)).not.toContain('ek_')
  expect(provider.calls.map(({ url }) => url).join()).not.toContain('ek_')
})

it('sends no API key anywhere', async () => {
  const agent = createAgent({
    refreshToken: async () => ({ token: 'sk-secret', expiresAt: Date.now() + 600_000, sessionId: 's' }),
  })
  const failed = await agent.connect().catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'token-malformed', recoverable: false })
  expect(String(failed)).not.toContain('sk-secret')
  expect(provider.calls).toEqual([])
})

it('reports that the agent rejects its configuration', async () => {
  provider.intercept((event) => {
    if (event.type !== 'session.update') return false
    provider.send('error', { error: { type: 'invalid_request_error', event_id: event.event_id } })
    return true
  })
  await expect(createAgent().connect()).rejects.toMatchObject({ code: 'agent-error', recoverable: false })
})

/** Stops the provider from `beforeEach`, and starts one with options. */
async function restartProvider(options: Parameters<typeof startRealtimeProvider>[0]) {
  await provider.stop()
  provider = startRealtimeProvider(options)
}
const createWith = (options: OpenAiRealtimeOptions) =>
  createAgent({ transport: openAiRealtimeTransport(options) })

it("keeps the transcription of the key's session, unless the page names another one", async () => {
  const ofKey = { audio: { input: { transcription: { model: 'whisper-1', language: 'de' } } } }
  await restartProvider({ session: ofKey })
  await createWith({ session: { audio: { output: { voice: 'cedar' } } } }).connect()
  expect(provider.of('session.update')[0]?.session).toEqual({
    type: 'realtime',
    audio: { output: { voice: 'cedar' } },
  })
  expect(provider.doubles[0]?.session).toMatchObject({
    audio: { input: { transcription: { model: 'whisper-1' } }, output: { voice: 'cedar' } },
  })
  await createWith({ session: { audio: { input: { transcription: null } } } }).connect()
  expect(provider.of('session.update')[1]?.session).toMatchObject({
    audio: { input: { transcription: null } },
  })
})

it("gives the app each call's id before the microphone opens, and asks for the URL each time", async () => {
  const onCall = vi.fn(async () => {
    expect(await provider.soundReceived()).toBe(0)
  })
  const callsUrl = vi.fn(async () => 'https://models.example.org/openai/v1/realtime/calls?model=m')
  await createWith({ onCall, callsUrl }).connect()
  expect(onCall).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ callId: 'rtc_1', sessionId: 'session-1' }),
  )
  expect(callsUrl).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ apiEndpoint: '/api/voice-agent', sessionId: 'session-1', token: 'ek_1' }),
  )
  expect(provider.calls[0]?.url).toBe('https://models.example.org/openai/v1/realtime/calls?model=m')
  const cause = new Error('The server is full.')
  const failed = await createWith({ onCall: () => Promise.reject(cause) })
    .connect()
    .catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'internal', cause })
})

it("reports the API's error code for a rejection and an error, and none of its text", async () => {
  const quota = {
    error: { message: 'said: my password', type: 'insufficient_quota', code: 'insufficient_quota' },
  }
  provider.refusals.push(() => Response.json(quota, { status: 429 }))
  const failed = await createAgent()
    .connect()
    .catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'signalling-unavailable', providerCode: 'insufficient_quota' })
  expect(String(failed)).not.toContain('password')
  const agent = createAgent()
  await agent.connect()
  provider.send('error', { error: { type: 'server_error', code: null, message: 'said: my password' } })
  await vi.waitFor(() =>
    expect(stateOf(agent).connection.error).toMatchObject({
      code: 'agent-error',
      providerCode: 'server_error',
    }),
  )
})

it('answers with words and a tool, is interrupted, and hears speech, with the double that the real client talks to', async () => {
  await restartProvider({
    isAnswering: true,
    paceMs: 60,
    answer: (heard) =>
      heard.includes('cart') && !heard.startsWith('the answer')
        ? { tool: 'add', arguments: { n: 2 } }
        : // The second answer takes longer than the test, which interrupts it.
          {
            words: `I heard ${heard} and more and more${heard.includes('blue') ? ' and more'.repeat(500) : ''}.`,
          },
  })
  const parameters = {
    '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
  }
  const agent = createAgent({
    tools: { add: { description: 'Adds.', parameters: parameters as never, run: () => ({ quantity: 2 }) } },
  })
  await agent.connect()
  agent.sendText('Put it into the cart.')
  const answered = 'I heard the answer {"quantity":2} and more and more.'
  await vi.waitFor(() => expect(shown(agent).at(-1)).toEqual(['assistant', answered, 'final']))
  expect(stateOf(agent).conversation.status).toBe('listening')

  const turn = provider.doubles[0]?.beginSpeech() ?? ''
  await vi.waitFor(() => expect(stateOf(agent).conversation.turns.user).toHaveLength(1))
  provider.doubles[0]?.endSpeech(turn, 'Is it blue?')
  await vi.waitFor(() => expect(shown(agent).at(-1)?.[1]).toMatch(/^I heard Is it blue\? and/))
  agent.interrupt()
  await vi.waitFor(() => expect(shown(agent).at(-1)?.[2]).toBe('interrupted'))
  expect(shown(agent).at(-2)).toEqual(['user', 'Is it blue?', 'final'])
  expect(stateOf(agent).connection).toMatchObject({ protocolErrors: 0, error: null })
})

it('reconnects in a pause before the session expires, with the conversation and without an error', async () => {
  // The first session expires in 24 s, so that it looks for a pause after 12 s.
  const lifetimes = [24, 3_600]
  await restartProvider({
    isAnswering: true,
    expiresAt: () => Math.ceil(Date.now() / 1000) + (lifetimes.shift() ?? 3_600),
  })
  const agent = createAgent()
  const statuses: string[] = []
  agent.on('connectionStateChanged', (status) => statuses.push(status))
  const errors: unknown[] = []
  agent.on('error', (error) => errors.push(error))
  await agent.connect()
  agent.sendText('Tea?')
  await vi.waitFor(() => expect(provider.calls).toHaveLength(2), { timeout: 30_000 })
  await vi.waitFor(() => expect(statuses).toEqual(['connecting', 'connected', 'connecting', 'connected']), {
    timeout: 15_000,
  })
  expect(errors).toEqual([])
  expect(stateOf(agent).session.restore.agent).toBe('reseeded')
  expect(provider.doubles[1]?.items).toMatchObject([
    { role: 'user', content: [{ text: 'Tea?' }] },
    { role: 'assistant', content: [{ text: 'You said: Tea?' }] },
  ])
  agent.sendText('And now?')
  await vi.waitFor(() => expect(shown(agent).at(-1)).toEqual(['assistant', 'You said: And now?', 'final']))
  await vi.waitFor(async () => expect(await provider.soundReceived()).toBeGreaterThan(0))
}, 60_000)

it('takes a conversation over from a Pipecat bot in the middle of a call, and hears the user', async () => {
  await provider.stop()
  const bot = startBot()
  const agent = createAgent({ transport: undefined } as never)
  await agent.connect()
  agent.sendText('Do you have tea?')
  bot.send('bot-llm-started')
  bot.send('bot-output', { text: 'We do.', segment_id: 1, aggregated_by: 'sentence', will_be_spoken: false })
  bot.send('bot-llm-stopped')
  await vi.waitFor(() => expect(shown(agent).at(-1)).toEqual(['assistant', 'We do.', 'final']))
  const { microphone } = stateOf(agent).connection
  // The bot's peer stays open. From now on, only requests go to the provider.
  provider = startRealtimeProvider({ isAnswering: true })
  await agent.switchTransport(openAiRealtimeTransport())
  expect(provider.calls[0]?.headers.get('Authorization')).toBe('Bearer ek_1')
  expect(stateOf(agent).session.restore.agent).toBe('reseeded')
  expect(provider.doubles[0]?.items).toMatchObject([
    { role: 'user', content: [{ text: 'Do you have tea?' }] },
    { role: 'assistant', content: [{ text: 'We do.' }] },
  ])
  agent.sendText('Which?')
  await vi.waitFor(() => expect(shown(agent).at(-1)).toEqual(['assistant', 'You said: Which?', 'final']))
  await vi.waitFor(async () => expect(await provider.soundReceived()).toBeGreaterThan(0))
  expect(stateOf(agent).connection).toMatchObject({ status: 'connected', error: null, microphone })
  expect(bot.offers).toHaveLength(1)
  await bot.stop()
})
