import type { BytePut, ByteStore, OpenByteStore } from './byte-store.js'
import { EntryMap } from './entry-map.js'
import { decodeFrames, encodeFrame } from './log-frames.js'
import { areEqual } from './record-bytes.js'

/**
 * A simple key-value store of bytes, without transactions, ranges or an index: a localforage instance, `unstorage`, a bucket. Keys contain
 * only letters, digits and `. _ -`.
 */
export interface KeyValueAccess {
  /** Resolves to null or undefined for a key without a value. */
  get(key: string): Promise<Uint8Array | null | undefined>
  /** Resolves once the whole value is stored. Must be atomic: a value is never half old and half new. */
  set(key: string, value: Uint8Array): Promise<unknown>
  remove(key: string): Promise<unknown>
  /** Lists all keys that begin with the prefix. */
  keys(prefix: string): Promise<string[]>
  close?(): void | Promise<void>
}

/** Runs a task while no other task with this name runs, in any tab or process that uses the same store. */
export type StoreLock = <T>(name: string, task: () => Promise<T>) => Promise<T>

/** Options of {@link keyValueStore}. */
export interface KeyValueOptions {
  /**
   * @default a Web Lock with this name, which works within one browser profile. Pass a server-side lock if several processes write.
   */
  lock?: StoreLock
}

/** An entry as read: its value, and its time in the index. */
interface Stored {
  value: Uint8Array
  updatedAt: number | null
}

/**
 * Turns a simple key-value store into a `ByteStore`. A write first goes into a journal, as one value, and then into its entries. If the
 * page closes in between, the next operation completes the write from the journal. Every operation holds a lock with the store's name.
 *
 * Costs more than a database: a write reads the values it replaces, and a range or index query lists all keys.
 *
 * @param open Opens the access for a database name; one access for all names is enough.
 * @example
 * const table = localforage.createInstance({ name: 'voice' })
 * const store = keyValueStore(() => ({
 *   get: (key) => table.getItem(key),
 *   set: (key, value) => table.setItem(key, value),
 *   remove: (key) => table.removeItem(key),
 *   keys: async (prefix) => (await table.keys()).filter((key) => key.startsWith(prefix)),
 * }))
 */
export function keyValueStore(
  open: (databaseName: string) => KeyValueAccess | Promise<KeyValueAccess>,
  { lock = webLock }: KeyValueOptions = {},
): OpenByteStore {
  return async (databaseName) => {
    const access = await open(databaseName)
    const places = new Places(databaseName)
    let isClosed = false
    const run = async <T>(task: () => Promise<T>): Promise<T> => {
      if (isClosed) throw new Error('The store is closed.')
      return lock(`redux-voice-agent:store:${databaseName}`, async () => {
        await finish(access, places.journal)
        return task()
      })
    }

    async function readEntry(key: string): Promise<Stored | null> {
      const bytes = await access.get(places.entry(key))
      return bytes ? decodeEntry(bytes) : null
    }

    async function keysIn(lower: string, upper: string): Promise<string[]> {
      const names = await access.keys(places.entries)
      return names
        .map((name) => decodeName(name.slice(places.entries.length)))
        .filter((key) => lower <= key && key < upper)
        .sort()
    }

    const store: ByteStore = {
      read: ({ keys, ranges }) =>
        run(async () => {
          const readOne = async (key: string) => (await readEntry(key))?.value ?? null
          const all = ranges.length > 0 ? await keysIn('', LAST) : []
          return {
            values: await Promise.all(keys.map(readOne)),
            ranges: await Promise.all(
              ranges.map(async ({ lower, upper, limit, reverse = false }) => {
                const inRange = all.filter((key) => lower <= key && key < upper)
                const selected = (reverse ? inRange.reverse() : inRange).slice(0, limit)
                const entries = selected.map(async (key) => ({ key, value: await readOne(key) }))
                return (await Promise.all(entries)).flatMap(({ key, value }) =>
                  value ? [{ key, value }] : [],
                )
              }),
            ),
          }
        }),
      write: ({ expect, remove, put }) =>
        run(async () => {
          const conditions = expect.map(async ({ key, value }) =>
            areEqual((await readEntry(key))?.value ?? null, value),
          )
          if ((await Promise.all(conditions)).includes(false)) return 'conflict'
          const removed = new Set<string>()
          for (const one of remove) {
            const keys = typeof one === 'string' ? [one] : await keysIn(one.lower, one.upper)
            for (const key of keys) removed.add(key)
          }
          await apply(removed, put)
          return 'written'
        }),
      readIndex: (query) =>
        run(async () => {
          const map = new EntryMap<{ updatedAt: number }>()
          const names = await access.keys(places.index)
          map.apply(
            [],
            names.map((name) => {
              const [time = '', key = ''] = name.slice(places.index.length).split('.').map(decodeName)
              return [key, { updatedAt: Number(time) }] as const
            }),
          )
          return map.readIndex(query)
        }),
      async close() {
        isClosed = true
        await access.close?.()
      },
    }
    // Fails now instead of at the first save if there is no access.
    await run(async () => null)
    return store

    async function apply(removed: ReadonlySet<string>, put: readonly BytePut[]): Promise<void> {
      const keys = new Set([...removed, ...put.map(({ key }) => key)])
      const before = new Map(
        await Promise.all([...keys].map(async (key) => [key, await access.get(places.entry(key))] as const)),
      )
      const removals: string[] = []
      const undo: Place[] = []
      const puts = put.flatMap((one): Place[] => {
        const entry = { name: places.entry(one.key), value: encodeFrame([], [one]) }
        return one.updatedAt === null
          ? [entry]
          : [entry, { name: places.time(one.key, one.updatedAt), value: EMPTY }]
      })
      const kept = new Set(puts.map(({ name }) => name))
      for (const [key, bytes] of before) {
        if (!bytes) continue
        const { updatedAt } = decodeEntry(bytes)
        undo.push({ name: places.entry(key), value: bytes })
        if (updatedAt !== null) undo.push({ name: places.time(key, updatedAt), value: EMPTY })
      }
      for (const { name } of undo) if (!kept.has(name)) removals.push(name)
      if (puts.length === 0 && removals.length === 0) return
      await access.set(places.journal, encodeJournal(removals, puts))
      try {
        await applyPlaces(access, removals, puts)
      } catch (error) {
        await rollBack(kept, undo)
        throw error
      }
      await access.remove(places.journal)
    }

    /** Undoes a write that failed, for example on a full disk. If that fails too, the next operation completes the write. */
    async function rollBack(written: ReadonlySet<string>, undo: readonly Place[]): Promise<void> {
      const had = new Set(undo.map(({ name }) => name))
      const added = [...written].filter((name) => !had.has(name))
      try {
        await applyPlaces(access, added, undo)
        await access.remove(places.journal)
      } catch {
        // The journal stays. The write reports why it failed, not why it could not be undone.
      }
    }
  }
}

/** A name in the simple store, with its value. */
interface Place {
  name: string
  value: Uint8Array
}

const LAST = '\u007f'
/** Value of an entry whose name holds all the data. Some stores treat an empty value as missing. */
const EMPTY = Uint8Array.of(1)

async function applyPlaces(access: KeyValueAccess, removals: readonly string[], puts: readonly Place[]) {
  for (const name of removals) await access.remove(name)
  for (const { name, value } of puts) await access.set(name, value)
}

function encodeJournal(removals: readonly string[], puts: readonly Place[]): Uint8Array {
  return encodeFrame(
    removals,
    puts.map(({ name, value }) => ({ key: name, value, updatedAt: null })),
  )
}

/** Completes an interrupted write. */
async function finish(access: KeyValueAccess, journal: string): Promise<void> {
  const bytes = await access.get(journal)
  if (!bytes) return
  const [frame] = decodeFrames(bytes, 0)
  // An incomplete journal was never reported as stored, and none of it has been applied.
  const puts = frame?.put.map(([name, { start, length }]) => ({
    name,
    value: bytes.slice(start, start + length),
  }))
  if (frame)
    await applyPlaces(
      access,
      frame.remove.filter((name) => typeof name === 'string'),
      puts ?? [],
    )
  await access.remove(journal)
}

/** @throws Error for an incomplete entry, which must not count as missing */
function decodeEntry(bytes: Uint8Array): Stored {
  const [frame] = decodeFrames(bytes, 0)
  const [, place] = frame?.put[0] ?? []
  if (!place) throw new Error('An entry of the store is damaged.')
  // Copies, because `slice` of a Buffer is a view.
  const value = new Uint8Array(bytes.subarray(place.start, place.start + place.length))
  return { value, updatedAt: place.updatedAt }
}

/** Names in the simple store. Encoded keys contain no dot, so the names of two databases differ. */
class Places {
  readonly #base: string
  constructor(databaseName: string) {
    this.#base = encodeName(databaseName)
  }
  get journal(): string {
    return `${this.#base}.journal`
  }
  get entries(): string {
    return `${this.#base}.e.`
  }
  get index(): string {
    return `${this.#base}.t.`
  }
  entry(key: string): string {
    return this.entries + encodeName(key)
  }
  time(key: string, updatedAt: number): string {
    return `${this.index}${encodeName(String(updatedAt))}.${encodeName(key)}`
  }
}

/** Encodes text as letters, digits, `-` and `_`. */
function encodeName(text: string): string {
  return text.replace(/[^A-Za-z0-9-]/gu, (character) =>
    [...new TextEncoder().encode(character)].map((byte) => `_${byte.toString(16).padStart(2, '0')}`).join(''),
  )
}

function decodeName(name: string): string {
  return name.replace(/_([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** Locks within this process, for a runtime without Web Locks. */
const tails = new Map<string, Promise<unknown>>()

const webLock: StoreLock = (name, task) => {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  if (locks) return locks.request(name, task) as ReturnType<typeof task>
  const result = (tails.get(name) ?? Promise.resolve()).then(task)
  tails.set(
    name,
    result.catch(() => {}),
  )
  return result
}
