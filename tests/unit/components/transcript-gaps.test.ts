import { expect, it } from 'vitest'
import { computeGaps } from '../../../src/components/voice-agent/transcript/TranscriptMarks.js'

it('puts a gap at lost messages, which count as before the loaded ones', () => {
  // 0–63 exist, 64–127 are lost, 128–199 exist: of 136 loaded messages, the 65th comes after the gap.
  expect(computeGaps([{ from: 64, count: 64 }])).toEqual([{ before: 64 + 64, count: 64 }])
  expect(computeGaps([{ from: 0, count: 64 }])).toEqual([{ before: 64, count: 64 }])
})

it('merges adjacent losses in any order', () => {
  const lost = [
    { from: 192, count: 64 },
    { from: 0, count: 64 },
    { from: 64, count: 64 },
  ]
  expect(computeGaps(lost)).toEqual([
    { before: 192, count: 128 },
    { before: 256, count: 64 },
  ])
})
