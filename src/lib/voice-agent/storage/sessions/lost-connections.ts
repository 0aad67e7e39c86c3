import { VoiceAgentError } from '../../../../../store/index.js'
import type { Changes, RecordStore } from '../database/record-store.js'
import type { HeldKey } from '../keys/key-wrapping.js'
import { keyRecordKey } from '../records/record.js'

/**
 * Tracks the lost connections of one session. After a loss, the key may be gone with the whole database; then the next write stores it
 * again. If only the key is gone from the same database, another page has deleted the session, and nothing of it may come back.
 */
export class LostConnections {
  readonly #place: string
  readonly #store: RecordStore
  #noticed: number
  /** True from a loss until a write has succeeded. */
  #isKeyUncertain = false
  /** Number of the database that has the key. */
  #database = 0

  constructor(owner: string, store: RecordStore) {
    this.#place = keyRecordKey(owner)
    this.#store = store
    this.#noticed = store.losses()
  }

  /** Number of losses that {@link notice} has noticed. */
  get noticed(): number {
    return this.#noticed
  }

  get isKeyUncertain(): boolean {
    return this.#isKeyUncertain
  }

  /** Returns true if a connection was lost since the last call. */
  notice(): boolean {
    const losses = this.#store.losses()
    if (losses === this.#noticed) return false
    this.#noticed = losses
    this.#isKeyUncertain = true
    return true
  }

  /** Notes that the open database has the key. */
  noteKey(): void {
    this.#database = this.#store.database()
  }

  /** Notes that a write has succeeded. If a loss was noticed since the write was issued, it did not store the key again. */
  noteWritten(noticed: number): void {
    if (!this.#isKeyUncertain || noticed !== this.#noticed) return
    this.#isKeyUncertain = false
    this.noteKey()
  }

  /**
   * Returns the key if the next write must store it again, and the record that this write must expect.
   *
   * @throws VoiceAgentError `session-missing`
   */
  async findKey(held: HeldKey | null): Promise<{ restored: Changes; expected: Changes }> {
    const stored = await this.#store.get(this.#place)
    if (!stored && this.#store.database() === this.#database) throw new VoiceAgentError('session-missing')
    return {
      restored: new Map(stored || !held ? [] : [[this.#place, held.record]]),
      expected: new Map([[this.#place, stored]]),
    }
  }
}
