import { nanoid } from '@reduxjs/toolkit'
import { VoiceAgentError } from '../../../../../store/index.js'
import {
  type BirthRecord,
  birthKey,
  type ErasedRecord,
  erasedKey,
  FORMAT_VERSION,
  tombstoneKey,
} from '../records/record.js'

/** Generation of a database that was never erased. */
const FIRST = 'first'

/** Error of a page whose database was erased under it. */
export const createErasedError = () => new VoiceAgentError('erased')

export function idOfGeneration(current: ErasedRecord | null): string {
  return current?.id ?? FIRST
}

/** Returns the records of an erasure: the tombstone of the generation that ends, and the generation that begins. */
export function recordsOfErasure(endedId: string): { tombstone: ErasedRecord; begun: ErasedRecord } {
  const record = (id: string): ErasedRecord => ({ v: FORMAT_VERSION, kind: 'meta', name: 'erased', id })
  return { tombstone: record(endedId), begun: record(nanoid()) }
}

/** Returns the record of a database that is being made. */
export function recordOfBirth(): BirthRecord {
  return { v: FORMAT_VERSION, kind: 'meta', name: 'birth', id: nanoid() }
}

/**
 * Generation of the database that one page has open. Each erasure ends a generation and leaves a tombstone. From then on no write of
 * a page of that generation is committed, however late the page hears of it.
 */
export class Generation {
  #id: string | null = null
  #databaseId: string | null = null
  #databases = 0
  #isOver = false
  #onOver: () => void = () => {}

  /** Key of a record that exists only after this generation was erased. A write that adds it fails then. Null until it is known. */
  get tombstone(): string | null {
    return this.#id === null ? null : tombstoneKey(this.#id)
  }

  /** Number of the database that is open: another one after the browser has deleted it, or may have. */
  get database(): number {
    return this.#databases
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Sets the listener for an erasure. */
  onOver(listener: () => void): void {
    this.#onOver = listener
  }

  /** @throws VoiceAgentError `erased` */
  assertCurrent(): void {
    if (this.#isOver) throw createErasedError()
  }

  /**
   * Compares this generation with the database. Called for each new connection, and when the page was away.
   *
   * @throws VoiceAgentError `erased`
   */
  async verify(get: (key: string) => Promise<ErasedRecord | BirthRecord | null>): Promise<void> {
    this.assertCurrent()
    const [current, birth, tombstone] = await Promise.all([
      get(erasedKey) as Promise<ErasedRecord | null>,
      get(birthKey),
      this.tombstone === null ? null : get(this.tombstone),
    ])
    if (tombstone) this.end()
    this.assertCurrent()
    // Another id without a tombstone: the browser deleted the whole database, and another page has begun a new one.
    this.#id = idOfGeneration(current)
    const databaseId = current?.id ?? birth?.id ?? null
    if (databaseId === null || databaseId !== this.#databaseId) this.#databases++
    this.#databaseId = databaseId
  }

  /** Resolves to true if it is over, by what `verify` finds in the database. Any other error of it is passed on. */
  async isOverAfter(verify: () => Promise<unknown>): Promise<boolean> {
    try {
      await verify()
    } catch (error) {
      if (!this.#isOver) throw error
    }
    return this.#isOver
  }

  /** Ends the generation, because its tombstone was found. Calls the listener once. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onOver()
  }
}
