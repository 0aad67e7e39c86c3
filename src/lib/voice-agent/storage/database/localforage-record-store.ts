import type localforage from 'localforage'
import { decodeRecord, encodeRecord } from '../records/base64-record.js'
import type { StoredRecord } from '../records/record.js'
import type { Changes, RecordIndex } from './idb-connection.js'
import { type IndexQuery, pairsOf, type RecordStore } from './record-store.js'

/**
 * The engine over any other localforage driver, by `setItem`, `getItem` and `keys` alone. What that can't do:
 *
 * - No transaction: a page that goes away between two records leaves the segments newer than the head. Segments are
 *   therefore written first and the head last, so that the head never speaks of what is not there.
 * - No explicit commit: a write started while the page goes is lost, and only the journal keeps it.
 * - No indexes: listing and cleaning up read the head and the key of every session.
 * - A driver that keeps only JSON or strings (localStorage) can't hold a `CryptoKey`: it needs a `keyProvider`.
 */
export function plainRecordStore(instance: typeof localforage): RecordStore {
  // One write after the other: without transactions two at a time could mix.
  let tail: Promise<unknown> = Promise.resolve()

  async function get(key: string): Promise<StoredRecord | null> {
    const stored = await instance.getItem<object>(key)
    return stored === null ? null : (decodeRecord(stored) as unknown as StoredRecord)
  }

  async function apply(changes: Changes): Promise<void> {
    const puts = [...changes].filter(([, record]) => record !== null)
    puts.sort(([, a], [, b]) => Number(a?.kind === 'head') - Number(b?.kind === 'head'))
    for (const [key, record] of puts) if (record) await instance.setItem(key, encodeRecord(record))
    for (const [key, record] of changes) if (record === null) await instance.removeItem(key)
  }

  const keysWhere = async (matches: (key: string) => boolean) =>
    (await instance.keys()).filter(matches).sort()

  const isBetween = (lower: string, upper: string) => (key: string) => lower <= key && key < upper

  async function readWhere(matches: (key: string) => boolean): Promise<Map<string, StoredRecord>> {
    const keys = await keysWhere(matches)
    const entries = await Promise.all(keys.map(async (key) => [key, await get(key)] as const))
    return new Map(entries.flatMap(([key, record]) => (record ? [[key, record] as const] : [])))
  }

  /** What the engine keeps under these prefixes, and nothing that others keep in the same place. */
  async function readIndex(index: RecordIndex, query: IndexQuery | undefined) {
    const indexed = index === 'sessionId' ? /^(session|value)\// : /^(key\/|session\/[^/]+\/head$)/
    const found = [...(await readWhere((key) => indexed.test(key)))].flatMap(([key, record]) => {
      const value = indexValueOf(record, index)
      return value !== undefined && isIn(query, value) ? [{ key, record, value }] : []
    })
    return found.sort((a, b) => (a.value < b.value ? -1 : 1))
  }

  return {
    get,
    write(changes) {
      const written = tail.then(() => apply(changes))
      tail = written.catch(() => {})
      return written
    },
    async readTogether(keys, { lower, upper, take }) {
      const inRange = await keysWhere(isBetween(lower, upper))
      const wanted = take === 'last' ? inRange.slice(-1) : inRange.slice(0, take)
      const run = Promise.all(wanted.map(get)).then((found) => found.filter((record) => record !== null))
      return { records: keys.map(get), run }
    },
    readRange: (lower, upper) => readWhere(isBetween(lower, upper)),
    readRuns: async (bounds) =>
      pairsOf(bounds).map(async ([lower, upper]) => [...(await readWhere(isBetween(lower, upper))).values()]),
    readIndex: async (index, query) => (await readIndex(index, query)).map(({ record }) => record),
    readIndexKeys: async (index, query) => (await readIndex(index, query)).map(({ key }) => key),
    removePrefix: async (prefix) => {
      for (const key of await keysWhere((other) => other.startsWith(prefix))) await instance.removeItem(key)
    },
    losses: () => 0,
    onLost() {},
    close() {},
  }
}

function indexValueOf(record: StoredRecord, index: RecordIndex): string | number | undefined {
  return (record as Partial<Record<RecordIndex, string | number>>)[index]
}

function isIn(query: IndexQuery | undefined, value: string | number): boolean {
  if (query === undefined) return true
  return 'only' in query ? value === query.only : typeof value === 'number' && value < query.below
}
