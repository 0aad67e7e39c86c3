import { VoiceAgentError } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import { generateRecordKey, NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import {
  FORMAT_VERSION,
  type KeyRecord,
  keyRecordKey,
  markKey,
  type StoredRecord,
} from '../records/record.js'
import { askForWrappingKey, type KeyProvider } from './key-provider.js'
import { unwrapRecordKey, wrapRecordKey } from './key-wrapping.js'

export interface HeldKey {
  key: CryptoKey
  /** The stored record, for writing it again if the browser empties the database while the page is open. */
  record: KeyRecord
}

/**
 * Holds one non-extractable key for each session and each value, in the same database as the data. Deleting a key makes its
 * data unreadable for ever. With a {@link KeyProvider}, keys are stored wrapped only.
 */
export class KeyVault {
  readonly #store: RecordStore
  readonly #provider: KeyProvider | undefined
  readonly #held = new Map<string, Promise<HeldKey | null>>()

  constructor(store: RecordStore, provider: KeyProvider | undefined) {
    this.#store = store
    this.#provider = provider
  }

  /**
   * Returns the owner's key, or null if there is none. Keys are cached until they are evicted.
   *
   * @param read The key's record, if the caller has read it already.
   * @throws {@link UnreadableRecordError} if the key exists and can't be unwrapped
   */
  find(owner: string, read?: StoredRecord | null): Promise<HeldKey | null> {
    return this.#hold(owner, () => this.#read(owner, read))
  }

  /**
   * Returns the key that is on disk now, for data that other pages write and delete too. Compares the creation times to
   * notice that another page replaced the cached key.
   */
  async findCurrent(owner: string): Promise<HeldKey | null> {
    const [held, stored] = await Promise.all([
      this.#held.get(owner)?.catch(() => null),
      this.#store.get(keyRecordKey(owner)),
    ])
    if (held && (stored?.kind !== 'key' || stored.updatedAt !== held.record.updatedAt)) this.evict(owner)
    return this.find(owner)
  }

  /** Returns the owner's key, after creating and storing one if there is none. */
  async create(owner: string): Promise<HeldKey> {
    const found = await this.find(owner)
    // Null only if a `find` ran in between and cached the absence, so try again.
    return found ?? (await this.#hold(owner, () => this.#make(owner))) ?? this.create(owner)
  }

  /** Drops a key from the cache, because another page deleted or replaced it. */
  evict(owner: string): void {
    this.#held.delete(owner)
  }

  /** Deletes keys with all records that they encrypted, in one transaction. Once this resolves they are off the disk. */
  async removeWithRecords(...owners: string[]): Promise<void> {
    for (const owner of owners) this.#held.delete(owner)
    const removePrefixes = owners.map((owner) => `${owner}/`)
    const changes = new Map(
      owners.flatMap((owner) => [keyRecordKey(owner), markKey(owner)]).map((key) => [key, null]),
    )
    await this.#store.write(changes, { durability: 'strict', removePrefixes })
  }

  /**
   * Checks that the driver can store a `CryptoKey`. Some localforage drivers store an empty object instead, which would be
   * noticed only on the next page load.
   *
   * @throws VoiceAgentError `storage-unavailable`
   */
  async assertKeysCanBeStored(): Promise<void> {
    if (this.#provider) return
    const owner = `probe/${Math.random().toString(36).slice(2)}`
    await this.#make(owner)
    const stored = await this.#store.get(keyRecordKey(owner))
    await this.removeWithRecords(owner)
    if (stored && 'key' in stored && stored.key instanceof CryptoKey) return
    const detail =
      "persistence.driver must be able to store a CryptoKey; this one can't. Pass persistence.keyProvider with it."
    throw new VoiceAgentError('storage-unavailable', detail)
  }

  #hold(owner: string, get: () => Promise<HeldKey | null>): Promise<HeldKey | null> {
    const known = this.#held.get(owner)
    if (known) return known
    const pending = get()
    this.#held.set(owner, pending)
    // Failures and absences are not cached, so the next call reads again.
    const evictPending = () => {
      if (this.#held.get(owner) === pending) this.#held.delete(owner)
    }
    pending.then((held) => held ?? evictPending(), evictPending)
    return pending
  }

  async #read(owner: string, read?: StoredRecord | null): Promise<HeldKey | null> {
    const record = read === undefined ? await this.#store.get(keyRecordKey(owner)) : read
    if (record === null) return null
    if (record.v > FORMAT_VERSION) throw new NewerRecordError('key')
    if (record.kind !== 'key') throw new UnreadableRecordError('key')
    if ('key' in record) {
      if (!(record.key instanceof CryptoKey)) throw new UnreadableRecordError('key')
      return { key: record.key, record }
    }
    if (!this.#provider) throw new UnreadableRecordError('key')
    return { key: await unwrapRecordKey(record, await askForWrappingKey(this.#provider)), record }
  }

  /** Makes a key without storing it, for a write that stores it together with its records. */
  async make(owner: string): Promise<HeldKey> {
    const header = { v: FORMAT_VERSION, kind: 'key' as const, owner, updatedAt: Date.now() }
    return this.#provider
      ? await wrapRecordKey(header, await askForWrappingKey(this.#provider))
      : await generateRecordKey(false).then((key) => ({ key, record: { ...header, key } }))
  }

  async #make(owner: string): Promise<HeldKey> {
    const held = await this.make(owner)
    await this.#store.write(new Map([[keyRecordKey(owner), held.record]]), { durability: 'strict' })
    return held
  }
}
