import { expect, it } from 'vitest'
import { createHeartbeat } from '../../../src/lib/voice-agent/transports/small-webrtc/heartbeat.js'

/** Returns the heartbeat's result for every half second, given the messages heard until then. */
const judge = (heard: number[], times = heard.map((_, tick) => tick * 500)) => {
  const heartbeat = createHeartbeat()
  return heard.map((count, index) => heartbeat.tick(count, times[index] ?? 0))
}

it('declares a peer gone that was heard every half second, and then not for three seconds', () => {
  expect(judge([1, 2, 3, 3, 3, 3, 3, 3, 3])).toEqual([
    ...Array(4).fill('alive'),
    ...Array(4).fill('silent'),
    'gone',
  ])
})

it('ignores the silence of a peer that was never heard regularly', () => {
  expect(judge([1, 1, 1, 1, 1, 1, 1, 1, 1, 1])).not.toContain('gone')
})

it('gives a peer another chance if the page was asleep', () => {
  const hour = 3_600_000
  expect(judge([1, 2, 3, 3, 3, 4], [0, 1_000, 2_000, hour, hour + 1_000, hour + 2_000])).not.toContain('gone')
})
