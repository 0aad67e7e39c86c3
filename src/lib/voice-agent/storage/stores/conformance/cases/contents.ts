import { areEqual } from '../../record-bytes.js'
import {
  ALL,
  assert,
  assertSame,
  assertValues,
  bytesOf,
  type Cases,
  keysIn,
  places,
  put,
  putAll,
  short,
  write,
} from '../world.js'

/** Reads and writes of one open store. */
export const contentsCases = {
  async bytes({ store }) {
    const all = Uint8Array.from({ length: 1_024 }, (_, index) => index)
    const values: Record<string, Uint8Array> = {
      'session/a%20b/head': all,
      empty: new Uint8Array(),
      'key/~!': Uint8Array.of(0),
      k: bytesOf('with an offset').subarray(5),
    }
    await putAll(
      store,
      Object.entries(values).map(([key, value]) => ({ key, value, updatedAt: null })),
    )
    const keys = [...Object.keys(values).reverse(), 'missing', 'k', 'sess']
    const { values: found, ranges } = await store.read({ keys, ranges: [] })
    assertSame(ranges, [], 'No range was requested')
    assertSame(found.length, keys.length, 'A read must answer each key')
    for (const [index, key] of keys.entries())
      assert(
        areEqual(found[index] ?? null, values[key] ?? null),
        `The value of ${key} must be what was stored.`,
      )
  },

  async copies({ store }) {
    const value = bytesOf('before')
    const written = write(store, { put: [{ key: 'a', value, updatedAt: null }] })
    // A caller may reuse its buffer once the write has ended.
    await written
    value.fill(0)
    await assertValues(store, { a: 'before' }, 'After the buffer of the write changed')
    const { values, ranges } = await store.read({ keys: ['a'], ranges: [ALL] })
    values[0]?.fill(0)
    ranges[0]?.[0]?.value.fill(0)
    await assertValues(store, { a: 'before' }, 'After the buffer of a read changed')
  },

  async replaces({ store }) {
    await putAll(store, [put('a', 'a long first value'), put('b', 'other')])
    await putAll(store, [put('a', 'short')])
    await assertValues(store, { a: 'short', b: 'other' }, 'After a second write')
    await putAll(store, [put('a', '')])
    await assertValues(store, { a: '', b: 'other' }, 'After an empty value')
  },

  async removes({ store }) {
    const keys = ['a', 'b/', 'b/1', 'b/2', 'b/20', 'b0', 'c', 'd']
    await putAll(
      store,
      keys.map((key) => put(key, key)),
    )
    await write(store, {
      remove: ['a', 'missing', { lower: 'b/', upper: 'b/\u007f' }],
      put: [put('b/2', 'new')],
    })
    assertSame(await keysIn(store, {}), ['b/2', 'b0', 'c', 'd'], 'After deleting a key and a range')
    await assertValues(store, { 'b/2': 'new' }, 'A put in a deleted range')
    await write(store, { remove: [{ lower: 'c', upper: 'd' }] })
    assertSame(await keysIn(store, {}), ['b/2', 'b0', 'd'], 'A range ends before its upper bound')
    await write(store, { remove: ['d'], put: [put('d', 'again')] })
    await assertValues(store, { d: 'again' }, 'A put of a deleted key')
  },

  async conditions({ store }) {
    const first = await write(store, { expect: [{ key: 'a', value: null }], put: [put('a', '1')] })
    assertSame(first, 'written', 'A missing key was expected to be missing')
    const both = [
      { key: 'a', value: bytesOf('1') },
      { key: 'b', value: null },
    ]
    assertSame(await write(store, { expect: both, put: [put('a', '2')] }), 'written', 'Both conditions hold')
    await assertValues(store, { a: '2', b: null }, 'After both')
    const empty = await write(store, { put: [put('empty', '')] })
    assertSame(empty, 'written', 'An empty value')
    const isEmpty = [{ key: 'empty', value: new Uint8Array() }]
    assertSame(
      await write(store, { expect: isEmpty, remove: ['empty'] }),
      'written',
      'An empty value is not a missing one',
    )
    assertSame(await write(store, { expect: isEmpty }), 'conflict', 'A missing value is not an empty one')
    assertSame(
      await write(store, { expect: [{ key: 'a', value: bytesOf('2') }] }),
      'written',
      'Conditions alone',
    )
  },

  async conflicts({ store }) {
    await putAll(store, [put('a', 'value', 1), put('b', 'b', 2)])
    const wrong: (string | null)[] = [null, 'valuf', 'valu', 'values', '']
    for (const expected of wrong) {
      const answer = await write(store, {
        expect: [
          { key: 'b', value: bytesOf('b') },
          { key: 'a', value: expected === null ? null : bytesOf(expected) },
        ],
        remove: ['b', ALL],
        put: [put('a', 'changed', 9), put('c', 'new', 9)],
      })
      const what = `Expected ${short(expected)} where there is "value"`
      assertSame(answer, 'conflict', what)
      await assertValues(store, { a: 'value', b: 'b', c: null }, what)
      assertSame(
        await places(store),
        [
          [1, 'a'],
          [2, 'b'],
        ],
        what,
      )
    }
    const missing = [{ key: 'none', value: bytesOf('x') }]
    assertSame(
      await write(store, { expect: missing, put: [put('d', 'd')] }),
      'conflict',
      'Expected a missing value',
    )
    // Conditions apply to the state before the batch.
    const own = { expect: [{ key: 'e', value: bytesOf('e') }], put: [put('e', 'e')] }
    assertSame(await write(store, own), 'conflict', 'Expected what the batch itself puts')
    await assertValues(store, { d: null, e: null }, 'After conflicts')
  },
} satisfies Cases
