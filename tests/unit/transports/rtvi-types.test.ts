import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { createRtviReader } from '../../../src/lib/voice-agent/transports/small-webrtc/rtvi.js'

/** Messages from the client. */
const outbound = [
  ...['client-ready', 'disconnect-bot', 'client-message', 'send-text', 'dtmf', 'ui-event', 'ui-snapshot'],
  ...['ui-cancel-job-group', 'append-to-context', 'llm-function-call-result'],
]

/** Messages from the bot. */
const inbound = [
  ...['bot-ready', 'error', 'metrics', 'server-message', 'server-response', 'error-response'],
  ...['append-to-context-result', 'ui-command', 'ui-job-group', 'user-started-speaking'],
  ...['user-stopped-speaking', 'bot-started-speaking', 'bot-stopped-speaking', 'user-mute-started'],
  ...['user-mute-stopped', 'user-transcription', 'bot-output', 'bot-transcription', 'user-llm-text'],
  ...['bot-llm-text', 'bot-llm-started', 'bot-llm-stopped', 'llm-function-call', 'llm-function-call-started'],
  ...['llm-function-call-in-progress', 'llm-function-call-stopped', 'bot-llm-search-response'],
  ...['bot-tts-text', 'bot-tts-started', 'bot-tts-stopped'],
]

/** Further messages that pipecat-ai 1.14.0, with RTVI 2.2.0, reads. `npm run test:pipecat` compares both lists with its sources. */
const toServer = ['send-file', 'raw-audio', 'raw-audio-batch']

/** Further messages that it sends. */
const ofServer = [
  ...['bot-audio-level', 'bot-interrupted', 'bot-llm-marker', 'bot-tts-audio', 'llm-raw-text'],
  ...['stt-raw-text', 'system-log', 'tts-raw-text', 'user-audio-level', 'user-input'],
  ...['vad-user-started-speaking', 'vad-user-stopped-speaking'],
]

it('lists every message of the installed @pipecat-ai/client-js', () => {
  const types = readFileSync(
    resolve(import.meta.dirname, '../../../node_modules/@pipecat-ai/client-js/dist/index.d.ts'),
    'utf8',
  )
  const [, members = ''] = /enum RTVIMessageType \{([^}]*)\}/.exec(types) ?? []
  const published = [...members.matchAll(/^\s*[A-Z_]+ = "([a-z-]+)"/gm)].map(([, type]) => type)
  expect(published.sort()).toEqual([...outbound, ...inbound].sort())
})

it.each([...inbound, ...ofServer])('knows the message %s', (type) => {
  const events: unknown[] = []
  createRtviReader(
    (event) => events.push(event),
    () => 'turn',
  )({ type, data: {} })
  expect(events).not.toContainEqual({ type: 'protocolError', why: 'unknown' })
})

it('lists every message in the guide, and no others', () => {
  const guide = readFileSync(
    resolve(import.meta.dirname, '../../../docs/reference/server-protocol.md'),
    'utf8',
  )
  const [, section = ''] = guide.split('### Every RTVI message')
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, type]) => type),
  )
  expect(listed.sort()).toEqual([...outbound, ...toServer, ...inbound, ...ofServer].sort())
})
