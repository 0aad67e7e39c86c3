import { expect, test } from 'vitest'
import type { Message } from '../../../store/index.js'
import { complaintsOf, judge } from '../../soak/judge.js'
import { textOf } from '../../soak/texts.js'
import { note, type Truth, truthOf } from '../../soak/truth.js'

const seed = 'judge'
const message = (n: number, changes: Partial<Message> = {}): Message => ({
  id: `m${n}`,
  role: 'assistant',
  text: textOf(seed, n),
  status: 'final',
  createdAt: n,
  ...changes,
})
const restored = [message(0), message(1, { text: textOf(seed, 1).slice(0, 9), status: 'interrupted' })]
const partial = message(3, { text: textOf(seed, 3).slice(0, 12), status: 'interrupted' })

/**
 * After the restored messages, a final message arrived 300 ms before the page closed, then twenty characters, the last twelve of them 50
 * ms before.
 */
function truth(): Truth {
  const seen = truthOf('s', restored)
  note(seen, { n: 2, length: textOf(seed, 2).length, isFinal: true, at: 700 }, 1_500)
  note(seen, { n: 3, length: 8, isFinal: false, at: 900 }, 1_500)
  note(seen, { n: 3, length: 20, isFinal: false, at: 950 }, 1_500)
  return { ...seen, leftAt: 1_000 }
}
const faults = (...messages: Message[]) => complaintsOf(judge(truth(), messages, seed), 100)

test('what is restored completely except for the last words is no fault, and its loss is reported', () => {
  const verdict = judge(truth(), [...restored, message(2), partial], seed)
  expect(complaintsOf(verdict, 100)).toEqual([])
  expect(verdict.lostText).toEqual({ characters: 8, ageMs: 50 })
  expect(complaintsOf(verdict, 40)).toEqual(['lost text that was 50 ms old'])
})

test('every kind of loss is named', () => {
  expect(faults(...restored, partial)).toEqual(['1 finals lost: #2 (300 ms old)', '1 missing before others'])
  expect(faults(...restored, message(2), message(2), partial)).toEqual(['1 duplicated'])
  expect(faults(...restored, partial, message(2))).toEqual(['1 out of order'])
  expect(faults(...restored, message(2), { ...partial, text: '3: other words' })).toContain('1 changed')
  expect(faults(...restored, message(2), { ...partial, status: 'final' })).toEqual(['1 changed'])
  expect(faults(message(0), message(1), message(2), partial)).toEqual(['settled messages changed'])
  const blank = message(4, { text: '', status: 'interrupted' })
  expect(faults(...restored, message(2), partial, blank)).toEqual(['1 restored without a word'])
  expect(faults()).toContain('settled messages changed')
})

test('a final message that is restored without its end is lost', () => {
  const cut = message(2, { text: textOf(seed, 2).slice(0, 10), status: 'interrupted' })
  expect(faults(...restored, cut, partial)).toEqual(['1 finals lost: #2 (300 ms old)'])
})

test('text that was never seen is reported', () => {
  expect(judge(truth(), [...restored, message(2), partial, message(4)], seed).ahead).toBe(1)
})
