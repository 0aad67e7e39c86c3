import { VoiceAgentError } from '../../../../../store/index.js'
import { type Changes, fingerprintOf, isWriteConflict, type RecordStore } from '../database/record-store.js'
import { generateRecordKey, NewerRecordError, reencrypt, UnreadableRecordError } from '../records/cipher.js'
import {
  type EncryptedRecord,
  FORMAT_VERSION,
  fencesPrefix,
  isWrapped,
  type KeyRecord,
  keptKey,
  keyRecordKey,
  markKey,
  type StoredRecord,
  type WrappedKeyRecord,
} from '../records/record.js'
import { createKeyCheck, KEY_CHECK, type KeyVerdict, openWrappedKey, verifyKey } from './key-check.js'
import type { KeyProvider } from './key-provider.js'
import { generateWrappedKey, type HeldKey, type NewKey, type WrappingKey } from './key-wrapping.js'
import { rewrapAll } from './rewrap-all.js'

/** A proven key-encryption key, and the check record that proves it, which writes with this key expect. */
interface Unlocked {
  wrapping: WrappingKey
  expected: Changes
}

/** Attempts to store the check record while other pages store theirs. */
const MAX_CHECK_ATTEMPTS = 5

/**
 * Asks the provider for the database's key-encryption key and proves it before anything is read, created or replaced. The first
 * key that is used in a database becomes its key.
 */
class KeyLock {
  readonly #store: RecordStore
  readonly #provider: KeyProvider
  #hasRaised = false

  constructor(store: RecordStore, provider: KeyProvider) {
    this.#store = store
    this.#provider = provider
  }

  /** @throws VoiceAgentError `key-wrong`, or `key-unavailable` if the provider fails */
  async unlock(): Promise<Unlocked> {
    for (let attempt = 1; ; attempt++) {
      const found = await verifyKey(this.#store, this.#provider)
      if (found.verdict === 'wrong') throw new VoiceAgentError('key-wrong')
      if (found.isProven) {
        if (await this.#raiseIterations(found)) continue
        return { wrapping: found.wrapping, expected: new Map([[KEY_CHECK, found.stored]]) }
      }
      const check = await createKeyCheck(found.wrapping)
      const written = this.#store.write(new Map([[KEY_CHECK, check]]), {
        durability: 'strict',
        expected: new Map([[KEY_CHECK, found.stored]]),
      })
      try {
        await written
        return { wrapping: found.wrapping, expected: new Map([[KEY_CHECK, check]]) }
      } catch (error) {
        if (!isWriteConflict(error) || attempt === MAX_CHECK_ATTEMPTS) throw error
      }
    }
  }

  /**
   * Unwraps a stored key.
   *
   * @throws as {@link unlock}; UnreadableRecordError if the key is damaged
   */
  async open(record: WrappedKeyRecord): Promise<CryptoKey> {
    const { wrapping } = await this.unlock()
    return openWrappedKey(record, this.#provider, wrapping)
  }

  /** Rewraps all keys if the app asks for more iterations than are stored. If that fails, everything stays as it was until the next page load. */
  async #raiseIterations({ wrapping, stored }: KeyVerdict): Promise<boolean> {
    const { parameters } = wrapping
    const provider = this.#provider
    const { passphrase } = provider
    if (this.#hasRaised || !passphrase || !parameters || passphrase.iterations <= parameters.iterations)
      return false
    this.#hasRaised = true
    const raised = { ...parameters, iterations: passphrase.iterations }
    try {
      const to = { key: await passphrase.derive(raised), parameters: raised }
      await rewrapAll(this.#store, [{ provider, wrapping }], to, stored)
      return true
    } catch {
      return false
    }
  }
}

/** Attempts to store a key while other pages change what it depends on. */
const MAX_ATTEMPTS = 20

/**
 * Holds one non-extractable key for each session and each value, in the same database as the data. Deleting a key makes its
 * data unreadable for good.
 *
 * With a {@link KeyProvider}, keys are stored only wrapped. A plain key then decrypts existing data but encrypts
 * nothing new ({@link isWritable}), because a script that planted it could read that data.
 */
export class KeyVault {
  readonly #store: RecordStore
  readonly #lock: KeyLock | null
  /** Unwrapped keys, with their records, by owner. */
  readonly #unwrapped = new Map<string, { record: StoredRecord; held: Promise<HeldKey> }>()

  constructor(store: RecordStore, provider: KeyProvider | undefined) {
    this.#store = store
    this.#lock = provider ? new KeyLock(store, provider) : null
  }

  /**
   * Reads and opens the owner's key. Returns null if there is none.
   *
   * @throws {@link UnreadableRecordError} if the key exists and can't be unwrapped
   * @throws VoiceAgentError `key-wrong`, `key-unavailable`
   */
  async find(owner: string): Promise<HeldKey | null> {
    const record = await this.#store.get(keyRecordKey(owner))
    return record && this.open(owner, record)
  }

  /**
   * Opens a key's record that was just read, and caches the key with its record, because another page may replace it.
   *
   * @throws as {@link find}
   */
  open(owner: string, stored: StoredRecord): Promise<HeldKey> {
    const opened = { record: stored, held: this.openOnce(owner, stored) }
    if (!isWrapped(stored)) return opened.held
    this.#unwrapped.set(owner, opened)
    // Failures are not cached, so the next call tries again.
    opened.held.catch(() => this.#unwrapped.get(owner) === opened && this.evict(owner))
    return opened.held
  }

  /**
   * Like {@link open}, but keeps no key in memory: only sessions that the page has opened stay open after the app has locked the provider.
   *
   * @throws as {@link find}
   */
  async openOnce(owner: string, stored: StoredRecord): Promise<HeldKey> {
    const record = asKeyRecord(stored)
    const known = this.#unwrapped.get(owner)
    // This package never replaces a wrapped key with a plain one, so other code has planted it.
    if (record.owner !== owner || (known && 'key' in record)) throw new UnreadableRecordError('key')
    if ('key' in record) return { key: record.key, record, protection: 'plain' }
    if (known && fingerprintOf(known.record) === fingerprintOf(record)) return known.held
    if (!this.#lock) throw new UnreadableRecordError('key')
    return { key: await this.#lock.open(record), record, protection: 'wrapped' }
  }

  /**
   * Returns the owner's key, after creating and storing one if there is none. A plain key is replaced if there is a provider
   * ({@link protect}).
   *
   * @throws as {@link find}
   */
  async create(owner: string): Promise<HeldKey> {
    for (let attempt = 1; ; attempt++) {
      const found = await this.find(owner)
      const usable = found && !this.isWritable(found) ? await this.protect(owner) : found
      if (usable) return usable
      const made = await this.makeKey(owner)
      const place = keyRecordKey(owner)
      const expected: Changes = new Map([...made.expected, [place, null]])
      try {
        await this.#store.write(new Map([[place, made.record]]), { durability: 'strict', expected })
        return this.cache(owner, made)
      } catch (error) {
        if (!isWriteConflict(error) || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  /** Returns false for a plain key if there is a provider. */
  isWritable({ protection }: HeldKey): boolean {
    return this.#lock === null || protection === 'wrapped'
  }

  /**
   * Creates a key without storing it, for a caller that stores it together with the records that it encrypts.
   *
   * @throws VoiceAgentError `key-wrong`, `key-unavailable`
   */
  async makeKey(owner: string): Promise<NewKey> {
    const header = { v: FORMAT_VERSION, kind: 'key' as const, owner, updatedAt: Date.now() }
    if (this.#lock) {
      const { wrapping, expected } = await this.#lock.unlock()
      return { ...(await generateWrappedKey(header, wrapping)), protection: 'wrapped', expected }
    }
    const key = await generateRecordKey(false)
    return { key, record: { ...header, key }, protection: 'plain', expected: new Map() }
  }

  /**
   * Replaces a plain key with a wrapped one, and re-encrypts all records of the owner, in one transaction. Records that the old key
   * does not decrypt stay as they are. The caller must be the only writer of the owner's records.
   *
   * Records keep their IVs, so an encrypted list of them stays valid. Save the token and the journal again, because they are
   * encrypted with the old key.
   *
   * @returns The key that is now stored: the same one if it needs no replacement, null if there is none
   * @throws as {@link find}; {@link UnreadableRecordError} if the key does not decrypt the owner's main record
   */
  async protect(owner: string): Promise<HeldKey | null> {
    if (!this.#lock) return this.find(owner)
    for (let attempt = 1; ; attempt++) {
      const found = await this.find(owner)
      if (!found || this.isWritable(found)) return found
      try {
        return this.cache(owner, await reencryptOwner(this.#store, found, await this.makeKey(owner)))
      } catch (error) {
        if (!isWriteConflict(error) || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  /** Caches a key whose record the caller has stored. */
  cache(owner: string, { key, record, protection }: HeldKey): HeldKey {
    const held = { key, record, protection }
    if (protection === 'wrapped') this.#unwrapped.set(owner, { record, held: Promise.resolve(held) })
    return held
  }

  /** Forgets a key that another page deleted. */
  evict(owner: string): void {
    this.#unwrapped.delete(owner)
  }

  /** Deletes keys and all records encrypted with them, in one transaction. Once this resolves, they are off the disk. */
  removeWithRecords(...owners: string[]): Promise<void> {
    return this.#remove(owners, new Map())
  }

  /**
   * Deletes records that this page wrote after another page had deleted their owner. After a lost connection, they include its key. Does
   * nothing if there is any other key than that of `keyTime`, because it belongs to a new owner with this id.
   *
   * @throws WriteConflictError if a new owner has begun meanwhile
   */
  async removeOrphans(owner: string, keyTime: number | null): Promise<void> {
    const place = keyRecordKey(owner)
    const stored = await this.#store.get(place)
    if (stored && !(stored.kind === 'key' && stored.updatedAt === keyTime)) return
    await this.#remove([owner], new Map([[place, stored]]))
  }

  async #remove(owners: readonly string[], expected: Changes): Promise<void> {
    for (const owner of owners) this.evict(owner)
    const removePrefixes = owners.flatMap((owner) => [`${owner}/`, fencesPrefix(owner)])
    const removed = owners.flatMap((owner) => [keyRecordKey(owner), markKey(owner), keptKey(owner)])
    const changes = new Map(removed.map((key) => [key, null]))
    await this.#store.write(changes, { durability: 'strict', removePrefixes, expected })
  }

  /**
   * Checks that the driver can store a `CryptoKey`. Some localforage drivers store an empty object instead, which would
   * show only on the next page load.
   *
   * @throws VoiceAgentError `storage-unavailable`
   */
  async assertKeysCanBeStored(): Promise<void> {
    if (this.#lock) return
    const owner = `probe/${Math.random().toString(36).slice(2)}`
    await this.create(owner)
    const stored = await this.#store.get(keyRecordKey(owner))
    await this.removeWithRecords(owner)
    if (stored && 'key' in stored && stored.key instanceof CryptoKey) return
    const detail =
      "persistence.driver must be able to store a CryptoKey; this one can't. Pass persistence.keyProvider with it."
    throw new VoiceAgentError('storage-unavailable', detail)
  }
}

/**
 * Checks that a record read from a key's place is a key.
 *
 * @throws {@link UnreadableRecordError}
 */
function asKeyRecord(record: StoredRecord): KeyRecord {
  if (record.v > FORMAT_VERSION) throw new NewerRecordError('key')
  if (record.kind !== 'key') throw new UnreadableRecordError('key')
  if ('key' in record && !(record.key instanceof CryptoKey)) throw new UnreadableRecordError('key')
  return record
}

/**
 * Stores a new key and the owner's records encrypted with it, in one transaction. Records that the old key does not decrypt are not
 * written.
 *
 * @throws {@link UnreadableRecordError} if the old key does not decrypt the head or the value; then it is not the owner's key
 * @throws WriteConflictError if another page changed a record meanwhile
 */
async function reencryptOwner(store: RecordStore, held: HeldKey, made: NewKey): Promise<NewKey> {
  const { owner } = held.record
  const [records, mark] = await Promise.all([
    store.readRange(`${owner}/`, `${owner}/\uffff`),
    store.get(markKey(owner)),
  ])
  const place = keyRecordKey(owner)
  const expected = new Map<string, StoredRecord | null>([...made.expected, [place, held.record], ...records])
  expected.set(markKey(owner), mark)
  const changes = new Map<string, StoredRecord>([[place, made.record]])

  async function add(key: string, record: StoredRecord): Promise<void> {
    if (!isEncrypted(record)) return
    try {
      changes.set(key, await reencrypt(held.key, made.key, record))
    } catch (error) {
      if (isMain(record) || !(error instanceof UnreadableRecordError)) throw error
    }
  }

  for (const [key, record] of records) await add(key, record)
  if (mark) await add(markKey(owner), mark)
  await store.write(changes, { durability: 'strict', expected })
  return made
}

function isEncrypted(record: StoredRecord): record is EncryptedRecord {
  return record.kind !== 'key' && record.kind !== 'meta'
}

/** The main record proves that a key is the owner's: a planted key does not decrypt it. */
function isMain({ kind }: StoredRecord): boolean {
  return kind === 'head' || kind === 'value'
}
