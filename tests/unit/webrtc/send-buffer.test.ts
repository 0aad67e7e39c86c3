import { expect, it } from 'vitest'
import { createSendBuffer } from '../../../src/lib/voice-agent/webrtc/peer-connection.js'

it("names the messages that are still partly in the channel's buffer, in bytes, not characters", () => {
  let bufferedAmount = 0
  const buffer = createSendBuffer(() => bufferedAmount)
  buffer.add('transmitted', 'a')
  expect(buffer.undelivered()).toEqual([])
  for (const [text, id] of [['ä€', 'b'], ['a ping'], ['c', 'c']] as const) {
    bufferedAmount += new TextEncoder().encode(text).length
    buffer.add(text, id)
  }
  expect(bufferedAmount).toBe(5 + 6 + 1)
  expect(buffer.undelivered()).toEqual(['b', 'c'])
  // A partly sent message does not arrive.
  bufferedAmount = 6 + 1 + 1
  expect(buffer.undelivered()).toEqual(['b', 'c'])
  bufferedAmount = 6 + 1
  expect(buffer.undelivered()).toEqual(['c'])
  bufferedAmount = 0
  expect(buffer.undelivered()).toEqual([])
})
