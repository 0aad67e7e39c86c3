import { createVoiceAgent, VoiceAgentError } from 'redux-voice-agent'
import { describe, expect, it, vi } from 'vitest'
import { failing, setUp, statusIs } from './support.js'

describe('a call', () => {
  it('creates the session with the first token, connects, streams a turn and ends', async () => {
    const { agent, transport, state } = setUp()
    const created = vi.fn()
    agent.on('sessionCreated', created)
    await agent.connect()
    expect(created).toHaveBeenCalledWith(expect.objectContaining({ sessionId: 's1' }))
    agent.sendText('Hello')
    expect(transport.sent).toEqual([expect.objectContaining({ type: 'text', text: 'Hello' })])
    transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
    transport.emit({ type: 'assistantSpeechStarted' })
    transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Hi.' })
    expect(state().conversation.status).toBe('speaking')
    transport.emit({ type: 'assistantTurnCompleted', turnId: 'a' })
    expect(agent.getSessionStats()).toMatchObject({ isActive: true, sessionId: 's1', messageCount: 2 })
    await agent.disconnect()
    expect(state().connection.status).toBe('disconnected')
    expect(transport.open).toBe(0)
    expect(agent.needsReconnection()).toBe(false)
  })

  it('adds a spoken turn that is transcribed after its answer has started, in its place before it', async () => {
    const { agent, transport } = setUp()
    const told: string[] = []
    agent.on('message', ({ text }) => told.push(text))
    await agent.connect()
    transport.emit({ type: 'userSpeechStarted' })
    transport.emit({ type: 'userSpeechStopped' })
    transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
    transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Gladly.' })
    transport.emit({ type: 'userTranscriptReceived', text: 'Tea, please.', final: true })
    expect(told).toEqual(['Tea, please.'])
    transport.emit({ type: 'assistantTurnCompleted', turnId: 'a' })
    expect(told).toEqual(['Tea, please.', 'Gladly.'])
    const messages = agent.selectors.selectMessages(agent.store.getState())
    expect(messages.map(({ text }) => text)).toEqual(['Tea, please.', 'Gladly.'])
  })

  it('is one call, however often it is requested', async () => {
    const { agent, transport } = setUp()
    await Promise.all([agent.connect(), agent.connect()])
    await agent.connect()
    expect(transport.requests).toHaveLength(1)
  })

  it('reconnects when the connection is lost, with the context, and sends what was typed meanwhile once', async () => {
    const { agent, transport } = setUp()
    await agent.connect()
    agent.sendText('First')
    const back = statusIs(agent, 'connected')
    transport.emit({ type: 'connectionState', state: 'failed' })
    await statusIs(agent, 'reconnecting')
    agent.sendText('Second')
    await back
    expect(transport.requests[1]).toMatchObject({ resume: true, context: [{ role: 'user', text: 'First' }] })
    expect(transport.sent.map((message) => 'text' in message && message.text)).toEqual(['First', 'Second'])
    expect(transport.open).toBe(1)
  })

  it('shows and sends what was typed before there was a session', async () => {
    const { agent, transport, voiceAgent, store } = setUp()
    const connected = agent.connect()
    agent.sendText('Early')
    await connected
    expect(voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text)).toEqual(['Early'])
    expect(transport.sent).toEqual([expect.objectContaining({ text: 'Early' })])
  })

  it('works on an insecure origin, which has no randomUUID', async () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
    try {
      const { agent, transport } = setUp()
      await agent.connect()
      agent.sendText('Hello')
      expect(transport.sent).toEqual([expect.objectContaining({ text: 'Hello' })])
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('ignores events from an old connection', async () => {
    const { agent, transport, state } = setUp()
    await agent.connect()
    const { emit } = transport
    await agent.disconnect()
    emit({ type: 'userTranscriptReceived', text: 'late', final: true })
    expect(state().conversation.messages.count).toBe(0)
  })

  it('keeps a connection that recovers within the grace period', async () => {
    vi.useFakeTimers()
    try {
      const { agent, transport, state } = setUp()
      await agent.connect()
      transport.emit({ type: 'connectionState', state: 'disconnected' })
      await vi.advanceTimersByTimeAsync(3_900)
      transport.emit({ type: 'connectionState', state: 'connected' })
      await vi.advanceTimersByTimeAsync(10_000)
      expect(transport.requests).toHaveLength(1)
      transport.emit({ type: 'connectionState', state: 'disconnected' })
      await vi.advanceTimersByTimeAsync(4_100)
      expect(transport.requests).toHaveLength(2)
      expect(state().connection.status).toBe('connected')
    } finally {
      vi.useRealTimers()
    }
  })

  it('gets a new token once if the old one is rejected', async () => {
    const refused = new VoiceAgentError('unauthorized')
    const { agent, refreshToken } = setUp(failing(refused))
    await agent.connect()
    expect(refreshToken).toHaveBeenCalledTimes(2)

    const twice = setUp(failing(refused, refused))
    await expect(twice.agent.connect()).rejects.toMatchObject({ code: 'unauthorized' })
    expect(twice.refreshToken).toHaveBeenCalledTimes(2)
  })

  it('treats a final rejection as final, and says so', async () => {
    const { agent, transport, state } = setUp(failing(new VoiceAgentError('signalling-rejected')))
    await expect(agent.connect()).rejects.toMatchObject({ code: 'signalling-rejected', recoverable: false })
    expect(transport.requests).toHaveLength(1)
    expect(state().connection).toMatchObject({ status: 'failed', error: { code: 'signalling-rejected' } })
    await agent.connect()
    expect(state().connection.status).toBe('connected')
  })

  it('gives up after the last attempt, keeps the conversation and can be started again', async () => {
    const down = new VoiceAgentError('signalling-unavailable')
    let isUp = true
    const { agent, transport, state } = setUp(() => {
      if (!isUp) throw down
      return 'resumed'
    })
    await agent.connect()
    agent.sendText('Hello')
    isUp = false
    const failed = statusIs(agent, 'failed')
    transport.emit({ type: 'connectionState', state: 'closed' })
    await failed
    expect(transport.requests).toHaveLength(1 + 3)
    expect(state().connection.error?.code).toBe('reconnect-exhausted')
    expect(agent.needsReconnection()).toBe(true)
    isUp = true
    await agent.connect()
    expect(state().conversation.messages.count).toBe(1)
  })

  it('ends while it is still connecting, and closes the late connection', async () => {
    let finish: (agent: 'fresh') => void = () => {}
    const { agent, transport, state } = setUp(() => new Promise((resolve) => (finish = resolve)))
    const connecting = expect(agent.connect()).rejects.toMatchObject({ code: 'not-connected' })
    await vi.waitFor(() => expect(transport.requests).toHaveLength(1))
    await agent.disconnect()
    finish('fresh')
    await connecting
    expect(state().connection.status).toBe('disconnected')
    expect(transport.open).toBe(0)
  })

  it('rejects text without a call, an invalid option, a missing store, and use after disposal', async () => {
    const { agent, voiceAgent } = setUp()
    expect(() => agent.sendText('Hello')).toThrow(expect.objectContaining({ code: 'not-connected' }))
    expect(() => createVoiceAgent({ apiEndpoint: '' })).toThrow(/apiEndpoint/)
    const unmounted = createVoiceAgent({ apiEndpoint: '/x' })
    await expect(unmounted.agent.connect()).rejects.toMatchObject({ code: 'not-mounted' })
    await voiceAgent.dispose()
    await expect(agent.connect()).rejects.toMatchObject({ code: 'disposed' })
  })
})
