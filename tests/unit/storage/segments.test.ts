import { expect, test } from 'vitest'
import { changedSegments } from '../../../src/lib/voice-agent/storage/sessions/segments.js'
import type { Message } from '../../../store/index.js'

const message = (index: number): Message => ({
  id: `m${index}`,
  role: 'user',
  text: `words ${index}`,
  status: 'final',
  createdAt: index,
})
const messages = Array.from({ length: 150 }, (_, index) => message(index))
const stored = new Map([0, 1, 2].map((seq) => [seq, messages.slice(seq * 64, seq * 64 + 64)]))
const changedSeqs = (loaded: Message[], firstLoadedIndex = 0) =>
  changedSegments({ messages: loaded, firstLoadedIndex }, stored).changed.map(({ seq }) => seq)

test('an unchanged conversation has no changed segment', () => {
  expect(changedSeqs([...messages])).toEqual([])
})

test('unchanged messages in another array keep their identity', () => {
  const known = new Map([[0, messages.slice(0, 64)]])
  const chunk = messages.slice(0, 64)
  const loaded = { length: 64, slice: () => chunk }
  expect(changedSegments({ messages: loaded, firstLoadedIndex: 0 }, known).changed).toEqual([])
  expect(known.get(0)).toBe(chunk)
})

test('an edit changes only the segment with the message', () => {
  expect(changedSeqs(messages.with(70, { ...message(70), text: 'edited' }))).toEqual([1])
})

test('an appended message changes the last segment, or starts a new one', () => {
  expect(changedSeqs([...messages, message(150)])).toEqual([2])
  const full = Array.from({ length: 192 }, (_, index) => messages[index] ?? message(index))
  expect(changedSeqs([...full, message(192)])).toEqual([2, 3])
})

test('a removed message changes its segment and all later ones', () => {
  expect(changedSeqs(messages.filter((_, index) => index !== 65))).toEqual([1, 2])
})

test('with only the tail loaded, segments keep their position in the whole conversation', () => {
  expect(changedSeqs([...messages.slice(128), message(150)], 128)).toEqual([2])
})

test('a loaded part that starts within a segment is rejected, since writing it would drop the rest', () => {
  expect(() => changedSeqs(messages.slice(100), 100)).toThrow('start of a segment; got 100')
})

test('lost segments keep their position: those around them are neither moved nor joined', () => {
  // Segments 1 and 3 are lost. 3 had 10 messages when it was the last one.
  const layout = { lengths: new Map([[3, 10]]), lost: new Set([1, 3]) }
  const firstLoadedIndex = 64 + 10
  const known = new Map([
    [0, messages.slice(0, 64)],
    [2, messages.slice(64, 128)],
  ])
  const plan = (loaded: Message[]) => changedSegments({ messages: loaded, firstLoadedIndex }, known, layout)
  const whole = messages.slice(0, 128)
  expect(plan(whole)).toEqual({ changed: [], segmentCount: 4, lengths: new Map([[3, 10]]) })
  expect(plan([...whole, message(150)])).toMatchObject({ changed: [{ seq: 4 }], segmentCount: 5 })
  expect(plan(whole.slice(0, 100))).toMatchObject({
    changed: [{ seq: 2, messages: { length: 36 } }],
    segmentCount: 4,
    lengths: new Map([
      [3, 10],
      [2, 36],
    ]),
  })
})
