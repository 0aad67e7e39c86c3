import * as client from 'livekit-client'
import { expect, it } from 'vitest'
import { toConnectError, toEndEvent } from '../../../../src/lib/voice-agent/transports/livekit/room-link.js'

const { ConnectionError, DisconnectReason } = client

it.each([
  [ConnectionError.notAllowed('invalid token secret', 401), 'unauthorized'],
  [ConnectionError.notAllowed('permission denied', 403), 'signalling-rejected'],
  [ConnectionError.notAllowed('room does not exist', 404), 'signalling-rejected'],
  [ConnectionError.serverUnreachable('secret'), 'signalling-unavailable'],
  [ConnectionError.timeout('secret'), 'signalling-unavailable'],
  [ConnectionError.internal('secret', { status: 503 }), 'signalling-unavailable'],
  [ConnectionError.websocket('secret'), 'signalling-unavailable'],
  [new Error('secret'), 'signalling-unavailable'],
])('translates a failed connection, without its text: %#', (thrown, code) => {
  const error = toConnectError(client, thrown)
  expect(error.code).toBe(code)
  expect(`${error.message} ${String(error.cause)}`).not.toContain('secret')
})

it("moves, ends or loses the call depending on the server's reason", () => {
  const byReason = Object.values(DisconnectReason)
    .filter((reason) => typeof reason === 'number')
    .map((reason) => [DisconnectReason[reason], toEndEvent(client, reason)])
  const moved = byReason.filter(([, event]) => JSON.stringify(event).includes('moved'))
  expect(moved.map(([name]) => name)).toEqual(['DUPLICATE_IDENTITY'])
  const ended = byReason.filter(([, event]) => JSON.stringify(event) === '{"type":"agentLeft"}')
  expect(ended.map(([name]) => name)).toEqual(['PARTICIPANT_REMOVED', 'ROOM_DELETED', 'ROOM_CLOSED'])
  expect(toEndEvent(client, undefined)).toEqual({ type: 'connectionState', state: 'closed' })
})
