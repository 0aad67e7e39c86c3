import type localforage from 'localforage'
import {
  decodeRecord,
  ERASED_KEY,
  type ErasedRecord,
  encodeRecord,
  keyPrefixes,
  type StoredRecord,
  TOMBSTONES_PREFIX,
  tombstoneKey,
} from '../records/record.js'
import { Generation, idOfGeneration, recordsOfErasure } from './generation.js'
import {
  assertExpected,
  type Changes,
  comparePositions,
  createClosedError,
  type IndexQuery,
  pairsOf,
  type RecordIndex,
  type RecordStore,
  type WriteOptions,
} from './record-store.js'

/**
 * Creates a record store on any other localforage driver, using only `setItem`, `getItem`, `removeItem` and `keys`.
 *
 * Limits:
 * - No transactions. A page closed between two writes leaves segments newer than the head. Segments are written before the
 *   head, so the head never refers to missing segments. A page closed while a plain key is replaced by a wrapped one leaves
 *   records that the new key can't decrypt.
 * - An erasure deletes keys first, and an interrupted one is repeated. Another tab's write in progress at that moment can
 *   leave records that no key decrypts.
 * - No explicit commit: a write started while the page closes is lost, unless the journal has it.
 * - No indexes: listing and cleanup read the head and the key of every session.
 * - A driver for JSON or strings (localStorage) can't store a `CryptoKey`, so it needs a `keyProvider`.
 */
export function plainRecordStore(instance: typeof localforage): RecordStore {
  /** Last requested write. Without transactions, two writes could interleave. */
  let tail: Promise<unknown> = Promise.resolve()
  let isClosed = false
  const generation = new Generation()
  const getErased = async (key: string) => (await get(key)) as ErasedRecord | null
  async function verify(): Promise<void> {
    if (generation.tombstone === null) await finishErasure()
    await generation.verify(getErased)
  }

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (isClosed) return Promise.reject(createClosedError())
    const done = tail.then(task)
    tail = done.catch(() => {})
    return done
  }

  async function get(key: string): Promise<StoredRecord | null> {
    const stored = await instance.getItem<object>(key)
    return stored === null ? null : (decodeRecord(stored) as unknown as StoredRecord)
  }

  async function eraseRecords(): Promise<string> {
    const ended = idOfGeneration(await getErased(ERASED_KEY))
    const { tombstone, begun } = recordsOfErasure(ended)
    // Written first, so that other pages stop writing.
    await instance.setItem(tombstoneKey(ended), tombstone)
    for (const prefix of keyPrefixes) {
      const isData = (key: string) => key.startsWith(prefix) && !key.startsWith(TOMBSTONES_PREFIX)
      for (const key of await keysWhere(isData)) await instance.removeItem(key)
    }
    await instance.setItem(ERASED_KEY, begun)
    return ended
  }

  /** Completes an erasure that an earlier page did not finish. */
  async function finishErasure(): Promise<void> {
    const current = idOfGeneration(await getErased(ERASED_KEY))
    if (await getErased(tombstoneKey(current))) await eraseRecords()
  }

  /** Compares and writes under a Web Lock shared by all tabs, because the driver has no transactions. */
  async function apply(changes: Changes, options: WriteOptions): Promise<void> {
    const { expected = new Map(), absent = [] } = options
    const compared = new Map([...expected, ...absent.map((key) => [key, null] as const)])
    if (compared.size === 0) return put(changes, options)
    const compareAndPut = async () => {
      for (const [key, record] of compared) assertExpected(record, await get(key))
      await put(changes, options)
    }
    const locks = globalThis.navigator?.locks as LockManager | undefined
    const { name } = instance.config()
    await (locks ? locks.request(`redux-voice-agent:${name}:write`, compareAndPut) : compareAndPut())
  }

  async function put(changes: Changes, { removePrefixes = [], check }: WriteOptions): Promise<void> {
    check?.()
    const removed = await keysWhere((key) => removePrefixes.some((prefix) => key.startsWith(prefix)))
    for (const key of removed) await instance.removeItem(key)
    const puts = [...changes].filter(([, record]) => record !== null)
    puts.sort(([, a], [, b]) => Number(a?.kind === 'head') - Number(b?.kind === 'head'))
    for (const [key, record] of puts) if (record) await instance.setItem(key, encodeRecord(record))
    for (const [key, record] of changes) if (record === null) await instance.removeItem(key)
  }

  const keysWhere = async (matches: (key: string) => boolean) =>
    (await instance.keys()).filter(matches).sort()

  const isBetween = (lower: string, upper: string) => (key: string) => lower <= key && key < upper

  async function readWhere(
    matches: (key: string) => boolean,
    take?: number,
  ): Promise<Map<string, StoredRecord>> {
    const keys = (await keysWhere(matches)).slice(0, take)
    // Skips a record that can't be decoded instead of failing the whole read.
    const entries = await Promise.all(
      keys.map(async (key) => [key, await get(key).catch(() => null)] as const),
    )
    return new Map(entries.flatMap(([key, record]) => (record ? [[key, record] as const] : [])))
  }

  const readMany = (keys: readonly string[]) => Promise.all(keys.map((key) => get(key).catch(() => null)))

  /** Reads only this package's prefixes, because other code may use the same store. */
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
    write: (changes, options = {}) =>
      inTurn(async () => {
        await verify()
        await apply(changes, options)
      }),
    async readTogether(keys, { lower, upper, take }) {
      const inRange = await keysWhere(isBetween(lower, upper))
      const selected = take === 'last' ? inRange.slice(-1) : inRange.slice(0, take)
      const run = Promise.all(selected.map(get)).then((found) => found.filter((record) => record !== null))
      return { records: keys.map(get), run }
    },
    readRange: (lower, upper, take) => readWhere(isBetween(lower, upper), take),
    readRuns: async (bounds) =>
      pairsOf(bounds).map(async ([lower, upper]) => [...(await readWhere(isBetween(lower, upper))).values()]),
    readIndex: async (index, query) =>
      new Map((await readIndex(index, query)).map(({ key, record }) => [key, record])),
    async readIndexPage(index, { direction, limit, below = Number.POSITIVE_INFINITY, after }) {
      const sign = direction === 'next' ? 1 : -1
      return (await readIndex(index, { below }))
        .map(({ key, value }) => ({ key, value: Number(value) }))
        .sort((a, b) => sign * comparePositions(a, b))
        .filter((position) => !after || sign * comparePositions(position, after) > 0)
        .slice(0, limit)
    },
    readMany,
    transact: (keys, decide) =>
      inTurn(async () => {
        await verify()
        await apply(decide(await readMany(keys)), {})
      }),
    erase: () =>
      inTurn(async () => {
        const ended = await eraseRecords()
        generation.end()
        return ended
      }),
    isErased: () => generation.isOverAfter(verify),
    onErased: (listener) => generation.onOver(listener),
    losses: () => 0,
    database: () => generation.database,
    onLost() {},
    close() {
      isClosed = true
    },
  }
}

function indexValueOf(record: StoredRecord, index: RecordIndex): string | number | undefined {
  return (record as Partial<Record<RecordIndex, string | number>>)[index]
}

function isIn(query: IndexQuery | undefined, value: string | number): boolean {
  if (query === undefined) return true
  return 'only' in query ? value === query.only : typeof value === 'number' && value < query.below
}
