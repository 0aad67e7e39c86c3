import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { MessageEncoder } from '../../../src/lib/voice-agent/storage/sessions/encrypted-batch.js'
import type { Message } from '../../../store/index.js'

const messageOf = (text: string): Message => ({ id: text, role: 'user', text, status: 'final', createdAt: 0 })
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

test('whatever came before, it returns the JSON of the given messages', () => {
  const pool = fc.array(fc.string({ unit: 'binary', maxLength: 40 }).map(messageOf), { maxLength: 6 })
  const picks = fc.array(fc.array(fc.nat(5), { maxLength: 8 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(pool, picks, (messages, runs) => {
      const encoder = new MessageEncoder()
      for (const run of runs) {
        const segment = run.flatMap((index) => messages[index] ?? [])
        expect(textOf(encoder.encode(segment))).toBe(JSON.stringify(segment))
      }
    }),
    { numRuns: 50 },
  )
})

test('its result stays unchanged, even when a longer one follows', () => {
  const encoder = new MessageEncoder()
  const first = messageOf('a')
  const bytes = encoder.encode([first])
  encoder.encode([messageOf('b'), messageOf('c'.repeat(40_000))])
  expect(textOf(bytes)).toBe(JSON.stringify([first]))
})

test('for a segment that grew, only new messages are encoded', () => {
  const encoder = new MessageEncoder()
  const messages = Array.from({ length: 63 }, (_, index) => messageOf(`message ${index}`))
  encoder.encode(messages)
  const stringify = vi.spyOn(JSON, 'stringify')
  encoder.encode([...messages, messageOf('new')])
  expect(stringify.mock.calls).toEqual([[messageOf('new')]])
  stringify.mockRestore()
})
