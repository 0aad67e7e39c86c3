import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { StoredRecord } from '../../../../src/lib/voice-agent/storage/records/record.js'
import {
  areEqual,
  fromBytes,
  timeOf,
  toBytes,
} from '../../../../src/lib/voice-agent/storage/stores/record-bytes.js'

const bytes = fc.uint8Array({ maxLength: 40 }).map((part) => part.slice().buffer)
const field = fc.oneof(fc.integer(), fc.string(), bytes, fc.constant(null), fc.record({ at: fc.integer() }))
const record = fc
  .dictionary(fc.stringMatching(/^[a-z]{1,8}$/), field)
  .map((fields) => ({ ...fields, v: 2, kind: 'meta', name: 'test' }) as unknown as StoredRecord)

it('returns each record, with the same bytes for any order of its fields', () => {
  fc.assert(
    fc.property(record, (one) => {
      const encoded = toBytes(one)
      expect(fromBytes(encoded)).toEqual(one)
      const reversed = Object.fromEntries(Object.entries(one).reverse()) as unknown as StoredRecord
      expect(areEqual(toBytes(reversed), encoded)).toBe(true)
      expect(areEqual(toBytes(fromBytes(encoded)), encoded)).toBe(true)
    }),
  )
})

it('treats bytes in another form as a record that opens nothing, and returns them unchanged', () => {
  fc.assert(
    fc.property(record, fc.nat(), fc.uint8Array(), (one, at, other) => {
      const encoded = toBytes(one)
      for (const damaged of [encoded.slice(0, at % encoded.length), Uint8Array.of(...encoded, 0), other]) {
        const decoded = fromBytes(damaged)
        expect(decoded).toMatchObject({ kind: 'meta', name: 'damaged' })
        expect(areEqual(toBytes(decoded), damaged)).toBe(true)
      }
    }),
  )
})

it('indexes only what has a time', () => {
  const timed = (updatedAt: unknown) => timeOf({ updatedAt } as unknown as StoredRecord)
  expect([1, '1', Number.NaN, undefined, Number.POSITIVE_INFINITY].map(timed)).toEqual([
    1,
    null,
    null,
    null,
    null,
  ])
})
