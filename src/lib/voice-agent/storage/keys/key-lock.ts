import { VoiceAgentError } from '../../../../../store/index.js'
import { importWithUnloadRetry } from '../../page/page-exit.js'
import { type Changes, type RecordStore, WriteConflictError } from '../database/record-store.js'
import { createKeyCheck, KEY_CHECK, type KeyVerdict, openWrappedKey, verifyKey } from './key-check.js'
import type { KeyProvider } from './key-provider.js'
import type { WrappedKeyRecord, WrappingKey } from './key-wrapping.js'

/** A proven key-encryption key, and the check record that proves it, which writes with this key expect. */
export interface Unlocked {
  wrapping: WrappingKey
  expected: Changes
}

/** Attempts to store the check record while other pages store theirs. */
const MAX_ATTEMPTS = 5

/**
 * Asks the provider for the database's key-encryption key and proves it before anything is read, created or replaced. The first
 * key that is used in a database becomes its key.
 */
export class KeyLock {
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
        if (!(error instanceof WriteConflictError) || attempt === MAX_ATTEMPTS) throw error
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
      const { rewrapAll } = await importWithUnloadRetry(() => import('./rewrap-all.js'))
      const to = { key: await passphrase.derive(raised), parameters: raised }
      await rewrapAll(this.#store, [{ provider, wrapping }], to, stored)
      return true
    } catch {
      return false
    }
  }
}
