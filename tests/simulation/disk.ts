import { idOfGeneration, recordsOfErasure } from '../../src/lib/voice-agent/storage/database/generation.js'
import {
  assertExpected,
  createConflictError,
  type RecordStore,
} from '../../src/lib/voice-agent/storage/database/record-store.js'
import {
  ERASED_KEY,
  type ErasedRecord,
  type HeadHeader,
  type IndexPosition,
  type StoredRecord,
  TOMBSTONES_PREFIX,
  tombstoneKey,
} from '../../src/lib/voice-agent/storage/records/record.js'
import type { VoiceAgentError } from '../../store/index.js'
import type { Page } from './browser.js'
import type { PageCode, PageGlobals } from './bundle.js'
import { Pipe, type World } from './world.js'

type Changes = Parameters<RecordStore['write']>[0]
type WriteOptions = NonNullable<Parameters<RecordStore['write']>[1]>
type Failing = 'open' | 'read' | 'write'

/** A record on disk. Every write gives it a new version, which shows what a page has seen. */
export interface DiskRecord {
  record: StoredRecord
  version: number
}

/** Observes everything that pages read and change, at the moment it happens on disk. */
export interface DiskObserver {
  onRead(page: Page, key: string, stored: DiskRecord): void
  /** Called before the change. @param change `isSweep` if a whole range is deleted. */
  onChange(
    page: Page,
    key: string,
    change: { before: DiskRecord | null; after: StoredRecord | null; isSweep: boolean },
  ): void
  /** Called after all changes of a transaction. */
  onCommitted(page: Page, keys: readonly string[]): void
}

/**
 * A browser's database behind the `RecordStore` port. Transactions are atomic, run in the order in which a page
 * requested them, and settle later.
 * On request, the disk fails, fills up, hangs, is cleared, or loses unflushed writes.
 */
export class Disk {
  readonly #world: World
  readonly records = new Map<string, DiskRecord>()
  readonly #connections = new Set<Connection>()
  readonly #writes = new Map<Page, number>()
  readonly #pages = new Map<Page, Pipe>()
  /** Undoes the writes that no strict transaction has flushed yet, newest last. */
  #undo: (() => void)[] = []
  /** Maximum number of records. */
  capacity = Number.POSITIVE_INFINITY
  readonly #failures = new Map<Failing, Set<string>>()
  isHanging = false
  /** Increases whenever the user deletes the database. */
  database = 1
  /** Requests from all pages while the disk hangs. They run in order once it recovers. */
  #held: (() => void)[] = []
  observer: DiskObserver | null = null

  constructor(world: World) {
    this.#world = world
  }

  /** Fails the page's next operation of this kind. */
  failNext(what: Failing, page: Page): void {
    page.faults.add(`${what} fails`)
    this.#failures.set(what, (this.#failures.get(what) ?? new Set()).add(page.name))
  }

  hang(): void {
    this.isHanging = true
    for (const pipe of this.#pages.values()) pipe.hold()
  }

  /** Ends all faults. */
  heal(): void {
    this.capacity = Number.POSITIVE_INFINITY
    this.#failures.clear()
    if (!this.isHanging) return
    this.isHanging = false
    // Requests that were already in flight when the disk began to hang run first.
    for (const pipe of this.#pages.values()) pipe.flush()
    const held = this.#held
    this.#held = []
    for (const execute of held) execute()
  }

  /** The browser closes a page's connections and aborts their transactions. */
  loseConnections(page: Page | null = null): void {
    for (const connection of [...this.#connections]) {
      if (page === null || connection.page === page) connection.terminate()
    }
  }

  /** Other code replaces a record. */
  plant(key: string, record: StoredRecord): void {
    this.records.set(key, { record, version: this.#world.nextId() })
  }

  /** The user deletes the database, and every connection to it is lost. */
  empty(): void {
    this.loseConnections()
    this.records.clear()
    this.database++
    this.#undo = []
  }

  /** Power loss: writes with relaxed durability may be lost if they were not flushed since. */
  forgetUnflushed(): number {
    const lost = Math.floor(this.#world.random() * (this.#undo.length + 1))
    for (let index = 0; index < lost; index++) this.#undo.pop()?.()
    this.#undo = []
    return lost
  }

  /** Runs a page's pending requests now, because the page enters the back/forward cache. */
  settle(page: Page): void {
    if (!this.isHanging) this.#pages.get(page)?.flush()
  }

  /** Closes a page. A transaction that has not reached the disk may be lost, and with it all later ones. */
  close(page: Page): void {
    for (const connection of [...this.#connections]) if (connection.page === page) connection.abandon()
  }

  /** Number of writes that a page has requested. */
  writesOf(page: Page): number {
    return this.#writes.get(page) ?? 0
  }

  /**
   * Opens a connection, as `openRecordStore` does.
   *
   * @param exported Code of the page, whose error class is not that of the simulation.
   */
  async open(page: Page, exported: { VoiceAgentError: typeof VoiceAgentError }): Promise<RecordStore> {
    const store = new SimulatedStore(this, page, exported.VoiceAgentError)
    await store.open()
    return store.port
  }

  connect(page: Page, check: () => void): Promise<Connection> {
    return this.transact(page, null, 'open', () => {
      check()
      const connection = new Connection(this, page)
      this.#connections.add(connection)
      return connection
    })
  }

  disconnect(connection: Connection): void {
    this.#connections.delete(connection)
  }

  /** Runs `run` on disk when it is its turn, and resolves with its result later. */
  transact<T>(page: Page, connection: Connection | null, what: Failing, run: () => T): Promise<T> {
    if (what === 'write') this.#writes.set(page, this.writesOf(page) + 1)
    if (page.isInstant) return new Promise((resolve) => resolve(run()))
    const answered = new Promise<T>((resolve, reject) => {
      const answer = (task: () => void) => this.#pipeOf(page, 'answer').post(() => page.run(task, 'disk'))
      const fail = (error: unknown) => {
        page.failures++
        answer(() => reject(error))
      }
      if (this.isHanging) page.faults.add('hangs')
      const isFailing = this.#failures.get(what)?.delete(page.name) ?? false
      /** True once the request has run or was aborted. */
      let isOver = false
      const once = (task: () => void) => () => {
        if (isOver) return
        isOver = true
        connection?.requests.delete(request)
        task()
      }
      const execute = () => {
        if (isFailing) return fail(new DOMException('', 'UnknownError'))
        try {
          const result = run()
          answer(() => resolve(result))
        } catch (error) {
          fail(error)
        }
      }
      const request: DiskRequest = {
        execute: once(execute),
        abort: once(() => fail(new DOMException('The connection was closed.', 'AbortError'))),
      }
      connection?.requests.add(request)
      if (this.isHanging) this.#held.push(request.execute)
      else this.#pipeOf(page, 'request').post(request.execute)
    })
    return page.waitFor(answered)
  }

  read(page: Page, key: string): StoredRecord | null {
    const stored = this.records.get(key)
    if (!stored) return null
    this.observer?.onRead(page, key, stored)
    return { ...stored.record }
  }

  keys(lower: string, upper: string): string[] {
    return [...this.records.keys()].filter((key) => key >= lower && key < upper).sort()
  }

  /** @throws DOMException `QuotaExceededError`, without changing anything. */
  commit(page: Page, changes: Changes, durability: 'relaxed' | 'strict', isSweep = false): void {
    const grown = [...changes].filter(([key, record]) => record !== null && !this.records.has(key)).length
    const shrunk = [...changes].filter(([key, record]) => record === null && this.records.has(key)).length
    const isGrowing = [...changes.values()].some((record) => record !== null)
    if (isGrowing && this.records.size + grown - shrunk > this.capacity) {
      throw new DOMException('', 'QuotaExceededError')
    }
    this.#world.log?.(
      `    ${page.name} writes ${[...changes].map(([key, record]) => (record ? key : `-${key}`)).join(' ')}`,
    )
    const before = new Map([...changes.keys()].map((key) => [key, this.records.get(key) ?? null]))
    for (const [key, record] of changes) {
      this.observer?.onChange(page, key, { before: before.get(key) ?? null, after: record, isSweep })
      if (record === null) this.records.delete(key)
      else this.records.set(key, { record: { ...record }, version: this.#world.nextId() })
    }
    this.#undo.push(() => {
      for (const [key, stored] of before) {
        if (stored === null) this.records.delete(key)
        else this.records.set(key, stored)
      }
    })
    if (durability === 'strict') this.#undo = []
    this.observer?.onCommitted(page, [...changes.keys()])
  }

  readonly #answers = new Map<Page, Pipe>()
  #pipeOf(page: Page, direction: 'request' | 'answer'): Pipe {
    const pipes = direction === 'request' ? this.#pages : this.#answers
    const known = pipes.get(page)
    if (known) return known
    const pipe = new Pipe(
      this.#world,
      direction === 'request' ? `disk of ${page.name}` : `${page.name} hears of the disk`,
    )
    pipes.set(page, pipe)
    return pipe
  }
}

interface DiskRequest {
  execute(): void
  abort(): void
}

class Connection {
  readonly requests = new Set<DiskRequest>()
  readonly page: Page
  readonly #disk: Disk
  isClosed = false
  /** Called when the browser closes the connection. */
  onTerminated: () => void = () => {}

  constructor(disk: Disk, page: Page) {
    this.#disk = disk
    this.page = page
  }

  close(): void {
    this.isClosed = true
    this.#disk.disconnect(this)
  }

  terminate(): void {
    this.close()
    this.page.faults.add('connection lost')
    for (const request of [...this.requests]) request.abort()
    this.page.browser.world.later(`${this.page.name} hears that its connection is lost`, () =>
      this.page.run(() => this.onTerminated()),
    )
  }

  abandon(): void {
    this.close()
    const { world } = this.page.browser
    const requests = [...this.requests]
    const kept = Math.floor(world.random() * (requests.length + 1))
    // These run before any request of the next page.
    for (const [index, request] of requests.entries()) {
      if (index < kept) request.execute()
      else request.abort()
    }
  }
}

/** A page's access to the database: the engine's `Connection` and `indexedRecordStore` on the simulated disk. */
class SimulatedStore {
  readonly #disk: Disk
  readonly #page: Page
  #connection: Connection | null = null
  #opening: Promise<Connection> | null = null
  #losses = 0
  #database = 0
  #onLost: () => void = () => {}
  /** Generation of the database that this store has opened, as in `Generation`. */
  #generation: string | null = null
  #isErased = false
  #isClosed = false
  #onErased: () => void = () => {}
  readonly #VoiceAgentError: typeof VoiceAgentError

  constructor(disk: Disk, page: Page, ErrorOfPage: typeof VoiceAgentError) {
    this.#disk = disk
    this.#page = page
    this.#VoiceAgentError = ErrorOfPage
  }

  #currentGeneration(): string {
    return idOfGeneration((this.#disk.records.get(ERASED_KEY)?.record ?? null) as ErasedRecord | null)
  }

  /** Runs on disk. */
  #assertNotErased(): void {
    if (this.#generation !== null && this.#disk.records.has(tombstoneKey(this.#generation)))
      throw new DOMException('', 'ConstraintError')
  }

  /** Handles a disk error in the page. */
  #onError(error: unknown): never {
    if (!(error instanceof DOMException) || error.name !== 'ConstraintError') throw error
    if (!this.#isErased) {
      this.#isErased = true
      this.port.close()
      this.#onErased()
    }
    throw new this.#VoiceAgentError('erased')
  }

  async #erase(): Promise<string> {
    const disk = this.#disk
    const connection = this.#connection ?? (await this.open())
    const ended = await this.#transact(connection, 'write', () => {
      const ended = this.#currentGeneration()
      const { tombstone, begun } = recordsOfErasure(ended)
      const swept = disk.keys('', '\uffff').filter((key) => !key.startsWith(TOMBSTONES_PREFIX))
      const changes: [string, StoredRecord | null][] = swept.map((key) => [key, null])
      disk.commit(
        this.#page,
        new Map([...changes, [tombstoneKey(ended), tombstone], [ERASED_KEY, begun]]),
        'strict',
        true,
      )
      return ended
    })
    this.#isErased = true
    return ended
  }

  async open(): Promise<Connection> {
    if (this.#isErased) throw new this.#VoiceAgentError('erased')
    this.#assertOpen()
    if (this.#connection) return this.#connection
    this.#opening ??= this.#disk
      .connect(this.#page, () => {
        this.#assertNotErased()
        this.#generation = this.#currentGeneration()
        this.#database = this.#disk.database
      })
      .then((connection) => {
        if (this.#isClosed) connection.close()
        this.#assertOpen()
        connection.onTerminated = () => this.#lose(connection)
        this.#connection = connection
        return connection
      })
      .catch((error: unknown) => this.#onError(error))
      .finally(() => {
        this.#opening = null
      })
    return this.#opening
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new this.#VoiceAgentError('storage-unavailable')
  }

  #lose(connection: Connection): void {
    connection.close()
    if (this.#connection !== connection) return
    this.#connection = null
    this.#losses++
    this.#onLost()
  }

  /** Replaces a closed connection and retries once, because a transaction on a closed connection throws. */
  async #repeatable<T>(what: Failing, run: () => T): Promise<T> {
    const connection = this.#connection ?? (await this.open())
    if (!connection.isClosed) return this.#transact(connection, what, run)
    this.#lose(connection)
    return this.#transact(await this.open(), what, run)
  }

  #read<T>(run: () => T): Promise<T> {
    return this.#repeatable('read', run)
  }

  #transact<T>(connection: Connection, what: Failing, run: () => T): Promise<T> {
    if (connection.isClosed) return Promise.reject(new DOMException('', 'InvalidStateError'))
    return this.#disk.transact(this.#page, connection, what, run)
  }

  /** Starts in the same task if the connection is open. Not retried after a lost connection. */
  async #write(
    changes: Changes,
    { durability = 'relaxed', removePrefixes = [], expected = new Map(), absent = [], check }: WriteOptions,
  ): Promise<void> {
    const connection = this.#connection ?? (await this.open())
    check?.()
    const disk = this.#disk
    const copy = new Map(changes)
    if (!connection.isClosed)
      return this.#transact(connection, 'write', () => {
        this.#assertNotErased()
        for (const [key, record] of expected) assertExpected(record, disk.records.get(key)?.record ?? null)
        if (absent.some((key) => disk.records.has(key))) throw createConflictError()
        const swept = removePrefixes.flatMap((prefix) => disk.keys(prefix, `${prefix}\uffff`))
        const all = new Map([...swept.map((key) => [key, null] as const), ...copy])
        disk.commit(this.#page, all, durability, removePrefixes.length > 0)
      }).catch((error: unknown) => this.#onError(error))
    this.#lose(connection)
    throw new DOMException('', 'InvalidStateError')
  }

  #recordsOf(keys: readonly string[]): StoredRecord[] {
    return keys.flatMap((key) => this.#disk.read(this.#page, key) ?? [])
  }

  readonly port: RecordStore = {
    get: (key) => this.#read(() => this.#disk.read(this.#page, key)),
    write: (changes, options = {}) => this.#write(changes, options),
    readRange: (lower, upper, take) =>
      this.#read(() => {
        const keys = this.#disk.keys(lower, upper).slice(0, take)
        return new Map(keys.map((key) => [key, this.#disk.read(this.#page, key) as StoredRecord]))
      }),
    readRuns: (bounds) =>
      this.#read(() =>
        bounds
          .slice(1)
          .map((upper, index) =>
            Promise.resolve(this.#recordsOf(this.#disk.keys(bounds[index] as string, upper))),
          ),
      ),
    readTogether: (keys, { lower, upper, take }) =>
      this.#read(() => {
        const found = this.#disk.keys(lower, upper)
        const wanted = take === 'last' ? found.slice(-1) : found.slice(0, take)
        return {
          records: keys.map((key) => Promise.resolve(this.#disk.read(this.#page, key))),
          run: Promise.resolve(this.#recordsOf(wanted)),
        }
      }),
    // Bypasses the observer: a page that lists a session has not read it.
    readIndex: (index, query) =>
      this.#read(
        () =>
          new Map(
            this.#indexed(index, query).map((key) => [
              key,
              { ...this.#disk.records.get(key)?.record } as StoredRecord,
            ]),
          ),
      ),
    readIndexPage: (index, { direction, limit, below = Number.POSITIVE_INFINITY, after }) =>
      this.#read(() => {
        const sign = direction === 'next' ? 1 : -1
        const isBehind = (a: IndexPosition, b: IndexPosition) =>
          sign * (a.value - b.value || (a.key < b.key ? -1 : Number(a.key > b.key))) > 0
        return this.#indexed(index, { below })
          .map((key) => ({
            key,
            value: Number((this.#disk.records.get(key) as DiskRecord & { record: HeadHeader }).record[index]),
          }))
          .sort((a, b) => (isBehind(a, b) ? 1 : -1))
          .filter((position) => !after || isBehind(position, after))
          .slice(0, limit)
      }),
    readMany: (keys) => this.#read(() => keys.map((key) => this.#disk.read(this.#page, key))),
    transact: (keys, decide) =>
      this.#repeatable('write', () => {
        this.#assertNotErased()
        const changes = decide(keys.map((key) => this.#disk.read(this.#page, key)))
        if (changes.size > 0) this.#disk.commit(this.#page, changes, 'relaxed')
      }).catch((error: unknown) => this.#onError(error)),
    erase: () => this.#erase(),
    isErased: async () => {
      await this.#read(() => this.#assertNotErased()).catch((error: unknown) => {
        if (!this.#isErased) this.#onError(error)
      })
      return this.#isErased
    },
    onErased: (listener) => {
      this.#onErased = listener
    },
    losses: () => this.#losses,
    database: () => this.#database,
    onLost: (listener) => {
      this.#onLost = listener
    },
    close: () => {
      this.#isClosed = true
      this.#onLost = () => {}
      if (this.#connection) this.#lose(this.#connection)
    },
  }

  /** Keys of the records that have the field, ordered by its value. */
  #indexed(
    index: Parameters<RecordStore['readIndex']>[0],
    query?: Parameters<RecordStore['readIndex']>[1],
  ): string[] {
    const fieldOf = (key: string) =>
      ((this.#disk.records.get(key)?.record ?? {}) as Record<string, number | string | undefined>)[index]
    const matches = (value: number | string) =>
      query === undefined || ('only' in query ? value === query.only : Number(value) < query.below)
    return this.#disk
      .keys('', '\uffff')
      .flatMap((key) => {
        const value = fieldOf(key)
        return value !== undefined && matches(value) ? [{ key, value }] : []
      })
      .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : a.key < b.key ? -1 : 1))
      .map(({ key }) => key)
  }
}

/** Loads code into a page whose databases are on a disk. */
export function loadCode<Exports extends { VoiceAgentError: typeof VoiceAgentError }>(
  code: PageCode<Exports>,
  page: Page,
  disk: Disk,
  globals: PageGlobals = {},
): Exports {
  const exported: Exports = code(
    page.globals({ ...globals, openRecordStore: () => disk.open(page, exported) }),
  )
  return exported
}
