import type { ByteBatch, BytePut, ByteResult, ByteStore, RangeQuery } from './byte-store.js'
import { EntryMap } from './entry-map.js'
import { decodeFrames, encodeFrame, HEADER, type Place } from './log-frames.js'
import { areEqual } from './record-bytes.js'

/** A worker's synchronous access to a file, which TypeScript's DOM library for windows does not declare. */
interface SyncAccessHandle {
  read(buffer: Uint8Array, options: { at: number }): number
  write(buffer: Uint8Array, options: { at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}

interface SyncFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>
}

/** Folder of all stores in the origin's private file system. */
const FOLDER = 'redux-voice-agent'
/** A log is compacted if its garbage exceeds this size and half of the log. */
const MIN_GARBAGE = 2 ** 20

/**
 * Opens a store in the origin private file system. Runs in a dedicated worker, because browsers allow synchronous file access
 * only there.
 *
 * A log file holds one frame with a checksum per batch, so writes are atomic even if the page or the machine stops.
 * Any number of tabs may have it open. Each operation holds a Web Lock with the store's name and first reads other tabs' frames.
 *
 * @throws DOMException if the browser has no private file system, as in some private windows
 * @example
 * serveStore(opfsStore)
 */
export async function opfsStore(databaseName: string): Promise<ByteStore> {
  const root = await navigator.storage.getDirectory()
  const folder = await root.getDirectoryHandle(FOLDER, { create: true })
  const directory = await folder.getDirectoryHandle(encodeURIComponent(databaseName).replaceAll('.', '%2E'), {
    create: true,
  })
  const log = new Log(directory)
  let isClosed = false

  function run<T>(task: (file: SyncAccessHandle) => T | Promise<T>): Promise<T> {
    if (isClosed) return Promise.reject(new Error('The store is closed.'))
    return navigator.locks.request(`redux-voice-agent:opfs:${databaseName}`, () =>
      log.use(task),
    ) as Promise<T>
  }

  // Fails now instead of at the first save if there is no access.
  await run(() => null)
  return {
    read: (query) => run((file) => log.read(file, query)),
    write: (batch) => run((file) => log.write(file, batch)),
    readIndex: async (query) => run(() => log.places.readIndex(query)),
    close() {
      isClosed = true
    },
  }
}

/** This worker's view of a store's log. Every method runs while the store's lock is held. */
class Log {
  readonly #directory: FileSystemDirectoryHandle
  #number = 0
  #handle: SyncFileHandle | null = null
  /** Position after the last frame that was read. */
  #end = HEADER.length
  places = new EntryMap<Place>()

  constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory
  }

  async use<T>(task: (file: SyncAccessHandle) => T | Promise<T>): Promise<T> {
    const file = await this.#open()
    try {
      this.#catchUp(file)
      return await task(file)
    } finally {
      file.close()
    }
  }

  read(
    file: SyncAccessHandle,
    { keys, ranges }: { keys: readonly string[]; ranges: readonly RangeQuery[] },
  ): ByteResult {
    const bytesAt = (place: Place) => readBytes(file, place.start, place.length)
    return {
      values: keys.map((key) => {
        const place = this.places.get(key)
        return place ? bytesAt(place) : null
      }),
      ranges: ranges.map((range) =>
        this.places.range(range).map(([key, place]) => ({ key, value: bytesAt(place) })),
      ),
    }
  }

  async write(file: SyncAccessHandle, { expect, remove, put }: ByteBatch): Promise<'written' | 'conflict'> {
    for (const { key, value } of expect) {
      const place = this.places.get(key)
      // If the lengths differ, the bytes need not be read.
      if (place && value && place.length !== value.length) return 'conflict'
      if (!areEqual(place ? readBytes(file, place.start, place.length) : null, value)) return 'conflict'
    }
    if (remove.length === 0 && put.length === 0) return 'written'
    const frame = encodeFrame(remove, put)
    try {
      writeBytes(file, frame, this.#end)
      file.flush()
    } catch (error) {
      try {
        // Removes the partial frame, whose remains must not follow a later one.
        file.truncate(this.#end)
      } catch {
        // The next operation removes it.
      }
      throw error
    }
    this.#catchUp(file)
    if (this.#end > MIN_GARBAGE && this.#end > 2 * this.#liveBytes() + MIN_GARBAGE) await this.#compact(file)
    return 'written'
  }

  #liveBytes(): number {
    let sum = 0
    for (const [, { length }] of this.places.entries()) sum += length
    return sum
  }

  /** Opens the current log: the one with the highest number that has a header. */
  async #open(): Promise<SyncAccessHandle> {
    if (this.#handle && !(await this.#exists(this.#number + 1))) {
      try {
        return await openFile(this.#handle)
      } catch (error) {
        // Another tab has compacted it under another number.
        if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error
      }
    }
    return this.#find()
  }

  async #find(): Promise<SyncAccessHandle> {
    const numbers = await this.#list()
    for (const number of numbers.reverse()) {
      const handle = (await this.#directory.getFileHandle(String(number))) as SyncFileHandle
      const file = await openFile(handle)
      const header = readBytes(file, 0, Math.min(file.getSize(), HEADER.length))
      if (areEqual(header, HEADER)) {
        this.#begin(number, handle)
        // Removes logs that a compaction replaced or did not finish.
        for (const old of numbers)
          if (old !== number) await this.#directory.removeEntry(String(old)).catch(() => {})
        return file
      }
      file.close()
      // It may belong to a newer version of this package, so it must not be replaced.
      if (!isUnfinished(header)) throw new Error(`The log ${number} of the store has an unknown format.`)
    }
    const next = (numbers[0] ?? 0) + 1
    const handle = (await this.#directory.getFileHandle(String(next), { create: true })) as SyncFileHandle
    const file = await openFile(handle)
    try {
      file.truncate(0)
      writeBytes(file, HEADER, 0)
      file.flush()
    } catch (error) {
      file.close()
      throw error
    }
    this.#begin(next, handle)
    return file
  }

  #begin(number: number, handle: SyncFileHandle): void {
    this.#number = number
    this.#handle = handle
    this.#end = HEADER.length
    this.places = new EntryMap<Place>()
  }

  /** Reads the frames after the last known one, and removes the remains of an interrupted write. */
  #catchUp(file: SyncAccessHandle): void {
    const size = file.getSize()
    if (size < this.#end) throw new Error('A log became shorter.')
    if (size === this.#end) return
    for (const { remove, put, end } of decodeFrames(
      readBytes(file, this.#end, size - this.#end),
      this.#end,
    )) {
      this.places.apply(remove, put)
      this.#end = end
    }
    if (this.#end < size) file.truncate(this.#end)
  }

  /**
   * Writes a log without garbage under the next number. Writes the header last, because a log without it does not count.
   *
   * If the disk is too full for the copy, or anything else fails, keeps the log as it is. The caller's write is already stored.
   */
  async #compact(file: SyncAccessHandle): Promise<void> {
    const name = String(this.#number + 1)
    try {
      const handle = (await this.#directory.getFileHandle(name, { create: true })) as SyncFileHandle
      const next = await openFile(handle)
      try {
        this.#copyTo(next, file)
      } finally {
        next.close()
      }
    } catch {
      await this.#directory.removeEntry(name).catch(() => {})
      return
    }
    // The next operation finds the new log, and removes this one.
    this.#handle = null
  }

  #copyTo(next: SyncAccessHandle, file: SyncAccessHandle): void {
    next.truncate(0)
    let position = HEADER.length
    for (const [key, place] of this.places.entries()) {
      const value = readBytes(file, place.start, place.length)
      const put: BytePut = { key, value, updatedAt: place.updatedAt }
      const frame = encodeFrame([], [put])
      writeBytes(next, frame, position)
      position += frame.length
    }
    next.flush()
    writeBytes(next, HEADER, 0)
    next.flush()
  }

  async #exists(number: number): Promise<boolean> {
    try {
      await this.#directory.getFileHandle(String(number))
      return true
    } catch (error) {
      // After any other error, a write could go into a log that another tab has replaced.
      const isMissing = error instanceof DOMException && absent.includes(error.name)
      if (isMissing) return false
      throw error
    }
  }

  async #list(): Promise<number[]> {
    const numbers: number[] = []
    const names = (this.#directory as unknown as { keys(): AsyncIterable<string> }).keys()
    for await (const name of names) if (/^\d+$/.test(name)) numbers.push(Number(name))
    return numbers.sort((a, b) => a - b)
  }
}

/** Errors for a name without a file. */
const absent = ['NotFoundError', 'TypeMismatchError']

/** Milliseconds that another page's worker may hold the file after its lock is free. */
const RELEASE_LIMIT_MS = 8_000

/**
 * Opens a file for this worker exclusively. Waits if it is in use: another worker is ending, and released its lock shortly before its
 * files.
 */
async function openFile(handle: SyncFileHandle): Promise<SyncAccessHandle> {
  const until = performance.now() + RELEASE_LIMIT_MS
  for (let pauseMs = 2; ; pauseMs = Math.min(2 * pauseMs, 50)) {
    try {
      return await handle.createSyncAccessHandle()
    } catch (error) {
      const isInUse = error instanceof DOMException && error.name === 'NoModificationAllowedError'
      if (!isInUse || performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

/** True for the start of a log whose page closed before it wrote the header, or while it did. */
function isUnfinished(header: Uint8Array): boolean {
  return header.length < HEADER.length || header.every((byte, at) => byte === 0 || byte === HEADER[at])
}

function readBytes(file: SyncAccessHandle, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const count = length === 0 ? 0 : file.read(bytes, { at })
  if (count !== length) throw new Error('A log file is shorter than its entries.')
  return bytes
}

/** @throws DOMException `QuotaExceededError` if not everything was written */
function writeBytes(file: SyncAccessHandle, bytes: Uint8Array, at: number): void {
  if (file.write(bytes, { at }) !== bytes.length) throw new DOMException('', 'QuotaExceededError')
}
