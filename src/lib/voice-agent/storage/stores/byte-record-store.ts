import { VoiceAgentError } from '../../../../../store/index.js'
import { Generation, idOfGeneration, recordsOfErasure } from '../database/generation.js'
import {
  type Changes,
  createConflictError,
  type Decide,
  isWriteConflict,
  pairsOf,
  type RecordStore,
  type WriteOptions,
} from '../database/record-store.js'
import {
  ERASED_KEY,
  type ErasedRecord,
  type IndexPosition,
  type StoredRecord,
  TOMBSTONES_PREFIX,
  tombstoneKey,
} from '../records/record.js'
import type { ByteBatch, ByteStore, KeyRange, RangeQuery } from './byte-store.js'
import { checkStore, type StoreLimits } from './checked-store.js'
import { fromBytes, timeOf, toBytes } from './record-bytes.js'

/** Attempts per transaction while other pages change the records that it read. */
const MAX_ATTEMPTS = 20
/** Index entries per request, for queries that need all of them. */
const PAGE = 500
/** Sorts after every character that a key may contain. */
const LAST = '\u007f'

/**
 * Opens a record store on the app's own store. Encryption, layout, generations and the lineage of sessions are handled above it; the store sees only
 * keys, times and bytes.
 *
 * Each write is conditional on the page's tombstone, so it changes nothing after another page's erasure.
 */
export async function openByteRecordStore(store: ByteStore, limits?: StoreLimits): Promise<RecordStore> {
  const generation = new Generation()
  const checked = checkStore(store, limits)

  async function readMany(keys: readonly string[]): Promise<(StoredRecord | null)[]> {
    const { values } = await checked.read(keys)
    return values.map((value) => value && fromBytes(value))
  }
  const get = async (key: string) => (await readMany([key]))[0] ?? null
  const getErased = async (key: string) => (await get(key)) as ErasedRecord | null
  const verify = () => generation.verify(getErased)

  /** @throws WriteConflictError; VoiceAgentError `erased` if the conflict is this generation's tombstone */
  async function send(batch: ByteBatch): Promise<void> {
    if ((await checked.write(batch)) === 'written') return
    await verify()
    throw createConflictError()
  }

  function toBatch(
    changes: Changes,
    { expected = new Map(), absent = [], removePrefixes = [], durability = 'relaxed' }: WriteOptions,
  ): ByteBatch {
    const put = [...changes].flatMap(([key, record]) =>
      record ? [{ key: assertKey(key), value: toBytes(record), updatedAt: timeOf(record) }] : [],
    )
    const removed = [...changes].flatMap(([key, record]) => (record ? [] : [key]))
    const conditions = new Map([...expected].map(([key, record]) => [key, record && toBytes(record)]))
    for (const key of absent) conditions.set(key, null)
    // Deletions alone need no tombstone.
    if (put.length > 0 && generation.tombstone !== null) conditions.set(generation.tombstone, null)
    return {
      expect: [...conditions].map(([key, value]) => ({ key, value })),
      remove: [...removed, ...removePrefixes.map((prefix) => ({ lower: prefix, upper: prefix + LAST }))],
      put,
      durability,
    }
  }

  async function write(changes: Changes, options: WriteOptions = {}): Promise<void> {
    generation.assertCurrent()
    options.check?.()
    await send(toBatch(changes, options))
  }

  async function transact(keys: readonly string[], decide: Decide): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const records = await readMany(keys)
      const changes = decide(records)
      if (changes.size === 0) return
      const expected = new Map(keys.map((key, index) => [key, records[index] ?? null]))
      try {
        return await write(changes, { expected })
      } catch (error) {
        if (!isWriteConflict(error) || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  async function erase(): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const current = await get(ERASED_KEY)
      const ended = idOfGeneration(current as ErasedRecord | null)
      const { tombstone, begun } = recordsOfErasure(ended)
      const put = [
        { key: tombstoneKey(ended), value: toBytes(tombstone), updatedAt: null },
        { key: ERASED_KEY, value: toBytes(begun), updatedAt: null },
      ]
      const answer = await checked.write({
        expect: [
          { key: ERASED_KEY, value: current && toBytes(current) },
          { key: tombstoneKey(ended), value: null },
        ],
        remove: [
          { lower: '', upper: TOMBSTONES_PREFIX },
          { lower: TOMBSTONES_PREFIX + LAST, upper: LAST },
        ],
        put,
        durability: 'strict',
      })
      if (answer === 'written') {
        generation.end()
        return ended
      }
      // Another page has erased it meanwhile and may have written since, so erase again.
      if (attempt === MAX_ATTEMPTS) throw createConflictError()
    }
  }

  async function readRanges(ranges: readonly RangeQuery[]): Promise<Map<string, StoredRecord>[]> {
    const { ranges: found } = await checked.read([], ranges)
    return found.map((entries) => new Map(entries.map(({ key, value }) => [key, fromBytes(value)])))
  }

  /** Lists the index in pages, oldest entry first. */
  async function* allPlaces(below?: number): AsyncGenerator<string[]> {
    let after: IndexPosition | null = null
    for (;;) {
      const page: IndexPosition[] = await readIndexPage({
        limit: PAGE,
        after,
        ...(below === undefined ? {} : { below }),
      })
      if (page.length > 0) yield page.map(({ key }) => key)
      if (page.length < PAGE) return
      after = page.at(-1) ?? null
    }
  }

  async function readIndexPage({
    direction = 'next',
    limit,
    below,
    after,
  }: {
    direction?: 'next' | 'prev'
    limit: number
    below?: number
    after?: IndexPosition | null
  }): Promise<IndexPosition[]> {
    if (limit < 1) return []
    const entries = await checked.readIndex({
      limit,
      reverse: direction === 'prev',
      ...(below === undefined ? {} : { below }),
      ...(after ? { after: { updatedAt: after.value, key: after.key } } : {}),
    })
    return entries.map(({ updatedAt, key }) => ({ value: updatedAt, key }))
  }

  try {
    await verify()
  } catch (error) {
    checked.close()
    throw error
  }

  return {
    get,
    write,
    transact,
    erase,
    readMany,
    async readRange(lower, upper, take) {
      const [found = new Map()] = await readRanges([toQuery(lower, upper, take)])
      return found
    },
    async readRuns(bounds) {
      const found = readRanges(pairsOf(bounds).map(([lower, upper]) => toQuery(lower, upper)))
      return pairsOf(bounds).map(async (_pair, index) => [...((await found)[index]?.values() ?? [])])
    },
    async readTogether(keys, { lower, upper, take }) {
      const range =
        take === 'last' ? { ...toQuery(lower, upper, 1), reverse: true } : toQuery(lower, upper, take)
      const { values, ranges } = await checked.read(keys, [range])
      return {
        records: values.map(async (value) => value && fromBytes(value)),
        run: Promise.resolve((ranges[0] ?? []).map(({ value }) => fromBytes(value))),
      }
    },
    // The store has only an index of times, which contains every head. The other fields are looked up in the records.
    async readIndex(index, query) {
      const found: { key: string; record: StoredRecord; value: string | number }[] = []
      for await (const keys of allPlaces(query && 'below' in query ? query.below : undefined)) {
        const wanted = index === 'updatedAt' ? keys : keys.filter((key) => key.endsWith('/head'))
        const records = wanted.length > 0 ? await readMany(wanted) : []
        for (const [position, record] of records.entries()) {
          const value = (record as Partial<Record<typeof index, string | number>> | null)?.[index]
          if (!record || value === undefined) continue
          if (query && 'only' in query && value !== query.only) continue
          found.push({ key: wanted[position] ?? '', record, value })
        }
      }
      found.sort((a, b) => (a.value < b.value ? -1 : Number(a.value > b.value)))
      return new Map(found.map(({ key, record }) => [key, record]))
    },
    readIndexPage: (_index, query) => readIndexPage(query),
    isErased: () => generation.isOverAfter(verify),
    onErased: (listener) => generation.onOver(listener),
    losses: () => 0,
    database: () => generation.database,
    onLost() {},
    close: () => checked.close(),
  }
}

/** Upper bounds end with `\uffff`, but a store compares only ASCII. */
const toBound = (bound: string) => bound.replaceAll('\uffff', LAST)

function toQuery(lower: string, upper: string, take?: number): KeyRange & { limit?: number } {
  return { lower: toBound(lower), upper: toBound(upper), ...(take === undefined ? {} : { limit: take }) }
}

/** Ids are URI-encoded, so only a malformed record could have another key. */
function assertKey(key: string): string {
  if (/^[\x20-\x7e]{1,1000}$/.test(key)) return key
  throw new VoiceAgentError(
    'storage-write-failed',
    'A key must be printable ASCII, at most 1,000 characters.',
  )
}
