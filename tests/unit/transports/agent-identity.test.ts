import { expect, it } from 'vitest'
import { hasRestarted, identityOf } from '../../../src/lib/voice-agent/transports/ice-restart.js'

const answer = (pcId: string, ufrag: string, fingerprint: string) =>
  identityOf({
    pc_id: pcId,
    sdp: `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:${ufrag}\r\na=fingerprint:sha-256 ${fingerprint}\r\n`,
  })
const before = answer('pc-1', 'abcd', 'AA:BB')

it('treats an answer with a new ufrag, but the same certificate and peer id, as an ICE restart', () => {
  expect(hasRestarted(before, answer('pc-1', 'efgh', 'aa:bb'))).toBe(true)
})

it.each([
  ['a restart that the agent ignored', answer('pc-1', 'abcd', 'AA:BB')],
  ['a restarted process on the same address', answer('pc-1', 'efgh', 'CC:DD')],
  ['another bot of the same process', answer('pc-2', 'efgh', 'AA:BB')],
  ['an answer that does not say who gave it', identityOf({ pc_id: 'pc-1', sdp: 'v=0' })],
])('does not treat %s as one', (_what, after) => {
  expect(hasRestarted(before, after)).toBe(false)
})
