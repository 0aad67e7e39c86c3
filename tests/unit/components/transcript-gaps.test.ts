import { expect, it } from 'vitest'
import { computeGaps } from '../../../src/components/voice-agent/transcript/gaps.js'

it('puts a gap where messages are missing, counting what is lost before what is loaded', () => {
  // 0–63 are there, 64–127 are lost, 128–199 are there: of 136 loaded messages, the 65th comes after the gap.
  expect(computeGaps([{ from: 64, count: 64 }])).toEqual([{ before: 64 + 64, count: 64 }])
  expect(computeGaps([{ from: 0, count: 64 }])).toEqual([{ before: 64, count: 64 }])
})

it('makes one gap of neighbours, whatever order they were found in', () => {
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
