import { nanoid } from '@reduxjs/toolkit'
import { VoiceAgentError } from '../../../../../store/index.js'
import {
  BIRTH_KEY,
  type BirthRecord,
  ERASED_KEY,
  type ErasedRecord,
  FORMAT_VERSION,
  tombstoneKey,
} from '../records/record.js'

/** Generation of a database that was never erased. */
const FIRST = 'first'

/** Error of a page whose database was erased while open. */
export const createErasedError = () => new VoiceAgentError('erased')

export function idOfGeneration(current: ErasedRecord | null): string {
  return current?.id ?? FIRST
}

/** Returns the records that an erasure writes: the old generation's tombstone and the new generation. */
export function recordsOfErasure(endedId: string): { tombstone: ErasedRecord; begun: ErasedRecord } {
  const record = (id: string): ErasedRecord => ({ v: FORMAT_VERSION, kind: 'meta', name: 'erased', id })
  return { tombstone: record(endedId), begun: record(nanoid()) }
}

/** Returns the record that identifies a new database. */
export function recordOfBirth(): BirthRecord {
  return { v: FORMAT_VERSION, kind: 'meta', name: 'birth', id: nanoid() }
}

/**
 * Generation of the database that a page has open. Each erasure ends a generation and leaves a tombstone. From then on, no write by
 * a page of that generation commits, however late the page is notified.
 */
export class Generation {
  #id: string | null = null
  #databaseId: string | null = null
  #databases = 0
  #isOver = false
  #onOver: () => void = () => {}

  /** Key of a record that exists only once this generation was erased, so that adding it makes a write fail. Null until known. */
  get tombstone(): string | null {
    return this.#id === null ? null : tombstoneKey(this.#id)
  }

  /** Number of the open database. Changes if the browser has deleted it, or may have. */
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
   * Compares this generation with the database. Called for each new connection, and after the page was away.
   *
   * @throws VoiceAgentError `erased`
   */
  async verify(get: (key: string) => Promise<ErasedRecord | BirthRecord | null>): Promise<void> {
    this.assertCurrent()
    const [current, birth, tombstone] = await Promise.all([
      get(ERASED_KEY) as Promise<ErasedRecord | null>,
      get(BIRTH_KEY),
      this.tombstone === null ? null : get(this.tombstone),
    ])
    if (tombstone) this.end()
    this.assertCurrent()
    // A different id without a tombstone: the browser deleted the whole database, and another page created a new one.
    this.#id = idOfGeneration(current)
    const databaseId = current?.id ?? birth?.id ?? null
    if (databaseId === null || databaseId !== this.#databaseId) this.#databases++
    this.#databaseId = databaseId
  }

  /** Resolves to true if `verify` finds that this generation is over. Rethrows other errors. */
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
