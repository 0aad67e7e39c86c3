import type { VoiceTool } from 'redux-voice-agent'
import { memoryStorage, scriptedTransport } from 'redux-voice-agent/testing'
import type { TransportEvent } from 'redux-voice-agent/transports'
import { describe, expect, it } from 'vitest'
import type { ClientMessage, VoiceTransportFactory } from '../../../middleware/drivers/call/ports.js'
import { answerOf, deferred, idOf, leaveTwoSessions, rest, setUp, storedTexts } from './support.js'

const anything: VoiceTool<unknown>['parameters'] = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}

/** A call during an ICE restart, with a pending tool. */
async function interrupted() {
  const sent: ClientMessage[] = []
  const ice = deferred()
  const result = deferred<unknown>()
  let emit: Parameters<VoiceTransportFactory>[0]['emit'] = () => {}
  const transport: VoiceTransportFactory = (host) => {
    emit = host.emit
    return {
      connect: async () => 'fresh',
      send: (message) => void sent.push(message),
      close() {},
      restartIce: () => ice.promise,
    }
  }
  const tools = { look: { description: 'Looks.', parameters: anything, run: () => result.promise } }
  const page = setUp(undefined, { transport, tools })
  await page.agent.connect()
  emit({ type: 'toolCallStarted', toolCallId: 'look-1', name: 'look', arguments: {} })
  emit({ type: 'connectionState', state: 'failed' })
  await rest()
  expect(page.state().connection.status).toBe('reconnecting')
  return { page, ice, result, emit, sentTypes: () => sent.map(({ type }) => type) }
}

describe('during an ICE restart', () => {
  it('a tool result waits for the connection that recovers', async () => {
    const { page, ice, result, sentTypes } = await interrupted()
    result.resolve('seen')
    await rest()
    expect(sentTypes()).toEqual([])
    ice.resolve()
    await rest()
    expect(page.state().connection.status).toBe('connected')
    expect(sentTypes()).toEqual(['tool-answer'])
  })

  it('a tool result goes to no other connection', async () => {
    const { page, ice, result, sentTypes } = await interrupted()
    result.resolve('seen')
    await rest()
    page.agent.sendText('typed meanwhile')
    ice.reject(new Error('No route.'))
    await rest()
    expect(page.state().connection.status).toBe('connected')
    expect(sentTypes()).toEqual(['text'])
  })

  it('a switch of the transport wins, even if the connection recovers in the same task', async () => {
    const { page, ice, sentTypes } = await interrupted()
    const second = scriptedTransport()
    page.agent.sendText('typed meanwhile')
    ice.resolve()
    await page.agent.switchTransport(second)
    expect(sentTypes()).toEqual([])
    expect(second.sent).toMatchObject([{ text: 'typed meanwhile' }])
  })

  it.each<[string, TransportEvent]>([
    ['left', { type: 'agentLeft' }],
    ['been lost', { type: 'connectionState', state: 'closed' }],
  ])('a connection whose agent has %s does not recover', async (_how, event) => {
    const { page, ice, emit } = await interrupted()
    const statuses: string[] = []
    page.agent.on('connectionStateChanged', (status) => statuses.push(status))
    emit(event)
    ice.resolve()
    for (let turn = 0; turn < 3; turn++) await Promise.resolve()
    expect(statuses).not.toContain('connected')
  })

  it('interrupt() throws nothing', async () => {
    const { page } = await interrupted()
    expect(() => page.agent.interrupt()).not.toThrow()
  })
})

it('a text typed in any microtask after the agent has left is sent, shown as unsent, or rejected', async () => {
  for (let turns = 0; turns < 20; turns++) {
    const page = setUp()
    await page.agent.connect()
    page.transport.emit({ type: 'agentLeft' })
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    const refusal = await answerOf((async () => page.agent.sendText('typed late'))())
    await rest(2)
    const [message] = page.voiceAgent.selectors.selectMessages(page.store.getState())
    const outcome = message ? (message.isUnsent ? 'unsent' : 'sent') : refusal
    expect(outcome, `${turns}`).toBe(
      page.transport.sent.length > 0 ? 'sent' : message ? 'unsent' : 'not-connected',
    )
    await page.voiceAgent.dispose()
  }
})

describe('a typed text', () => {
  it('stays in the conversation after what was restored, if typed while the page restores its session', async () => {
    const { storage, last } = await leaveTwoSessions()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 } })
    const connecting = page.agent.connect()
    page.agent.sendText('typed early')
    await connecting
    expect(idOf(page)).toBe(last)
    expect(page.texts()).toEqual(['said last', 'typed early'])
    expect(page.transport.sent).toHaveLength(1)
    await page.voiceAgent.persistor.flush()
    expect(await storedTexts(storage, last)).toEqual(['said last', 'typed early'])
  })

  it('from a subscriber that requested another session in the same task is rejected', async () => {
    const storage = memoryStorage()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 0 } })
    await page.agent.connect()
    const former = idOf(page)
    const answers: Promise<string>[] = []
    const stop = page.store.subscribe(() => {
      stop()
      answers.push(answerOf(page.agent.newSession()), answerOf(page.agent.connect()))
      answers.push(answerOf((async () => page.agent.sendText('for the next one'))()))
    })
    page.transport.emit({ type: 'userTranscriptReceived', text: 'start over', final: true })
    expect(await Promise.all(answers)).toEqual(['resolved', 'resolved', 'not-connected'])
    expect(page.transport.sent).toEqual([])
    expect(await storedTexts(storage, former)).toEqual(['start over'])
    expect(page.texts()).toEqual([])
  })
})
