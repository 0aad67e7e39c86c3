import { expect, test } from 'vitest'
import { type Found, type Note, Oracle } from '../../chaos/oracle.js'

const day = 86_400_000
const saved = (at: number, ...texts: string[]): Note => ({ type: 'saved', sessionId: 's', texts, at })
const loaded = (page: string, at: number): Note => ({ type: 'loaded', page, at })
const found = (texts: string[] | null, recoveredFrom: string | null = null): Found => ({
  id: recoveredFrom === null ? 's' : 'copy',
  recoveredFrom,
  texts,
  reason: texts ? null : 'session-unreadable',
})

function lossesOf(notes: readonly Note[], ...there: Found[]): string[] {
  const oracle = new Oracle()
  for (const note of notes) oracle.note(note)
  return oracle.judge(there).losses
}

test('every kind of loss is named', () => {
  expect(lossesOf([saved(0, 'a', 'b')], found(['a', 'b', 'not saved']))).toEqual([])
  expect(lossesOf([saved(0, 'a')])).toEqual(['s is gone (without a word)'])
  expect(lossesOf([saved(0, 'a')], found(null))).toEqual(['s does not open (session-unreadable)'])
  expect(lossesOf([saved(0, 'a'), saved(1, 'a', 'b')], found(['a']))).toEqual([
    's lost 1 of 2 saved messages: b',
  ])
  expect(lossesOf([saved(0, 'a')], found(['a', 'a']))).toEqual(['s has messages twice'])
})

test('a recovered copy contains messages of its conversation', () => {
  expect(lossesOf([saved(0, 'a', 'b')], found(['a']), found(['b'], 's'))).toEqual([])
})

test('the app may choose a conversation, or the user delete it, and it must not come back', () => {
  expect(lossesOf([saved(0, 'a'), { type: 'chosen', sessionIds: ['s'] }])).toEqual([])
  expect(lossesOf([saved(0, 'a'), { type: 'chosen', sessionIds: ['s'] }], found([]))).toHaveLength(1)
  const oracle = new Oracle()
  oracle.note(saved(0, 'a'))
  oracle.noteRemoval('s', true)
  expect(oracle.judge([]).losses).toEqual([])
  expect(oracle.judge([found(['a'])]).losses).toEqual(['s was deleted by the user, but is back'])
})

test('a conversation may be deleted by two pages that found it old, a day apart, with a clock that ran all the time', () => {
  const days = (...all: number[]) => all.map((at, index) => loaded(`p${index}`, at * day))
  const gone = (...readings: Note[]) => lossesOf([saved(0, 'a'), ...readings]).length
  expect(gone(...days(8, 9.1))).toBe(0)
  // Found old only once, or by pages on the same day.
  expect(gone(...days(8))).toBe(1)
  expect(gone(...days(8, 8.5))).toBe(1)
  expect(gone(...days(5, 8))).toBe(1)
  expect(gone(loaded('p', 8 * day), loaded('p', 10 * day))).toBe(1)
  // A jump of a year, backwards or forwards.
  expect(gone(...days(365, 367))).toBe(1)
  expect(gone(...days(8, -300, 8, 9.1))).toBe(1)
  // The clock has run for the whole retention since the jump.
  expect(gone(...days(365, 369, 374))).toBe(0)
})
