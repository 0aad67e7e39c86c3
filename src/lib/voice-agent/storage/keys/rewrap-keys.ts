import { toVoiceError, VoiceAgentError, type VoiceError } from '../../../../../store/index.js'
import { check, isFunction } from '../../options/check-options.js'
import { type DatabaseOptions, DEFAULT_DATABASE_NAME, openDatabase } from '../database/open-database.js'
import { isWriteConflict, type RecordStore } from '../database/record-store.js'
import { asChangeError } from '../records/storage-errors.js'
import { isJournalled } from '../tabs/session-storage.js'
import { ownershipLock } from '../tabs/web-locks.js'
import { type KeyVerdict, ownParameters, verifyKey } from './key-check.js'
import { askForWrappingKey, type KeyProvider } from './key-provider.js'
import type { WrappingKey } from './key-wrapping.js'
import { type RewrapResult, rewrapAll } from './rewrap-all.js'

/** Options of {@link rewrapKeys}. */
export interface RewrapOptions extends Omit<DatabaseOptions, 'keyProvider'> {
  /**
   * Re-encrypts the sessions and values whose keys are stored unwrapped, under new wrapped keys. Leaves out sessions that a tab has open, or
   * that this tab has not saved completely. The package does the same for each of them when it is first opened with a provider.
   * @default false
   */
  reencryptPlain?: boolean
}

/** Counts of keys. An owner is `session/<id>` or `value/<name>`, with the id or name encoded as in a URI. */
export interface RewrapReport {
  /** Keys that were wrapped with the old key and now are with the new one. */
  rewrapped: number
  /** Keys that were already wrapped with the new key. */
  unchanged: number
  /** Plain keys that were replaced by wrapped ones. */
  reencrypted: number
  /** Remaining plain keys, for example of sessions that are open. */
  plain: number
  /** Keys that neither provider can open, and plain keys that could not be replaced. They stay as they are. */
  failed: { owner: string; error: VoiceError }[]
}

/**
 * Wraps all stored keys with another key-encryption key, when a passphrase or the server's key changes. The encrypted data
 * is not touched. One transaction writes all keys that open; a second call changes nothing.
 *
 * Call it before you pass the new provider to `createVoiceAgent`. Afterwards, other open tabs can't store new keys until they
 * reload with the new provider.
 *
 * @throws VoiceAgentError `key-wrong` if the database's key is neither the old nor the new one; then nothing was written
 * @throws VoiceAgentError `invalid-option`, `key-unavailable` if a provider fails, `storage-unavailable`, `storage-write-failed`, `storage-quota`
 * @example
 * const { failed } = await rewrapKeys(createPassphraseKeyProvider(old), createPassphraseKeyProvider(next))
 */
export async function rewrapKeys(
  oldProvider: KeyProvider,
  newProvider: KeyProvider,
  { reencryptPlain = false, ...options }: RewrapOptions = {},
): Promise<RewrapReport> {
  check(
    { 'rewrapKeys: oldProvider': oldProvider, 'rewrapKeys: newProvider': newProvider },
    isFunction,
    'a function',
  )
  const { databaseName = DEFAULT_DATABASE_NAME } = options
  const { store, keys } = await openDatabase({ ...options, keyProvider: newProvider })
  try {
    const { plain, failed, ...counts } = await rewrapStored(store, oldProvider, newProvider)
    const report: RewrapReport = { ...counts, reencrypted: 0, plain: plain.length, failed }
    if (!reencryptPlain) return report
    for (const owner of plain) {
      const protect = async () => {
        await keys.protect(owner)
        report.reencrypted++
        report.plain--
      }
      try {
        await (owner.startsWith('session/') ? unlessUsed(databaseName, owner, protect) : protect())
      } catch (error) {
        report.failed.push({ owner, error: toVoiceError(error, 'session-unreadable') })
      }
    }
    return report
  } finally {
    store.close()
  }
}

/** Runs a task while no page can write the session. Does nothing if one owns it, if this tab has journalled it, or without Web Locks. */
async function unlessUsed(databaseName: string, owner: string, task: () => Promise<void>): Promise<void> {
  const id = decodeURIComponent(owner.slice('session/'.length))
  const locks = globalThis.navigator?.locks as LockManager | undefined
  if (isJournalled(databaseName, id)) return
  const name = ownershipLock(databaseName, 'session', id)
  await locks?.request(name, { ifAvailable: true }, async (lock) => lock && task())
}

/** Attempts to write while another page stores keys. */
const MAX_ATTEMPTS = 5

async function rewrapStored(
  store: RecordStore,
  oldProvider: KeyProvider,
  newProvider: KeyProvider,
): Promise<RewrapResult> {
  for (let attempt = 1; ; attempt++) {
    const [from, to] = await Promise.all([verifyKey(store, oldProvider), verifyKey(store, newProvider)])
    if (from.verdict === 'wrong' && to.verdict === 'wrong') throw new VoiceAgentError('key-wrong')
    const openers = [
      { provider: oldProvider, wrapping: from.wrapping },
      { provider: newProvider, wrapping: to.wrapping },
    ]
    try {
      return await rewrapAll(store, openers, await chooseTarget(newProvider, to), from.stored)
    } catch (error) {
      if (!isWriteConflict(error) || attempt === MAX_ATTEMPTS) throw asChangeError(error)
    }
  }
}

/** Keeps the stored parameters of a key that is in use already, unless the app asks for more iterations. */
async function chooseTarget(provider: KeyProvider, { isProven, wrapping }: KeyVerdict): Promise<WrappingKey> {
  const own = ownParameters(provider)
  const isStrongEnough = (own?.iterations ?? 0) <= (wrapping.parameters?.iterations ?? 0)
  if (isProven && isStrongEnough) return wrapping
  return { key: await askForWrappingKey(provider, own), parameters: own }
}
