import { type DatabaseOptions, openDatabase } from '../database/open-database.js'
import { verifyKey } from './key-check.js'
import type { KeyProvider } from './key-provider.js'
import { createPassphraseKeyProvider, type PassphraseKeyOptions } from './passphrase-key.js'

/** Options of {@link verifyPassphrase}. */
export interface VerifyPassphraseOptions extends PassphraseKeyOptions, Omit<DatabaseOptions, 'keyProvider'> {}

/** `right`: opens what is stored. `wrong`: opens nothing. `unset`: nothing is stored under a passphrase yet. */
export type PassphraseVerdict = 'right' | 'wrong' | 'unset'

/**
 * Checks a passphrase before you create the agent, without writing anything. A dialog can then ask again after a typo, and twice
 * for the first passphrase (`unset`).
 *
 * @param passphrase The passphrase, or a provider made from it. A provider derives its key once for both this check and the agent.
 * @throws VoiceAgentError `key-unavailable` if a provider fails, `storage-unavailable`, `invalid-option` for an empty passphrase
 * @example
 * const keyProvider = createPassphraseKeyProvider(passphrase)
 * if ((await verifyPassphrase(keyProvider)) === 'wrong') return askAgain()
 * const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: { keyProvider } })
 */
export async function verifyPassphrase(
  passphrase: string | KeyProvider,
  { databaseName, driver, store: custom, ...parameters }: VerifyPassphraseOptions = {},
): Promise<PassphraseVerdict> {
  const keyProvider =
    typeof passphrase === 'string' ? createPassphraseKeyProvider(passphrase, parameters) : passphrase
  const { store } = await openDatabase({
    ...(databaseName === undefined ? {} : { databaseName }),
    ...(driver === undefined ? {} : { driver }),
    ...(custom === undefined ? {} : { store: custom }),
    keyProvider,
  })
  try {
    return (await verifyKey(store, keyProvider)).verdict
  } finally {
    store.close()
  }
}
