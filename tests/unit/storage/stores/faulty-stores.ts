/** Stores with one fault each, which the conformance suite must detect. */
import type {
  ByteBatch,
  ByteResult,
  ByteStore,
  IndexEntry,
  IndexQuery,
  OpenByteStore,
  RangeQuery,
} from 'redux-voice-agent/storage'
import { ByteMap } from '../../../../src/lib/voice-agent/storage/stores/memory-store.js'

/** An in-memory store, in parts that a fault replaces. */
interface Parts {
  map: ByteMap
  /** Number of writes since it was opened. */
  count: number
  read(query: { keys: readonly string[]; ranges: readonly RangeQuery[] }): ByteResult | Promise<ByteResult>
  write(batch: ByteBatch): 'written' | 'conflict' | Promise<'written' | 'conflict'>
  readIndex(query: IndexQuery): IndexEntry[]
  close(): void
}

const nextTask = () => new Promise((resolve) => setTimeout(resolve))
const put = (map: ByteMap, batch: ByteBatch) => map.apply({ remove: [], put: batch.put })
const remove = (map: ByteMap, batch: ByteBatch) => map.apply({ remove: batch.remove, put: [] })

/** Changes what a read returns for its ranges. */
const changeRanges =
  (change: (query: RangeQuery) => RangeQuery, then = (entries: ByteResult['ranges'][number]) => entries) =>
  (parts: Parts) => {
    parts.read = ({ keys, ranges }) => {
      const result = parts.map.read({ keys, ranges: ranges.map(change) })
      return { ...result, ranges: result.ranges.map(then) }
    }
  }

const changeConditions =
  (change: (batch: ByteBatch, map: ByteMap) => ByteBatch['expect']) => (parts: Parts) => {
    const { write } = parts
    parts.write = (batch) => write({ ...batch, expect: change(batch, parts.map) })
  }

const changeIndex =
  (change: (query: IndexQuery) => IndexQuery, then = (found: IndexEntry[]) => found) =>
  (parts: Parts) => {
    parts.readIndex = (query) => then(parts.map.readIndex(change(query)))
  }

const faults = {
  'applies half of a batch, then the rest'(parts: Parts) {
    parts.write = async (batch) => {
      if (!parts.map.allows(batch)) return 'conflict'
      const half = Math.ceil(batch.put.length / 2)
      parts.map.apply({ remove: batch.remove, put: batch.put.slice(0, half) })
      await nextTask()
      parts.map.apply({ remove: [], put: batch.put.slice(half) })
      return 'written'
    }
  },
  'reads values and ranges in separate transactions'(parts: Parts) {
    parts.read = async ({ keys, ranges }) => {
      const { values } = parts.map.read({ keys, ranges: [] })
      await nextTask()
      return { values, ranges: parts.map.read({ keys: [], ranges }).ranges }
    }
  },
  'reorders writes'(parts: Parts) {
    const { write } = parts
    parts.write = async (batch) => {
      if (parts.count++ % 3 === 0) await nextTask()
      return write(batch)
    }
  },
  'checks conditions before waiting'(parts: Parts) {
    parts.write = async (batch) => {
      if (!parts.map.allows(batch)) return 'conflict'
      await nextTask()
      parts.map.apply(batch)
      return 'written'
    }
  },
  'ignores conditions': changeConditions(() => []),
  'ignores that a key must be missing': changeConditions(({ expect }) =>
    expect.filter(({ value }) => value !== null),
  ),
  'compares lengths only': changeConditions(({ expect }, map) =>
    expect.map(({ key, value }) => {
      const held = map.valueOf(key)
      return { key, value: value && held?.length === value.length ? held : value }
    }),
  ),
  'treats an empty value as missing': changeConditions(({ expect }, map) =>
    expect.map(({ key, value }) => ({
      key,
      value: value?.length === 0 && map.valueOf(key) === null ? null : value,
    })),
  ),
  'puts before it compares'(parts: Parts) {
    parts.write = (batch) => {
      remove(parts.map, batch)
      put(parts.map, batch)
      return parts.map.allows(batch) ? 'written' : 'conflict'
    }
  },
  'deletes despite a conflict'(parts: Parts) {
    const { write } = parts
    parts.write = (batch) => {
      if (!parts.map.allows(batch)) remove(parts.map, batch)
      return write(batch)
    }
  },
  'reports a conflict as written'(parts: Parts) {
    const { write } = parts
    parts.write = async (batch) => {
      await write(batch)
      return 'written' as const
    }
  },
  'lies about every third write'(parts: Parts) {
    const { write } = parts
    parts.write = (batch) => (++parts.count % 3 === 0 && batch.expect.length === 0 ? 'written' : write(batch))
  },
  'loses data on close'(parts: Parts) {
    parts.close = () => parts.map.apply({ remove: [{ lower: '', upper: '\u007f' }], put: [] })
  },
  'loses the index on close'(parts: Parts) {
    parts.close = () => {
      for (const [, stored] of parts.map.map.entries()) stored.updatedAt = null
    }
  },
  'truncates large values'(parts: Parts) {
    const { write } = parts
    parts.write = (batch) =>
      write({ ...batch, put: batch.put.map((one) => ({ ...one, value: one.value.slice(0, 65_536) })) })
  },
  'retains the buffer of a write'(parts: Parts) {
    const { write } = parts
    parts.write = async (batch) => {
      const answer = await write(batch)
      for (const { key, value } of batch.put) {
        const stored = parts.map.map.get(key)
        if (answer === 'written' && stored) stored.value = value
      }
      return answer
    }
  },
  'returns its own buffers'(parts: Parts) {
    parts.read = (query) => {
      const result = parts.map.read(query)
      return { ...result, values: query.keys.map((key) => parts.map.valueOf(key)) }
    }
  },
  'drops the last byte of text with a zero'(parts: Parts) {
    const { write } = parts
    const cut = (value: Uint8Array) => (value.includes(0) ? value.slice(0, value.indexOf(0)) : value)
    parts.write = (batch) =>
      write({ ...batch, put: batch.put.map((one) => ({ ...one, value: cut(one.value) })) })
  },
  'returns missing values as empty'(parts: Parts) {
    parts.read = (query) => {
      const result = parts.map.read(query)
      return { ...result, values: result.values.map((value) => value ?? new Uint8Array()) }
    }
  },
  'puts before it removes'(parts: Parts) {
    parts.write = (batch) => {
      if (!parts.map.allows(batch)) return 'conflict'
      put(parts.map, batch)
      remove(parts.map, batch)
      return 'written'
    }
  },
  'removes the upper bound of a range'(parts: Parts) {
    const { write } = parts
    parts.write = (batch) =>
      write({
        ...batch,
        remove: batch.remove.map((one) =>
          typeof one === 'string' ? one : { ...one, upper: `${one.upper}\0` },
        ),
      })
  },
  'does not remove ranges'(parts: Parts) {
    const { write } = parts
    parts.write = (batch) =>
      write({ ...batch, remove: batch.remove.filter((one) => typeof one === 'string') })
  },
  'lists ranges unordered': changeRanges(
    (query) => query,
    (entries) => (entries.length > 2 ? [...entries.slice(1), ...entries.slice(0, 1)] : entries),
  ),
  'sorts ranges by locale': changeRanges(
    (query) => query,
    (entries) => entries.sort((a, b) => a.key.localeCompare(b.key)),
  ),
  'includes the upper bound of a range': changeRanges((query) => ({ ...query, upper: `${query.upper}\0` })),
  'excludes the lower bound of a range': changeRanges((query) => ({ ...query, lower: `${query.lower}\0` })),
  'ignores reverse': changeRanges((query) => ({ ...query, reverse: false })),
  'ignores limits': changeRanges(({ limit: _, ...query }) => query),
  'limits before it reverses': changeRanges(
    (query) => ({ ...query, reverse: false }),
    (entries) => entries.reverse(),
  ),
  'reads only the first range'(parts: Parts) {
    parts.read = (query) => parts.map.read({ ...query, ranges: query.ranges.slice(0, 1) })
  },
  'sorts the index as text': changeIndex(
    (query) => query,
    (found) => found.sort((a, b) => (String(a.updatedAt) < String(b.updatedAt) ? -1 : 1)),
  ),
  'sorts equal times arbitrarily': changeIndex(
    (query) => query,
    (found) =>
      found.sort(
        (a, b) => a.updatedAt - b.updatedAt || (a.key.length + a.key < b.key.length + b.key ? 1 : -1),
      ),
  ),
  'includes the time of below': changeIndex((query) =>
    query.below === undefined ? query : { ...query, below: query.below + 0.5 },
  ),
  'skips entries with the time of after': changeIndex((query) =>
    query.after ? { ...query, after: { ...query.after, key: query.reverse ? '' : '\u007f' } } : query,
  ),
  'repeats the entry of after': changeIndex((query) =>
    query.after && !query.reverse
      ? { ...query, after: { ...query.after, key: query.after.key.slice(0, -1) } }
      : query,
  ),
  'lists values without a time'(parts: Parts) {
    const { write } = parts
    parts.write = (batch) =>
      write({ ...batch, put: batch.put.map((one) => ({ ...one, updatedAt: one.updatedAt ?? 0 })) })
  },
  'keeps deleted entries in the index'(parts: Parts) {
    const gone: IndexEntry[] = []
    const { write } = parts
    parts.write = async (batch) => {
      const before = parts.map.readIndex({ limit: 1_000 })
      const answer = await write(batch)
      gone.push(...before.filter(({ key }) => parts.map.valueOf(key) === null))
      return answer
    }
    parts.readIndex = (query) => [...parts.map.readIndex(query), ...gone]
  },
  'keeps the first time of an entry'(parts: Parts) {
    const { write } = parts
    parts.write = (batch) =>
      write({
        ...batch,
        put: batch.put.map((one) => ({
          ...one,
          updatedAt: parts.map.map.get(one.key)?.updatedAt ?? one.updatedAt,
        })),
      })
  },
  'ignores reverse in the index': changeIndex((query) => ({ ...query, reverse: false })),
  'ignores limits of the index': changeIndex((query) => ({ ...query, limit: 1_000_000 })),
  'caches reads'(parts: Parts) {
    const cache = new Map<string, Uint8Array | null>()
    const { write } = parts
    parts.write = (batch) => {
      cache.clear()
      return write(batch)
    }
    parts.read = (query) => {
      const result = parts.map.read(query)
      const values = query.keys.map((key, index) => {
        if (!cache.has(key)) cache.set(key, result.values[index] ?? null)
        return cache.get(key) ?? null
      })
      return { ...result, values }
    }
  },
  // `faultyStores` shares its data.
  'shares data between databases'() {},
} satisfies Record<string, (parts: Parts) => void>

export type Fault = keyof typeof faults

export function faultyStores(fault: Fault): OpenByteStore {
  const maps = new Map<string, ByteMap>()
  return (databaseName): ByteStore => {
    const place = fault === 'shares data between databases' ? '' : databaseName
    const map = maps.get(place) ?? new ByteMap()
    maps.set(place, map)
    const parts: Parts = {
      map,
      count: 0,
      read: (query) => map.read(query),
      write(batch) {
        if (!map.allows(batch)) return 'conflict'
        map.apply(batch)
        return 'written'
      },
      readIndex: (query) => map.readIndex(query),
      close() {},
    }
    faults[fault](parts)
    return {
      read: async (query) => parts.read(query),
      write: async (batch) => parts.write(batch),
      readIndex: async (query) => parts.readIndex(query),
      close: () => parts.close(),
    }
  }
}
