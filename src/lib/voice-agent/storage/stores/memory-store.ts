import type {
  ByteBatch,
  ByteResult,
  IndexEntry,
  IndexQuery,
  OpenByteStore,
  RangeQuery,
} from './byte-store.js'
import { EntryMap } from './entry-map.js'
import { areEqual } from './record-bytes.js'

interface Stored {
  value: Uint8Array
  updatedAt: number | null
}

/** The contract of a `ByteStore` over a map: the model that the conformance suite compares other stores with. */
export class ByteMap {
  readonly map = new EntryMap<Stored>()

  valueOf(key: string): Uint8Array | null {
    return this.map.get(key)?.value ?? null
  }

  read({ keys, ranges }: { keys: readonly string[]; ranges: readonly RangeQuery[] }): ByteResult {
    return {
      values: keys.map((key) => this.valueOf(key)?.slice() ?? null),
      ranges: ranges.map((range) =>
        this.map.range(range).map(([key, { value }]) => ({ key, value: value.slice() })),
      ),
    }
  }

  /** Returns false if a condition does not hold. */
  allows({ expect }: Pick<ByteBatch, 'expect'>): boolean {
    return expect.every(({ key, value }) => areEqual(this.valueOf(key), value))
  }

  apply({ remove, put }: Pick<ByteBatch, 'remove' | 'put'>): void {
    this.map.apply(
      remove,
      put.map(({ key, value, updatedAt }) => [key, { value: value.slice(), updatedAt }]),
    )
  }

  readIndex(query: IndexQuery): IndexEntry[] {
    return this.map.readIndex(query)
  }
}

/**
 * Creates stores in memory, for tests of your app. Two stores with the same name share their entries, as after a reload.
 *
 * @example
 * const voiceAgent = createVoiceAgent({ apiEndpoint, persistence: { store: memoryStores(), keyProvider } })
 */
export function memoryStores(): OpenByteStore {
  const maps = new Map<string, ByteMap>()
  return (databaseName) => {
    const map = maps.get(databaseName) ?? new ByteMap()
    maps.set(databaseName, map)
    return {
      read: async (query) => map.read(query),
      async write(batch) {
        if (!map.allows(batch)) return 'conflict'
        map.apply(batch)
        return 'written'
      },
      readIndex: async (query) => map.readIndex(query),
      close() {},
    }
  }
}
