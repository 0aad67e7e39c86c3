import { VoiceAgentError } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import type { VoiceTransportFactory } from 'redux-voice-agent/transports'
import { expect, it, vi } from 'vitest'
import { setUp, statusIs } from './support.js'

const tokens = (token: string) =>
  vi.fn(async () => ({ token, expiresAt: Date.now() + 600_000, sessionId: 's1' }))

it('continues the conversation with another agent during a call: reseeded, with a new token', async () => {
  const { agent, transport, state, texts } = setUp(() => 'resumed')
  await agent.connect()
  const errors: unknown[] = []
  agent.on('error', (error) => errors.push(error))
  agent.sendText('Tea?')
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'We have' })

  const second = scriptedTransport(() => 'reseeded')
  const refreshToken = tokens('second')
  const isSwitched = agent.switchTransport(second, { refreshToken })
  agent.sendText('Which?')
  await isSwitched
  expect(transport.open).toBe(0)
  expect(second.requests).toHaveLength(1)
  expect(second.requests[0]).toMatchObject({
    token: 'second',
    sessionId: 's1',
    resume: false,
    context: [
      { role: 'user', text: 'Tea?' },
      { role: 'assistant', text: 'We have' },
    ],
  })
  expect(refreshToken).toHaveBeenCalledWith(expect.objectContaining({ sessionId: 's1', token: 't' }))
  // The text typed meanwhile reaches only the new agent.
  expect(transport.sent).toMatchObject([{ text: 'Tea?' }])
  expect(second.sent).toMatchObject([{ type: 'text', text: 'Which?' }])
  expect(texts()).toEqual(['Tea?', 'We have', 'Which?'])
  expect(state()).toMatchObject({
    connection: { status: 'connected', error: null },
    session: { id: 's1', restore: { agent: 'reseeded' } },
  })
  expect(errors).toEqual([])
  // From now on, a loss affects the new agent, which may resume.
  const again = statusIs(agent, 'connected')
  second.emit({ type: 'connectionState', state: 'closed' })
  await again
  expect(second.requests[1]).toMatchObject({ resume: true, token: 'second' })
})

it('resolves immediately without a call: the next call is with the new agent, which resumes nothing', async () => {
  const { agent, transport, refreshToken } = setUp()
  await agent.connect()
  agent.sendText('Tea?')
  await agent.disconnect()
  refreshToken.mockImplementation(tokens('second'))
  const second = scriptedTransport(() => 'reseeded')
  await agent.switchTransport(second)
  expect(second.requests).toHaveLength(0)
  await agent.connect()
  expect(transport.requests).toHaveLength(1)
  expect(second.requests).toMatchObject([{ token: 'second', resume: false, context: [{ text: 'Tea?' }] }])
})

it('takes over from an attempt, from a pending retry, and from a token request', async () => {
  const { agent, transport } = setUp(() => new Promise(() => {}))
  const connected = agent.connect()
  await vi.waitFor(() => expect(transport.requests).toHaveLength(1))
  const second = scriptedTransport(() => {
    throw new VoiceAgentError('agent-unreachable')
  })
  const third = scriptedTransport()
  const failed = agent.switchTransport(second).catch((error: unknown) => error)
  await expect(connected).rejects.toMatchObject({ code: 'agent-unreachable' })
  expect(await failed).toMatchObject({ code: 'agent-unreachable' })
  expect(transport.open).toBe(0)

  let answer: (() => void) | undefined
  const slow = vi.fn(
    () =>
      new Promise<{ token: string; expiresAt: number; sessionId: string }>((resolve) => {
        answer = () => resolve({ token: 'of the second', expiresAt: Date.now() + 600_000, sessionId: 's1' })
      }),
  )
  await agent.switchTransport(second, { refreshToken: slow })
  const called = agent.connect()
  await vi.waitFor(() => expect(slow).toHaveBeenCalled())
  const isSwitched = agent.switchTransport(third, { refreshToken: tokens('of the third') })
  answer?.()
  await Promise.all([called, isSwitched])
  expect(third.requests).toMatchObject([{ token: 'of the third' }])
})

it('retries nothing that only the old transport needed, while its reconnection waits', async () => {
  const { agent, transport } = setUp(undefined, { reconnect: () => 60_000 })
  await agent.connect()
  const waiting = statusIs(agent, 'reconnecting')
  transport.emit({ type: 'connectionState', state: 'closed' })
  await waiting
  const second = scriptedTransport()
  await agent.switchTransport(second)
  expect(second.requests).toMatchObject([{ resume: false }])
  expect(transport.requests).toHaveLength(1)
})

it('says goodbye to the old agent, and passes none of its data to the new one', async () => {
  const endOnPurpose = vi.fn()
  const old: VoiceTransportFactory = ({ memo }) => ({
    async connect() {
      memo.set('pc 1')
      return 'fresh'
    },
    send() {},
    endOnPurpose() {
      endOnPurpose()
      memo.set('pc 1, ended')
    },
    close() {},
  })
  const memos: (string | null)[] = []
  const next: VoiceTransportFactory = ({ memo }) => ({
    async connect() {
      memos.push(memo.get())
      return 'fresh'
    },
    send() {},
    close() {},
  })
  const { agent } = setUp(undefined, { transport: old })
  await agent.connect()
  await agent.switchTransport(next)
  expect(endOnPurpose).toHaveBeenCalledTimes(1)
  expect(memos).toEqual([null])
})

it('ends with a call that is ended meanwhile, and rejects an invalid transport', async () => {
  const { agent } = setUp()
  await agent.connect()
  const isSwitched = agent.switchTransport(scriptedTransport(() => new Promise(() => {})))
  await agent.disconnect()
  await expect(isSwitched).rejects.toMatchObject({ code: 'not-connected' })
  expect(() => agent.switchTransport(null as never)).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  )
})

it('resumes nothing with an agent that has not connected yet, even in a later call', async () => {
  const { agent } = setUp()
  await agent.connect()
  const errors = [new VoiceAgentError('agent-unreachable'), new VoiceAgentError('agent-unreachable')]
  const second = scriptedTransport(() => {
    const error = errors.shift()
    if (error) throw error
    return 'fresh'
  })
  await expect(agent.switchTransport(second)).rejects.toMatchObject({ code: 'agent-unreachable' })
  await expect(agent.connect()).rejects.toMatchObject({ code: 'agent-unreachable' })
  await agent.connect()
  expect(second.requests.map(({ resume }) => resume)).toEqual([false, false, false])
  await agent.disconnect()
  await agent.connect()
  expect(second.requests.at(-1)?.resume).toBe(true)
})

it.each([0, 1, 2, 3, 5, 8, 13, 21, 34])(
  'reaches an agent that resumes nothing, %i microtasks after connect() in a session with calls',
  async (turns) => {
    const { agent, transport } = setUp()
    await agent.connect()
    await agent.disconnect()
    const second = scriptedTransport()
    const connected = agent.connect()
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    await agent.switchTransport(second)
    await connected
    expect(second.requests).toMatchObject([{ resume: false }])
    expect(transport.open).toBe(0)
  },
)
