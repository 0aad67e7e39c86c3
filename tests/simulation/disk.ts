import { idOfGeneration, recordsOfErasure } from '../../src/lib/voice-agent/storage/database/generation.js'
import {
  assertExpected,
  createConflictError,
  type RecordStore,
} from '../../src/lib/voice-agent/storage/database/record-store.js'
import {
  type ErasedRecord,
  erasedKey,
  type HeadHeader,
  type IndexPosition,
  type StoredRecord,
  tombstoneKey,
  tombstonesPrefix,
} from '../../src/lib/voice-agent/storage/records/record.js'
import type { Page } from './browser.js'
import { Pipe, type World } from './world.js'

type Changes = Parameters<RecordStore['write']>[0]
type WriteOptions = NonNullable<Parameters<RecordStore['write']>[1]>
type Failing = 'open' | 'read' | 'write'

/** A record as it lies on disk. Every write gives it another version, so that it is known which one a page has seen. */
export interface DiskRecord {
  record: StoredRecord
  version: number
}

/** Told of everything that pages read and change, at the moment in which it happens on disk. */
export interface DiskObserver {
  onRead(page: Page, key: string, stored: DiskRecord): void
  /** Before it is done. `isSweep`: a whole range is deleted. */
  onChange(
    page: Page,
    key: string,
    change: { before: DiskRecord | null; after: StoredRecord | null; isSweep: boolean },
  ): void
  /** After all of them are. */
  onCommitted(page: Page, keys: readonly string[]): void
}

/**
 * The database of a browser, in the shape of the `RecordStore` port. Transactions are atomic, happen in the order in which a page
 * requested them, and are answered later.
 * On request it fails, fills up, hangs, is emptied or loses what was not flushed.
 */
export class Disk {
  readonly #world: World
  readonly records = new Map<string, DiskRecord>()
  readonly #connections = new Set<Connection>()
  readonly #pages = new Map<Page, Pipe>()
  /** Undoes what no strict transaction has flushed since, newest last. */
  #undo: (() => void)[] = []
  /** Records that fit. */
  capacity = Number.POSITIVE_INFINITY
  readonly #failures = new Map<Failing, Set<string>>()
  isHanging = false
  /** Number of the database, because the user may delete it. */
  database = 1
  /** Requests of all pages while it hangs, in their order: it carries them out in that order once it is well. */
  #held: (() => void)[] = []
  observer: DiskObserver | null = null

  constructor(world: World) {
    this.#world = world
  }

  /** Fails the next operation of this kind that a page asks for. */
  failNext(what: Failing, page: Page): void {
    page.faults.add(`${what} fails`)
    this.#failures.set(what, (this.#failures.get(what) ?? new Set()).add(page.name))
  }

  hang(): void {
    this.isHanging = true
    for (const pipe of this.#pages.values()) pipe.hold()
  }

  /** Well again: all faults end. */
  heal(): void {
    this.capacity = Number.POSITIVE_INFINITY
    this.#failures.clear()
    if (!this.isHanging) return
    this.isHanging = false
    // Requests that were on their way when it began to hang come first.
    for (const pipe of this.#pages.values()) pipe.flush()
    const held = this.#held
    this.#held = []
    for (const execute of held) execute()
  }

  /** A page's connection is closed under it; its transactions are aborted. */
  loseConnections(page: Page | null = null): void {
    for (const connection of [...this.#connections]) {
      if (page === null || connection.page === page) connection.terminate()
    }
  }

  /** The user clears the database: every connection to it is lost. */
  empty(): void {
    this.loseConnections()
    this.records.clear()
    this.database++
    this.#undo = []
  }

  /** The machine stops: what was reported as done with relaxed durability, and not flushed since, may be gone. */
  forgetUnflushed(): number {
    const lost = Math.floor(this.#world.random() * (this.#undo.length + 1))
    for (let index = 0; index < lost; index++) this.#undo.pop()?.()
    this.#undo = []
    return lost
  }

  /** Does all requests of a page before later ones, because it goes to the back/forward cache. */
  settle(page: Page): void {
    if (!this.isHanging) this.#pages.get(page)?.flush()
  }

  /** A page goes: a transaction that has not reached the disk may be lost with it, and then so are those after it. */
  close(page: Page): void {
    for (const connection of [...this.#connections]) if (connection.page === page) connection.abandon()
  }

  /**
   * Opens a connection, as `openRecordStore` does.
   *
   * @param erasedError Creates the error of a page whose database was erased under it: one of the page's own code.
   */
  async open(page: Page, erasedError = () => new Error('erased')): Promise<RecordStore> {
    const store = new SimulatedStore(this, page, erasedError)
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

  /** Runs `run` on disk when its turn comes, and gives its result later than that. */
  transact<T>(page: Page, connection: Connection | null, what: Failing, run: () => T): Promise<T> {
    const answered = new Promise<T>((resolve, reject) => {
      const answer = (task: () => void) => this.#pipeOf(page, 'answer').post(() => page.run(task, 'disk'))
      const fail = (error: unknown) => {
        page.failures++
        answer(() => reject(error))
      }
      if (this.isHanging) page.faults.add('hangs')
      const isFailing = this.#failures.get(what)?.delete(page.name) ?? false
      /** Once: it happens, or it is aborted. */
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

  /** @throws DOMException `QuotaExceededError`; nothing is changed then. */
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

/** One connection of a page. */
class Connection {
  readonly requests = new Set<DiskRequest>()
  readonly page: Page
  readonly #disk: Disk
  isClosed = false
  /** Told when the browser closes it. */
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
    // They are ahead of whatever the next page asks for.
    for (const [index, request] of requests.entries()) {
      if (index < kept) request.execute()
      else request.abort()
    }
  }
}

/** A page's access to the database: `Connection` and `indexedRecordStore` of the engine, over the simulated disk. */
class SimulatedStore {
  readonly #disk: Disk
  readonly #page: Page
  #connection: Connection | null = null
  #opening: Promise<Connection> | null = null
  #losses = 0
  #database = 0
  #onLost: () => void = () => {}
  /** Life of the database that this store has open, as in `Generation`. */
  #generation: string | null = null
  #isErased = false
  #onErased: () => void = () => {}
  readonly #erasedError: () => Error

  constructor(disk: Disk, page: Page, erasedError: () => Error) {
    this.#disk = disk
    this.#page = page
    this.#erasedError = erasedError
  }

  #currentGeneration(): string {
    return idOfGeneration((this.#disk.records.get(erasedKey)?.record ?? null) as ErasedRecord | null)
  }

  /** Runs on disk. */
  #assertNotErased(): void {
    if (this.#generation !== null && this.#disk.records.has(tombstoneKey(this.#generation)))
      throw new DOMException('', 'ConstraintError')
  }

  /** Runs in the page, with an error of the disk. */
  #onError(error: unknown): never {
    if (!(error instanceof DOMException) || error.name !== 'ConstraintError') throw error
    if (!this.#isErased) {
      this.#isErased = true
      this.port.close()
      this.#onErased()
    }
    throw this.#erasedError()
  }

  async #erase(): Promise<string> {
    const disk = this.#disk
    const connection = this.#connection ?? (await this.open())
    const ended = await this.#transact(connection, 'write', () => {
      const ended = this.#currentGeneration()
      const { tombstone, begun } = recordsOfErasure(ended)
      const swept = disk.keys('', '\uffff').filter((key) => !key.startsWith(tombstonesPrefix))
      const changes: [string, StoredRecord | null][] = swept.map((key) => [key, null])
      disk.commit(
        this.#page,
        new Map([...changes, [tombstoneKey(ended), tombstone], [erasedKey, begun]]),
        'strict',
        true,
      )
      return ended
    })
    this.#isErased = true
    return ended
  }

  async open(): Promise<Connection> {
    if (this.#isErased) throw this.#erasedError()
    if (this.#connection) return this.#connection
    this.#opening ??= this.#disk
      .connect(this.#page, () => {
        this.#assertNotErased()
        this.#generation = this.#currentGeneration()
        this.#database = this.#disk.database
      })
      .then((connection) => {
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

  #lose(connection: Connection): void {
    connection.close()
    if (this.#connection !== connection) return
    this.#connection = null
    this.#losses++
    this.#onLost()
  }

  /** As a transaction on a closed connection: it throws. The connection is then replaced, and reading is repeated once. */
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

  /** In the same task when the connection is open. Not repeated on one that is lost. */
  async #write(
    changes: Changes,
    { durability = 'relaxed', removePrefixes = [], expected = new Map(), absent = [] }: WriteOptions,
  ): Promise<void> {
    const connection = this.#connection ?? (await this.open())
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
    // Listing a session is no reading of it: what is listed has not been seen.
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
      this.#onLost = () => {}
      if (this.#connection) this.#lose(this.#connection)
    },
  }

  /** Keys of the records that have the field, in the order of its values. */
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
