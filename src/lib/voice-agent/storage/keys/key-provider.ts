import { withTimeout } from '../../../../../middleware/waiting.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import type { KdfParameters } from '../records/record.js'

/** Returns the key-encryption key that the server or the user holds. Called once per key that is read or created. */
export interface KeyProvider {
  (): Promise<CryptoKey>
  /** Derives the key with the parameters that are stored in the database. Set by `createPassphraseKeyProvider`. */
  readonly passphrase?: PassphraseDerivation
}

/** Derives key-encryption keys from a passphrase. The inherited parameters are for databases that have none yet. */
export interface PassphraseDerivation extends KdfParameters {
  derive(parameters: KdfParameters): Promise<CryptoKey>
}

/** Time limit for a key provider, in milliseconds. The page shows no conversation until the restore has the key. */
const ANSWER_LIMIT_MS = 20_000

/**
 * Gets the key-encryption key from the app's provider.
 *
 * @param parameters Parameters of a stored key. Ignored by a provider that derives nothing from a passphrase.
 * @throws VoiceAgentError `key-unavailable` if the provider rejects, takes longer than 20 s or returns an unusable key
 */
export async function askForWrappingKey(
  provider: KeyProvider,
  parameters: KdfParameters | null = null,
): Promise<CryptoKey> {
  const noAnswer = () => new VoiceAgentError('key-unavailable', undefined, { cause: 'no answer' })
  try {
    const { passphrase } = provider
    const answer = passphrase && parameters ? passphrase.derive(parameters) : provider()
    // The provider may return the key itself.
    const key: unknown = await withTimeout(ANSWER_LIMIT_MS, Promise.resolve(answer), noAnswer)
    if (isWrappingKey(key)) return key
    const detail = `keyProvider must return an AES-GCM or AES-KW key with the usages 'wrapKey' and 'unwrapKey'; got ${typeof key}.`
    throw new VoiceAgentError('key-unavailable', detail)
  } catch (cause) {
    throw cause instanceof VoiceAgentError
      ? cause
      : new VoiceAgentError('key-unavailable', undefined, { cause })
  }
}

function isWrappingKey(key: unknown): key is CryptoKey {
  return (
    key instanceof CryptoKey &&
    ['AES-GCM', 'AES-KW'].includes(key.algorithm.name) &&
    (['wrapKey', 'unwrapKey'] as const).every((usage) => key.usages.includes(usage))
  )
}
