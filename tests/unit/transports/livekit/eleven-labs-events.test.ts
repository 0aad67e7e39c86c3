import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import type { TransportEvent } from '../../../../middleware/drivers/call/ports.js'
import { createEventReader } from '../../../../src/lib/voice-agent/transports/eleven-labs/event-reader.js'

afterEach(() => void vi.useRealTimers())

/** Event types that an agent sends, from ElevenLabs' own type declarations. Scribe's have no `type`. */
function typesOfPackage(): string[] {
  const folder = resolve(import.meta.dirname, '../../../../node_modules/@elevenlabs/types/generated/types')
  const names = readFileSync(resolve(folder, 'incoming.ts'), 'utf8').match(/\w+(?=,)/g) ?? []
  const source = readFileSync(resolve(folder, 'asyncapi-types.ts'), 'utf8')
  return names.flatMap((name) => {
    const [, body = ''] = source.match(new RegExp(`export interface ${name} \\{([^}]*)\\}`)) ?? []
    return body.match(/ type: "(\w+)"/)?.[1] ?? []
  })
}

function read(...messages: object[]) {
  const events: TransportEvent[] = []
  let ids = 0
  const reader = createEventReader({
    emit: (event) => void events.push(event),
    createId: () => `turn-${++ids}`,
    onReady() {},
    onPing() {},
  })
  for (const message of messages) reader.read(JSON.stringify(message))
  return { events, reader }
}

it('knows every event in the types of @elevenlabs/types', () => {
  const types = typesOfPackage()
  expect(types.length).toBeGreaterThan(20)
  const unknown = types.filter((type) =>
    read({ type }).events.some((event) => event.type === 'protocolError' && event.why === 'unknown'),
  )
  expect(unknown).toEqual([])
  expect(read({ type: 'not_an_event' }).events).toEqual([{ type: 'protocolError', why: 'unknown' }])
})

it('keeps the words that were heard of an interrupted answer', () => {
  vi.useFakeTimers()
  const { events, reader } = read(
    { type: 'agent_response', agent_response_event: { agent_response: 'One two three.', event_id: 1 } },
    { type: 'interruption', interruption_event: { event_id: 1 } },
    {
      type: 'agent_response_correction',
      agent_response_correction_event: {
        original_agent_response: 'One two three.',
        corrected_agent_response: 'One two',
        event_id: 1,
      },
    },
  )
  vi.runAllTimers()
  expect(events).toEqual([
    { type: 'assistantTurnStarted', turnId: 'turn-1' },
    { type: 'assistantTextReplaced', turnId: 'turn-1', text: 'One two three.' },
    { type: 'assistantTextReplaced', turnId: 'turn-1', text: 'One two' },
    { type: 'assistantTurnInterrupted', turnId: 'turn-1' },
  ])
  reader.close()
})

it('ends an answer when its audio has ended', () => {
  vi.useFakeTimers()
  const { events, reader } = read()
  reader.setSpeaking(true)
  reader.read(
    JSON.stringify({
      type: 'agent_response',
      agent_response_event: { agent_response: 'A long story.', event_id: 1 },
    }),
  )
  vi.advanceTimersByTime(60_000)
  const isOver = () => events.some(({ type }) => type === 'assistantTurnCompleted')
  expect(isOver()).toBe(false)
  reader.setSpeaking(false)
  vi.runAllTimers()
  expect(isOver()).toBe(true)
})

it('shows MCP tools, asks for approval, and ends the call when the agent does', () => {
  const tool = { service_id: 's', tool_call_id: 't1', tool_name: 'search', parameters: { q: 'tea' } }
  const { events } = read(
    { type: 'mcp_tool_call', mcp_tool_call: { ...tool, state: 'loading' } },
    { type: 'mcp_tool_call', mcp_tool_call: { ...tool, state: 'awaiting_approval' } },
    { type: 'mcp_tool_call', mcp_tool_call: { ...tool, state: 'success', result: [] } },
    { type: 'agent_tool_response', agent_tool_response: { tool_name: 'end_call', tool_call_id: 't2' } },
  )
  expect(events).toEqual([
    { type: 'toolCallStarted', toolCallId: 't1', name: 'search', arguments: { q: 'tea' } },
    { type: 'toolApprovalNeeded', toolCallId: 't1' },
    { type: 'toolCallStopped', toolCallId: 't1', cancelled: false, failed: false },
    { type: 'agentLeft' },
  ])
})
