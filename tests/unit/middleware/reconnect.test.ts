import { VoiceAgentError } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { reconnectAfterMinute, setUp, statusIs } from './support.js'

const fatal = {
  type: 'agentErrorReported',
  error: { code: 'agent-error', message: 'The agent reported an error.', recoverable: true },
  fatal: true,
} as const

describe('reconnecting', () => {
  it('gives up on an agent that fails after each connection', async () => {
    const { agent, transport, state } = setUp()
    const failed = statusIs(agent, 'failed')
    agent.on('connectionStateChanged', (status) => {
      if (status === 'connected') queueMicrotask(() => transport.emit(fatal))
    })
    await agent.connect()
    await failed
    expect(transport.requests).toHaveLength(1 + 3)
    expect(state().connection.error?.code).toBe('reconnect-exhausted')
  })

  it('starts counting again after a stable connection', async () => {
    vi.useFakeTimers()
    try {
      const { agent, transport, state } = setUp()
      await agent.connect()
      for (let outage = 0; outage < 10; outage++) {
        await vi.advanceTimersByTimeAsync(10_000)
        transport.emit({ type: 'connectionState', state: 'failed' })
        await vi.advanceTimersByTimeAsync(10)
      }
      expect(transport.requests).toHaveLength(11)
      expect(state().connection.status).toBe('connected')
    } finally {
      vi.useRealTimers()
    }
  })

  it('says which of how many attempts it waits for', async () => {
    const { agent, transport, state } = setUp(
      (request) => {
        if (request.resume) throw new VoiceAgentError('signalling-unavailable')
        return 'fresh'
      },
      { reconnect: reconnectAfterMinute(8) },
    )
    await agent.connect()
    const waiting = statusIs(agent, 'reconnecting')
    transport.emit({ type: 'connectionState', state: 'failed' })
    await waiting
    await vi.waitFor(() => expect(state().connection).toMatchObject({ attempt: 1, maxAttempts: 8 }))
    agent.retry()
    await vi.waitFor(() => expect(state().connection).toMatchObject({ attempt: 2, maxAttempts: 8 }))
  })

  it('leaves no listener behind for each connection of a long call', async () => {
    const added = vi.spyOn(AbortSignal.prototype, 'addEventListener')
    const removed = vi.spyOn(AbortSignal.prototype, 'removeEventListener')
    try {
      const { agent, transport } = setUp(undefined, { reconnect: { baseDelayMs: 0, maxAttempts: 100 } })
      await agent.connect()
      const held = () => added.mock.calls.length - removed.mock.calls.length
      const reconnect = async () => {
        const back = statusIs(agent, 'connected')
        transport.emit({ type: 'connectionState', state: 'failed' })
        await back
      }
      await reconnect()
      const after = held()
      for (let times = 0; times < 20; times++) await reconnect()
      expect(held()).toBe(after)
    } finally {
      added.mockRestore()
      removed.mockRestore()
    }
  })
})

describe('a recoverable connection', () => {
  /** A provider whose connections can restart ICE. `outcome` settles each restart. */
  function mendable() {
    let settle: { resolve: () => void; reject: (error: Error) => void } = { resolve() {}, reject() {} }
    const provider = scriptedTransport(() => 'resumed')
    const restartIce = vi.fn(
      () => new Promise<void>((resolve, reject) => (settle = { resolve: () => resolve(), reject })),
    )
    const all = setUp(undefined, { transport: (host) => ({ ...provider(host), restartIce }) })
    return { ...all, provider, restartIce, settle: () => settle }
  }
  const texts = ({ sent }: { sent: readonly { type: string }[] }) =>
    sent.flatMap((message) => ('text' in message ? [message.text] : []))

  async function interrupted() {
    const call = mendable()
    await call.agent.connect()
    call.provider.emit({ type: 'assistantTurnStarted', turnId: 'a' })
    call.provider.emit({ type: 'connectionState', state: 'failed' })
    await vi.waitFor(() => expect(call.restartIce).toHaveBeenCalledTimes(1))
    expect(call.state().connection.status).toBe('reconnecting')
    call.provider.emit({ type: 'connectionState', state: 'failed' })
    call.agent.sendText('Are you there?')
    expect(texts(call.provider)).toEqual([])
    return call
  }

  it('continues its turn once it has recovered, and receives the text typed meanwhile', async () => {
    const { agent, provider, restartIce, settle, state } = await interrupted()
    const back = statusIs(agent, 'connected')
    settle().resolve()
    await back
    await vi.waitFor(() => expect(texts(provider)).toEqual(['Are you there?']))
    expect(restartIce).toHaveBeenCalledTimes(1)
    expect(provider.requests).toHaveLength(1)
    expect(state().conversation.messages.tail[0]).toMatchObject({ id: 'a', status: 'streaming' })
  })

  it('is replaced by a new one if it does not recover, which receives that text once', async () => {
    const { agent, provider, settle } = await interrupted()
    const back = statusIs(agent, 'connected')
    settle().reject(new VoiceAgentError('connection-lost'))
    await back
    await vi.waitFor(() => expect(texts(provider)).toEqual(['Are you there?']))
    expect(provider.requests).toHaveLength(2)
    expect(provider.open).toBe(1)
  })

  it('is replaced by a new one if its transport says neither for 30 s', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { agent, provider } = await interrupted()
    const back = statusIs(agent, 'connected')
    await vi.advanceTimersByTimeAsync(29_000)
    expect(provider.requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(10_000)
    await back
    expect(provider.requests).toHaveLength(2)
  })

  it('is dropped if the call is ended meanwhile', async () => {
    const { agent, provider, settle, state } = await interrupted()
    await agent.disconnect()
    settle().resolve()
    await Promise.resolve()
    expect(state().connection.status).toBe('disconnected')
    expect(provider.open).toBe(0)
  })
})
