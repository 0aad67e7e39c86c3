import type { ByteBatch, ByteStore, IndexEntry, IndexQuery, OpenByteStore } from '../byte-store.js'
import { ByteMap } from '../memory-store.js'
import { areEqual } from '../record-bytes.js'
import { type StoreRuleId, storeRules } from './rules.js'
import {
  ALL,
  assert,
  assertSame,
  assertValues,
  bytesOf,
  keysIn,
  places,
  placesOf,
  put,
  putAll,
  randomNumbers,
  short,
  textOf,
  valuesOf,
  type World,
  write,
} from './world.js'

export async function runStoreRule(id: StoreRuleId, open: OpenByteStore): Promise<void> {
  const base = `conformance-${Math.random().toString(36).slice(2)}`
  const opened: ByteStore[] = []
  const openOne = async (name = '') => {
    const store = await open(base + name)
    opened.push(store)
    return store
  }
  try {
    const world: World = { open: openOne, store: await openOne() }
    await cases[id](world)
    for (const store of opened) await write(store, { remove: [ALL] }).catch(() => {})
  } catch (cause) {
    throw new Error(`A store ${storeRules[id].name}. ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    })
  } finally {
    for (const store of opened) await store.close()
  }
}

const cases: Record<StoreRuleId, (world: World) => Promise<void>> = {
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

  async ranges({ store }) {
    const keys = ['!', '%41', 'A', 'B', '_', 'a', 'a/', 'a/10', 'a/9', 'a/B', 'a/a', 'a0', 'b', '~']
    await putAll(
      store,
      [...keys].reverse().map((key) => put(key, key)),
    )
    assertSame(await keysIn(store, {}), keys, 'All entries')
    assertSame(
      await keysIn(store, { lower: 'a/', upper: 'a/\u007f' }),
      ['a/', 'a/10', 'a/9', 'a/B', 'a/a'],
      'A prefix',
    )
    assertSame(
      await keysIn(store, { lower: 'A', upper: 'a' }),
      ['A', 'B', '_'],
      'Up to before the upper bound',
    )
    assertSame(await keysIn(store, { lower: 'c', upper: 'd' }), [], 'An empty range')
    const ranges = [
      { lower: 'b', upper: 'c' },
      { lower: 'x', upper: 'y' },
      { lower: 'A', upper: 'B' },
    ]
    const result = await store.read({ keys: ['a', 'none'], ranges })
    const found = result.ranges.map((entries) => entries.map(({ key, value }) => [key, textOf(value)]))
    assertSame(found, [[['b', 'b']], [], [['A', 'A']]], 'Several ranges')
    assertSame(result.values.map(textOf), ['a', null], 'Keys beside ranges')
  },

  async limits({ store }) {
    await putAll(
      store,
      ['a', 'b', 'c', 'd', 'e'].map((key) => put(key, key)),
    )
    const inner = { lower: 'b', upper: 'e' }
    assertSame(await keysIn(store, { ...inner, limit: 2 }), ['b', 'c'], 'The first 2')
    assertSame(await keysIn(store, { ...inner, reverse: true }), ['d', 'c', 'b'], 'From the last one')
    assertSame(await keysIn(store, { ...inner, reverse: true, limit: 1 }), ['d'], 'The last one')
    assertSame(await keysIn(store, { ...inner, limit: 9 }), ['b', 'c', 'd'], 'More than there are')
  },

  async index({ store }) {
    await putAll(store, [
      put('b', '', 10),
      put('c', '', 9),
      put('a', '', 10),
      put('none', ''),
      put('B', '', 10),
      put('zero', '', 0),
      put('late', '', 1_790_000_000_123),
    ])
    const all = [
      [0, 'zero'],
      [9, 'c'],
      [10, 'B'],
      [10, 'a'],
      [10, 'b'],
      [1_790_000_000_123, 'late'],
    ]
    assertSame(await places(store), all, 'All entries')
    assertSame(await places(store, { reverse: true }), [...all].reverse(), 'From the newest')
    assertSame(await places(store, { limit: 2 }), all.slice(0, 2), 'The oldest 2')
    assertSame(
      await places(store, { reverse: true, limit: 2 }),
      [...all].reverse().slice(0, 2),
      'The newest 2',
    )
    assertSame(await places(store, { below: 10 }), all.slice(0, 2), 'Below 10')
    const below = { below: 11, reverse: true, limit: 1 }
    assertSame(await places(store, below), [[10, 'b']], 'The newest one below 11')
  },

  async pages({ store }) {
    const puts = Array.from({ length: 40 }, (_, index) =>
      put(`k${index % 7}/${index}`, '', Math.floor(index / 9)),
    )
    await putAll(store, puts)
    const all = await places(store)
    for (const reverse of [false, true]) {
      const found: (string | number)[][] = []
      let after: IndexEntry | undefined
      for (let page = 0; page < 50; page++) {
        const entries = await store.readIndex({ limit: 3, reverse, ...(after ? { after } : {}) })
        found.push(...placesOf(entries))
        after = entries.at(-1)
        if (entries.length < 3) break
      }
      assertSame(
        found,
        reverse ? [...all].reverse() : all,
        `In pages of 3${reverse ? ', from the newest' : ''}`,
      )
    }
    const [updatedAt = 0, key = ''] = (all[10] ?? []) as [number, string]
    await write(store, { remove: [key] })
    const behind = await places(store, { after: { updatedAt, key }, limit: 2 })
    assertSame(behind, all.slice(11, 13), 'After a position that was deleted')
    const before = await places(store, { after: { updatedAt, key }, limit: 2, reverse: true })
    assertSame(before, [all[9], all[8]], 'Before a position that was deleted')
    const between = await places(store, { after: { updatedAt: 1, key: '~' }, below: 3 })
    assertSame(
      between,
      all.filter(([time]) => time === 2),
      'Between two times',
    )
  },

  async moves({ store }) {
    await putAll(store, [put('a', '1', 1), put('b', '1', 2), put('c', '1', 3), put('d', '1', 4)])
    await putAll(store, [put('a', '2', 5), put('b', '2')])
    assertSame(
      await places(store),
      [
        [3, 'c'],
        [4, 'd'],
        [5, 'a'],
      ],
      'After times changed',
    )
    await write(store, { remove: ['a', { lower: 'c', upper: 'd' }] })
    assertSame(await places(store), [[4, 'd']], 'After deletions')
    await putAll(store, [put('c', '3', 6)])
    assertSame(
      await places(store),
      [
        [4, 'd'],
        [6, 'c'],
      ],
      'After one was put again',
    )
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

  async model({ store, open }) {
    const model = new ByteMap()
    const random = randomNumbers(7)
    const pick = (count: number) => Math.floor(random() * count)
    const keyOf = () => `${'abAB/%~'[pick(7)]}${['', '/', '/1', '10'][pick(4)]}`
    let current = store
    for (let round = 0; round < 200; round++) {
      const expect = Array.from({ length: pick(3) }, () => {
        const key = keyOf()
        const held = model.valueOf(key)
        return { key, value: pick(4) === 0 ? bytesOf(String(pick(5))) : held }
      })
      const bounds = () => {
        const [lower = '', upper = ''] = [keyOf(), keyOf()].sort()
        return lower === upper ? ([lower, `${upper}~`] as const) : ([lower, upper] as const)
      }
      const remove = Array.from({ length: pick(2) }, () => {
        const [lower, upper] = bounds()
        return pick(2) === 0 ? lower : { lower, upper }
      })
      const puts = new Map(
        Array.from({ length: pick(4) }, () => {
          const key = keyOf()
          return [key, put(key, String(pick(5)), pick(4) === 0 ? null : pick(6))] as const
        }),
      )
      const batch: ByteBatch = { expect, remove, put: [...puts.values()], durability: 'relaxed' }
      const expected = model.allows(batch) ? 'written' : 'conflict'
      if (expected === 'written') model.apply(batch)
      assertSame(await current.write(batch), expected, `Round ${round}`)

      const [lower, upper] = bounds()
      const query = {
        keys: [keyOf(), keyOf()],
        ranges: [{ ...ALL }, { lower, upper, reverse: pick(2) === 0, limit: pick(5) + 1 }],
      }
      const plain = ({ values, ranges }: Awaited<ReturnType<ByteStore['read']>>) => [
        values.map(textOf),
        ranges.map((entries) => entries.map(({ key, value }) => [key, textOf(value)])),
      ]
      assertSame(plain(await current.read(query)), plain(model.read(query)), `A read in round ${round}`)
      const place: IndexQuery = {
        limit: pick(6) + 1,
        reverse: pick(2) === 0,
        ...(pick(2) === 0 ? { below: pick(7) } : {}),
        ...(pick(2) === 0 ? { after: { updatedAt: pick(6), key: keyOf() } } : {}),
      }
      const page = await current.readIndex(place)
      assertSame(placesOf(page), placesOf(model.readIndex(place)), `The index in round ${round}`)
      if (round % 50 === 49) {
        await current.close()
        current = await open()
      }
    }
  },
}
