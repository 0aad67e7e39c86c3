import type { IndexEntry } from '../../byte-store.js'
import { assertSame, type Cases, keysIn, places, placesOf, put, putAll, textOf, write } from '../world.js'

/** Ranges and the index. */
export const queriesCases = {
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
} satisfies Cases
