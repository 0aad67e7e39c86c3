import { withTimeout } from '../../../../../middleware/waiting.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { createClosedError } from '../database/record-store.js'
import { asWriteError } from '../records/storage-errors.js'
import type { ByteBatch, ByteResult, ByteStore, IndexEntry, IndexQuery, RangeQuery } from './byte-store.js'
import { comparePlaces } from './entry-map.js'
import { isBytes } from './record-bytes.js'

/** Milliseconds until an operation of a store counts as failed. */
export interface StoreLimits {
  readMs: number
  writeMs: number
}

const LIMITS: StoreLimits = { readMs: 10_000, writeMs: 30_000 }

const unansweredRead = () =>
  new VoiceAgentError('storage-unreachable', 'The custom store did not answer in time.')
const unansweredWrite = () =>
  new VoiceAgentError('storage-write-failed', 'The custom store did not answer in time. Saving is retried.')

/** Reports a result that breaks the store's contract. It is an error, never a missing value. */
const broken = (method: string, expected: string) =>
  new VoiceAgentError(
    'storage-unreachable',
    `persistence.store: ${method} must ${expected}. Test your store with storeConformance().`,
  )

export interface CheckedStore {
  read(keys: readonly string[], ranges?: readonly RangeQuery[]): Promise<ByteResult>
  readIndex(query: IndexQuery): Promise<IndexEntry[]>
  write(batch: ByteBatch): Promise<'written' | 'conflict'>
  close(): void
}

/**
 * Guards the package against an app's store: each operation has a time limit and one result of the right form.
 *
 * Writes run one after another. A write that times out may still take effect. Until it settles, later writes are refused, because
 * it could overwrite them. If no write is pending, a write is passed on synchronously.
 */
export function checkStore(store: ByteStore, limits = LIMITS): CheckedStore {
  for (const name of ['read', 'write', 'readIndex', 'close'] as const) {
    if (typeof (store as Partial<ByteStore> | null)?.[name] !== 'function')
      throw new TypeError(`persistence.store must open an object with ${name}().`)
  }
  let isClosed = false
  /** True while a write that timed out may still take effect. */
  let isStuck = false
  /** Last requested write; null once it has ended. */
  let last: Promise<unknown> | null = null

  async function call<T>(task: () => Promise<T>): Promise<T> {
    if (isClosed) throw createClosedError()
    return task()
  }

  async function ask<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await withTimeout(limits.readMs, call(task), unansweredRead)
    } catch (cause) {
      if (cause instanceof VoiceAgentError) throw cause
      const detail = 'The custom store failed to read.'
      throw new VoiceAgentError('storage-unreachable', detail, { cause })
    }
  }

  function issue(batch: ByteBatch): Promise<'written' | 'conflict'> {
    if (isStuck) return Promise.reject(unansweredWrite())
    const answered = call(() => store.write(batch))
    const release = () => {
      isStuck = false
    }
    const onLate = () => {
      isStuck = true
      answered.then(release, release)
      return unansweredWrite()
    }
    return withTimeout(limits.writeMs, answered, onLate).then(
      (answer: unknown) => {
        if (answer === 'written' || answer === 'conflict') return answer
        const detail = "persistence.store: write must answer 'written' or 'conflict'."
        throw new VoiceAgentError('storage-write-failed', detail)
      },
      (error: unknown) => Promise.reject(asWriteError(error)),
    )
  }

  return {
    async read(keys, ranges = []) {
      const result: unknown = await ask(() => store.read({ keys, ranges }))
      if (!isResult(result, keys.length, ranges.length))
        throw broken('read', 'resolve to { values, ranges } with an answer for each key and range')
      for (const [index, entries] of result.ranges.entries()) {
        if (!isInRange(entries, ranges[index] as RangeQuery))
          throw broken('read', 'return the entries of a range, in the order of their keys')
      }
      return result
    },
    async readIndex(query) {
      const entries: unknown = await ask(() => store.readIndex(query))
      if (!isIndexPage(entries, query)) throw broken('readIndex', 'return entries in the order of the index')
      return entries
    },
    write(batch) {
      if (isStuck) return Promise.reject(unansweredWrite())
      const answer = last ? last.then(() => issue(batch)) : issue(batch)
      const done: Promise<unknown> = answer
        .catch(() => {})
        .then(() => {
          if (last === done) last = null
        })
      last = done
      return answer
    },
    close() {
      if (isClosed) return
      isClosed = true
      // An error while closing changes nothing for the package.
      void (async () => store.close())().catch(() => {})
    },
  }
}

function isResult(result: unknown, keys: number, ranges: number): result is ByteResult {
  const { values, ranges: found } = (result ?? {}) as Partial<Record<string, unknown>>
  return (
    Array.isArray(values) &&
    Array.isArray(found) &&
    values.length === keys &&
    found.length === ranges &&
    values.every((value) => value === null || isBytes(value)) &&
    found.every((entries) => Array.isArray(entries) && entries.every(isEntry))
  )
}

function isEntry(entry: unknown): boolean {
  const { key, value } = (entry ?? {}) as Partial<Record<string, unknown>>
  return typeof key === 'string' && isBytes(value)
}

function isInRange(
  entries: ByteResult['ranges'][number],
  { lower, upper, limit = Number.POSITIVE_INFINITY, reverse = false }: RangeQuery,
): boolean {
  return (
    entries.length <= limit &&
    entries.every(({ key }, index) => {
      const before = entries[index - 1]?.key
      const isInOrder = before === undefined || (reverse ? before > key : before < key)
      return isInOrder && lower <= key && key < upper
    })
  )
}

function isIndexPage(entries: unknown, query: IndexQuery): entries is IndexEntry[] {
  const { reverse = false, limit, below = Number.POSITIVE_INFINITY, after } = query
  const sign = reverse ? -1 : 1
  const isPlace = (place: Partial<IndexEntry> | null, index: number, all: IndexEntry[]) => {
    if (typeof place?.key !== 'string' || !Number.isFinite(place.updatedAt)) return false
    const here = place as IndexEntry
    const before = all[index - 1] ?? after
    return here.updatedAt < below && (!before || sign * comparePlaces(before, here) < 0)
  }
  return Array.isArray(entries) && entries.length <= limit && entries.every(isPlace)
}
