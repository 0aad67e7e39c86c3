import { VoiceAgentError } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import { generateRecordKey, NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import { FORMAT_VERSION, type KeyRecord, keyRecordKey, type StoredRecord } from '../records/record.js'
import { askForWrappingKey, type KeyProvider } from './key-provider.js'
import { unwrapRecordKey, wrapRecordKey } from './key-wrapping.js'

export interface HeldKey {
  key: CryptoKey
  /** As it is stored, to be stored again should the database be emptied under the page. */
  record: KeyRecord
}

/**
 * One non-extractable key for each session and each value, in the same database as what it seals: deleting the key is
 * deleting the content. With a {@link KeyProvider} keys are stored wrapped only.
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
   * @param read The key's record, where it was read together with something else.
   * @throws {@link UnreadableRecordError} when it is there and can't be opened.
   */
  find(owner: string, read?: StoredRecord | null): Promise<HeldKey | null> {
    return this.#hold(owner, () => this.#read(owner, read))
  }

  /**
   * As {@link find}, but sure to be the key that is on disk now, where other pages write and delete what it seals, too.
   * Two keys of one owner are told apart by when they were made.
   */
  async findCurrent(owner: string): Promise<HeldKey | null> {
    const [held, stored] = await Promise.all([
      this.#held.get(owner)?.catch(() => null),
      this.#store.get(keyRecordKey(owner)),
    ])
    if (held && (stored?.kind !== 'key' || stored.updatedAt !== held.record.updatedAt)) this.evict(owner)
    return this.find(owner)
  }

  /** The owner's key, made if there is none; on disk when this resolves. */
  async create(owner: string): Promise<HeldKey> {
    const found = await this.find(owner)
    // Null only when a `find` got in between: then it is as if this were called after it.
    return found ?? (await this.#hold(owner, () => this.#make(owner))) ?? this.create(owner)
  }

  /** Another page deleted it. */
  evict(owner: string): void {
    this.#held.delete(owner)
  }

  /** Deletes keys, from the disk when this resolves: from then on nothing opens what they sealed. */
  async remove(...owners: string[]): Promise<void> {
    for (const owner of owners) this.#held.delete(owner)
    await this.#store.write(new Map(owners.map((owner) => [keyRecordKey(owner), null])), 'strict')
  }

  /**
   * Some localforage drivers keep a `CryptoKey` as an empty object: better known at once than at the next load.
   *
   * @throws VoiceAgentError `storage-unavailable`
   */
  async assertKeysCanBeStored(): Promise<void> {
    if (this.#provider) return
    const owner = `probe/${Math.random().toString(36).slice(2)}`
    await this.#make(owner)
    const stored = await this.#store.get(keyRecordKey(owner))
    await this.remove(owner)
    if (stored && 'key' in stored && stored.key instanceof CryptoKey) return
    const detail = "This localforage driver can't hold keys: pass persistence.keyProvider with it."
    throw new VoiceAgentError('storage-unavailable', detail)
  }

  #hold(owner: string, get: () => Promise<HeldKey | null>): Promise<HeldKey | null> {
    const known = this.#held.get(owner)
    if (known) return known
    const pending = get()
    this.#held.set(owner, pending)
    // Neither a failure nor an absence is kept: the next call looks again.
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

  async #make(owner: string): Promise<HeldKey> {
    const header = { v: FORMAT_VERSION, kind: 'key' as const, owner, updatedAt: Date.now() }
    const held: HeldKey = this.#provider
      ? await wrapRecordKey(header, await askForWrappingKey(this.#provider))
      : await generateRecordKey(false).then((key) => ({ key, record: { ...header, key } }))
    await this.#store.write(new Map([[keyRecordKey(owner), held.record]]), 'strict')
    return held
  }
}
