import type { ByteBatch, BytePut, ByteStore, IndexEntry, IndexQuery } from '../byte-store.js'
import type { StoreRuleId } from './rules.js'

/** Range of all keys that a store may hold. */
export const ALL = { lower: '', upper: '\u007f' }

/** One case, with the stores that it has opened. */
export interface World {
  /** Opens a store. @param name Suffix for the case's name. @default '' */
  open(name?: string): Promise<ByteStore>
  store: ByteStore
}

/** A part of the cases. Together, the parts have one for each rule. */
export type Cases = Partial<Record<StoreRuleId, (world: World) => Promise<void>>>

export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message)
}

const encoder = new TextEncoder()
export const bytesOf = (text: string) => encoder.encode(text)
export const textOf = (value: Uint8Array | null | undefined) =>
  value ? new TextDecoder().decode(value) : null

export function write(store: ByteStore, batch: Partial<ByteBatch>): Promise<'written' | 'conflict'> {
  return store.write({ expect: [], remove: [], put: [], durability: 'relaxed', ...batch })
}

export const put = (key: string, text: string, updatedAt: number | null = null): BytePut => ({
  key,
  value: bytesOf(text),
  updatedAt,
})

export async function putAll(store: ByteStore, puts: BytePut[]): Promise<void> {
  assert((await write(store, { put: puts })) === 'written', 'A write without conditions must answer written.')
}

export async function valuesOf(store: ByteStore, keys: string[]): Promise<(string | null)[]> {
  const { values } = await store.read({ keys, ranges: [] })
  return values.map(textOf)
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
export function assertSame(actual: unknown, expected: unknown, what: string): void {
  assert(same(actual, expected), `${what}: expected ${short(expected)}, got ${short(actual)}.`)
}
export const short = (value: unknown) => JSON.stringify(value)?.slice(0, 300)

export async function assertValues(store: ByteStore, expected: Record<string, string | null>, what: string) {
  assertSame(await valuesOf(store, Object.keys(expected)), Object.values(expected), what)
}

export async function keysIn(
  store: ByteStore,
  query: Partial<Parameters<ByteStore['read']>[0]['ranges'][number]>,
) {
  const { ranges } = await store.read({ keys: [], ranges: [{ ...ALL, ...query }] })
  assert(ranges.length === 1, 'A read must answer each range.')
  return (ranges[0] ?? []).map(({ key }) => key)
}

export const placesOf = (entries: IndexEntry[]) => entries.map(({ key, updatedAt }) => [updatedAt, key])

export async function places(store: ByteStore, query: Partial<IndexQuery> = {}) {
  return placesOf(await store.readIndex({ limit: 1_000, ...query }))
}

/** Returns a generator of numbers from 0 to below 1, reproducible by seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
