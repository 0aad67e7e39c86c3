import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime'
import { expect, it } from 'vitest'
import type { TransportEvent } from '../../../middleware/drivers/call/ports.js'
import { createEventReader } from '../../../src/lib/voice-agent/transports/openai-realtime/event-reader.js'

/**
 * All server events in OpenAI's own types. The compiler keeps the list complete: it rejects a type that is missing in
 * `RealtimeServerEvent` of the package `openai`, and one that is missing here.
 */
const published: { [Type in RealtimeServerEvent['type']]: true } = {
  'conversation.created': true,
  'conversation.item.added': true,
  'conversation.item.created': true,
  'conversation.item.deleted': true,
  'conversation.item.done': true,
  'conversation.item.input_audio_transcription.completed': true,
  'conversation.item.input_audio_transcription.delta': true,
  'conversation.item.input_audio_transcription.failed': true,
  'conversation.item.input_audio_transcription.segment': true,
  'conversation.item.retrieved': true,
  'conversation.item.truncated': true,
  error: true,
  'input_audio_buffer.cleared': true,
  'input_audio_buffer.committed': true,
  'input_audio_buffer.dtmf_event_received': true,
  'input_audio_buffer.speech_started': true,
  'input_audio_buffer.speech_stopped': true,
  'input_audio_buffer.timeout_triggered': true,
  'mcp_list_tools.completed': true,
  'mcp_list_tools.failed': true,
  'mcp_list_tools.in_progress': true,
  'output_audio_buffer.cleared': true,
  'output_audio_buffer.started': true,
  'output_audio_buffer.stopped': true,
  'rate_limits.updated': true,
  'response.content_part.added': true,
  'response.content_part.done': true,
  'response.created': true,
  'response.done': true,
  'response.function_call_arguments.delta': true,
  'response.function_call_arguments.done': true,
  'response.mcp_call.completed': true,
  'response.mcp_call.failed': true,
  'response.mcp_call.in_progress': true,
  'response.mcp_call_arguments.delta': true,
  'response.mcp_call_arguments.done': true,
  'response.output_audio.delta': true,
  'response.output_audio.done': true,
  'response.output_audio_transcript.delta': true,
  'response.output_audio_transcript.done': true,
  'response.output_item.added': true,
  'response.output_item.done': true,
  'response.output_text.delta': true,
  'response.output_text.done': true,
  'session.created': true,
  'session.updated': true,
}

/** Event names from before GA, which compatible servers still send. */
const beforeGa = [
  ...['response.audio.delta', 'response.audio.done', 'response.audio_transcript.delta'],
  ...['response.audio_transcript.done', 'response.text.delta', 'response.text.done'],
]

const nodeModules = resolve(import.meta.dirname, '../../../node_modules')

/** The union in the declaration files, which also detects an edit of this list without the compiler. */
function declaredTypes(): string[] {
  const declared = readFileSync(resolve(nodeModules, 'openai/resources/realtime/realtime.d.ts'), 'utf8')
  const union = declared.match(/export type RealtimeServerEvent = ([^;]+);/)?.[1] ?? ''
  return union.split('|').flatMap((name) => {
    const own = name.trim().replace('RealtimeServerEvent.', '')
    const body = declared.match(new RegExp(`interface ${own} \\{[^]*?\\n(?: {4})?\\}`))?.[0] ?? ''
    return [...body.matchAll(/^\s+type: '([a-z_.]+)';/gm)].map(([, type = '']) => type)
  })
}

/** Types that OpenAI's own client reads, from its schemas. */
function typesOfClient(): string[] {
  const file = resolve(nodeModules, '@openai/agents-realtime/dist/openaiRealtimeEvents.mjs')
  const schemas = readFileSync(file, 'utf8')
  const union =
    schemas.match(/realtimeServerEventSchema = z\.discriminatedUnion\('type', \[([^\]]+)\]/)?.[1] ?? ''
  return union.match(/\w+/g)?.map((name) => {
    const [, type = ''] =
      schemas.match(new RegExp(`const ${name} = z[^]*?type: z\\.literal\\('([a-z_.]+)'\\)`)) ?? []
    return type
  }) as string[]
}

it('lists the events in the types of the package openai, and those that its own client reads', () => {
  expect(declaredTypes().sort()).toEqual(Object.keys(published).sort())
  const known = new Set(Object.keys(published))
  const ofClient = typesOfClient()
  expect(ofClient.length).toBeGreaterThan(40)
  expect(ofClient.filter((type) => !known.has(type))).toEqual([])
})

// The transport itself handles `error`, before the reader.
it.each([...Object.keys(published), ...beforeGa].filter((type) => type !== 'error'))(
  'knows the event %s',
  (type) => {
    const events: TransportEvent[] = []
    const reader = createEventReader(
      (event) => events.push(event),
      () => 0,
    )
    reader.read({ type })
    reader.close()
    expect(events).not.toContainEqual({ type: 'protocolError', why: 'unknown' })
  },
)

it('lists every event in the guide, and no others', () => {
  const guide = readFileSync(resolve(import.meta.dirname, '../../../docs/transports.md'), 'utf8')
  const [, section = ''] = guide.split('### Every OpenAI event')
  const [table = ''] = section.split(/\n##+ /)
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z_.]+)`/g)].map(([, type]) => type),
  )
  expect(listed.sort()).toEqual([...Object.keys(published), ...beforeGa].sort())
})
