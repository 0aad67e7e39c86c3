import type { ByteStore } from '../../byte-store.js'
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
  textOf,
  valuesOf,
  write,
} from '../world.js'

/** Concurrent reads and writes, several open stores, and reopening. */
export const sharingCases = {
  async moments({ store, open }) {
    const reader = await open()
    const keys = ['a', 'm/1', 'm/2', 'z']
    let isOver = false
    async function writeAll(): Promise<void> {
      for (let count = 0; count < 30; count++) {
        const remove = [{ lower: 'm/', upper: 'm/\u007f' }]
        await write(store, { remove, put: keys.map((key) => put(key, String(count), count)) })
      }
    }
    async function readAll(from: ByteStore): Promise<void> {
      let last = -1
      while (!isOver) {
        const { values, ranges } = await from.read({ keys, ranges: [{ ...ALL }, { ...ALL, lower: 'm' }] })
        const seen = new Set([...values, ...ranges.flat().map(({ value }) => value)].map(textOf))
        assert(seen.size <= 1, `A read saw parts of several writes: ${[...seen].join(', ')}.`)
        const [now = null] = seen
        assert(
          now === null ? last === -1 : Number(now) >= last,
          'A read saw an older write than the one before.',
        )
        last = now === null ? -1 : Number(now)
        // Lets a store in the same thread run.
        await new Promise((resolve) => setTimeout(resolve))
      }
    }
    const writing = writeAll().finally(() => {
      isOver = true
    })
    await Promise.all([writing, readAll(store), readAll(reader)])
  },

  async order({ store }) {
    const values = Array.from({ length: 20 }, (_, index) => String(index))
    const answers = await Promise.all(
      values.map((value) => write(store, { put: [put('a', value), put(value, value)] })),
    )
    assert(
      answers.every((answer) => answer === 'written'),
      'Writes without conditions must answer written.',
    )
    await assertValues(store, { a: '19', 0: '0', 10: '10' }, 'After 20 writes')
  },

  async races({ store, open }) {
    const other = await open()
    await putAll(store, [put('count', '0')])
    let won = 0
    async function add(to: ByteStore): Promise<void> {
      for (let attempt = 0; attempt < 15; attempt++) {
        const [now = null] = await valuesOf(to, ['count'])
        const answer = await write(to, {
          expect: [{ key: 'count', value: bytesOf(now ?? '') }],
          put: [put('count', String(Number(now) + 1))],
        })
        if (answer === 'written') won++
      }
    }
    await Promise.all([add(store), add(other), add(store)])
    assert(won > 0, 'No writer has won.')
    await assertValues(store, { count: String(won) }, `${won} writes were reported as written`)
  },

  async reopens({ store, open }) {
    await putAll(store, [put('a', '1', 1), put('b', 'gone', 2)])
    await putAll(store, [put('a', '2', 3)])
    await write(store, { remove: ['b'], durability: 'strict' })
    await store.close()
    const again = await open()
    await assertValues(again, { a: '2', b: null }, 'After reopening')
    assertSame(await places(again), [[3, 'a']], 'The index after reopening')
    assertSame(await write(again, { expect: [{ key: 'a', value: bytesOf('2') }] }), 'written', 'A condition')
  },

  async amounts({ store, open }) {
    const large = Uint8Array.from({ length: 2 ** 20 + 1 }, (_, index) => index * 7)
    const many = Array.from({ length: 1_000 }, (_, index) => put(`n/${index}`, `value ${index}`, index))
    await putAll(store, [{ key: 'large', value: large, updatedAt: null }, ...many])
    await store.close()
    const again = await open()
    const { values, ranges } = await again.read({
      keys: ['large', 'n/999'],
      ranges: [{ lower: 'n/', upper: 'n0' }],
    })
    assert(areEqual(values[0] ?? null, large), 'A value of a megabyte must be what was stored.')
    assertSame(textOf(values[1]), 'value 999', 'One of 1,000')
    assertSame(ranges[0]?.length, 1_000, 'A range of 1,000')
    assertSame((await places(again, { reverse: true, limit: 1 }))[0], [999, 'n/999'], 'The newest of 1,000')
  },

  async tabs({ store, open }) {
    const other = await open()
    await putAll(store, [put('a', '1', 1)])
    await assertValues(other, { a: '1' }, 'In another store of the name')
    await assertValues(store, { a: '1', b: null }, 'In the store that wrote it')
    await putAll(other, [put('a', '2', 2), put('b', '2', 3)])
    await assertValues(store, { a: '2', b: '2' }, 'Back in the first')
    assertSame(
      await places(store),
      [
        [2, 'a'],
        [3, 'b'],
      ],
      'The index in the first',
    )
    await other.close()
    await putAll(store, [put('c', '3')])
    await assertValues(store, { a: '2', c: '3' }, 'After the other one is closed')
  },

  async names({ store, open }) {
    const others = [await open('-1'), await open('/1'), await open('%2F1')]
    await putAll(store, [put('a', 'first', 1), put('1:a', 'x', 2)])
    for (const [index, other] of others.entries()) {
      assertSame(await keysIn(other, {}), [], 'A store of another name')
      await putAll(other, [put('a', String(index), 9)])
    }
    await assertValues(store, { a: 'first' }, 'After writes under other names')
    assertSame(await keysIn(store, {}), ['1:a', 'a'], 'Entries after writes under other names')
    for (const [index, other] of others.entries())
      await assertValues(other, { a: String(index) }, 'Under another name')
  },
} satisfies Cases
