import type { UnknownAction } from '@reduxjs/toolkit'
import type { AgentMessage, AgentMessageKind } from 'redux-voice-agent'
import { devToolsOptionsWithoutText } from 'redux-voice-agent/devtools'
import type { TransportEvent, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { toAppMessage } from '../../../src/lib/voice-agent/transports/openai-realtime/event-reader.js'
import { rtviCall } from './rtvi-call.js'
import { setUp } from './support.js'

afterEach(() => void vi.unstubAllGlobals())

async function listening(options: Parameters<typeof setUp>[1] = {}) {
  const actions: UnknownAction[] = []
  const page = setUp(undefined, options, {
    middleware: [
      () => (next) => (action) => {
        actions.push(action as UnknownAction)
        return next(action)
      },
    ],
  })
  const messages: AgentMessage[] = []
  page.agent.on('agentMessage', (message) => messages.push(message))
  await page.agent.connect()
  return { ...page, messages, actions }
}

/** An agent message from an app's transport, which TypeScript may not check. */
const fromTransport = (data: unknown, rest: object = {}) =>
  ({ type: 'agentMessageReceived', kind: 'server-message', name: null, data, ...rest }) as TransportEvent

function nested(levels: number): unknown {
  let value: unknown = 'end'
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

describe("an agent's message to the app", () => {
  it('arrives as an action and as an event, for each kind of RTVI message', async () => {
    const { transport, receive } = rtviCall()
    const { messages, actions, voiceAgent } = await listening({ transport })
    const say = (type: string, data?: unknown) =>
      receive(JSON.stringify({ id: '1', label: 'rtvi-ai', type, data }))
    say('server-message', { type: 'price', euros: 59 })
    say('server-message', 'in stock')
    say('server-response', { t: 'cart', d: { ok: true } })
    say('error-response', { error: 'Not understood.' })
    say('ui-command', { command: 'toast', payload: { title: 'Hello' } })
    say('ui-job-group', { kind: 'group_started' })
    say('metrics', { ttfb: [{ processor: 'llm', value: 0.2 }] })
    expect(messages).toEqual([
      { kind: 'server-message', name: null, data: { type: 'price', euros: 59 } },
      { kind: 'server-message', name: null, data: 'in stock' },
      { kind: 'server-response', name: 'cart', data: { ok: true } },
      { kind: 'error-response', name: null, data: { error: 'Not understood.' } },
      { kind: 'ui-command', name: 'toast', data: { title: 'Hello' } },
      { kind: 'ui-job-group', name: null, data: { kind: 'group_started' } },
      { kind: 'metrics', name: null, data: { ttfb: [{ processor: 'llm', value: 0.2 }] } },
    ])
    const { agentMessageReceived } = voiceAgent.actions
    expect(actions.filter(agentMessageReceived.match).map(({ payload }) => payload)).toEqual(messages)
  })

  it('is not part of the session contract', async () => {
    const { transport, receive } = rtviCall()
    const { messages } = await listening({ transport })
    receive('{"id":"1","label":"rtvi-ai","type":"server-message","data":{"type":"session","resumed":true}}')
    expect(messages).toEqual([])
  })

  it('changes nothing in the state', async () => {
    const { transport, state, messages } = await listening()
    const before = state()
    transport.emit(fromTransport({ price: 59 }))
    expect(messages).toHaveLength(1)
    expect(state()).toBe(before)
  })

  it('follows the words that arrived before it', async () => {
    const { transport, agent, texts } = await listening()
    transport.emit({ type: 'assistantTurnStarted', turnId: 't' })
    const seen: string[][] = []
    agent.on('agentMessage', () => seen.push(texts()))
    for (const delta of ['It', ' costs', ' 59.'])
      transport.emit({ type: 'assistantTextAppended', turnId: 't', delta })
    transport.emit(fromTransport(null))
    expect(seen).toEqual([['It costs 59.']])
  })

  it('from an ended call is dropped', async () => {
    let emit: (event: TransportEvent) => void = () => {}
    const transport: VoiceTransportFactory = (host) => {
      emit = host.emit
      return { connect: async () => 'fresh', send() {}, close() {} }
    }
    const { agent, messages } = await listening({ transport })
    emit(fromTransport('in time'))
    await agent.disconnect()
    emit(fromTransport('late'))
    expect(messages.map(({ data }) => data)).toEqual(['in time'])
  })

  it('that is not JSON, too large or too deep is counted as unreadable, and changes nothing else', async () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const { transport, state, messages } = await listening()
    const odd = [
      fromTransport('x'.repeat(65_535)),
      fromTransport(nested(65)),
      fromTransport(nested(20_000)),
      fromTransport(circle),
      fromTransport(1n),
      fromTransport('', { name: 5 }),
      fromTransport('', { kind: 'constructor' as AgentMessageKind }),
    ]
    for (const event of odd) transport.emit(event)
    await vi.waitFor(() => expect(state().connection.protocolErrors).toBe(odd.length))
    expect(messages).toEqual([])
    transport.emit(fromTransport('x'.repeat(65_534)))
    transport.emit(fromTransport(nested(64)))
    expect(messages).toHaveLength(2)
  })

  it('is copied, so that a transport that mutates its object changes no action', async () => {
    const { transport, messages } = await listening()
    const data = { count: 1, toJSON: undefined, when: new Date(0) }
    transport.emit(fromTransport(data))
    data.count = 2
    expect(messages[0]?.data).toEqual({ count: 1, when: '1970-01-01T00:00:00.000Z' })
  })

  it('shows no words in DevTools without text', async () => {
    const { transport, actions, voiceAgent } = await listening()
    transport.emit(fromTransport({ said: 'a secret' }))
    const action = actions.find(voiceAgent.actions.agentMessageReceived.match)
    expect(JSON.stringify(devToolsOptionsWithoutText.actionSanitizer(action))).not.toContain('secret')
  })
})

describe('OpenAI', () => {
  it("passes the rate limits and a response's token usage to the app", () => {
    const limits = [{ name: 'tokens', limit: 50_000, remaining: 49_950, reset_seconds: 0.06 }]
    expect(toAppMessage({ type: 'rate_limits.updated', rate_limits: limits })).toEqual({
      type: 'agentMessageReceived',
      kind: 'rate-limits',
      name: null,
      data: limits,
    })
    const usage = { total_tokens: 253 }
    expect(toAppMessage({ type: 'response.done', response: { id: 'r', usage } })).toEqual({
      type: 'agentMessageReceived',
      kind: 'metrics',
      name: null,
      data: { usage },
    })
    expect(toAppMessage({ type: 'response.done', response: { id: 'r', usage: null } })).toBeNull()
    expect(toAppMessage({ type: 'response.created', response: { usage } })).toBeNull()
  })
})
