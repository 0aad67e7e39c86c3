import { VoiceAgentError } from '../../../../../store/index.js'
import { withTimeout } from '../database/timeout.js'

/** Gives the key-encryption key that the server or the user holds. */
export type KeyProvider = () => Promise<CryptoKey>

/** A page that restores shows nothing yet: it must not wait for ever for a server, or a person, that doesn't answer. */
const ANSWER_LIMIT_MS = 20_000

/**
 * The key that the app's provider gives.
 *
 * @throws VoiceAgentError `key-unavailable` when it fails, doesn't answer in time, or gives something that wraps no keys
 */
export async function askForWrappingKey(provider: KeyProvider): Promise<CryptoKey> {
  const late = () => new VoiceAgentError('key-unavailable', undefined, { cause: 'no answer' })
  try {
    const key: unknown = await withTimeout(ANSWER_LIMIT_MS, provider(), late)
    if (isWrappingKey(key)) return key
  } catch (cause) {
    throw cause instanceof VoiceAgentError
      ? cause
      : new VoiceAgentError('key-unavailable', undefined, { cause })
  }
  const detail = "keyProvider must give an AES-GCM or AES-KW key with the usages 'wrapKey' and 'unwrapKey'."
  throw new VoiceAgentError('key-unavailable', detail)
}

function isWrappingKey(key: unknown): key is CryptoKey {
  return (
    key instanceof CryptoKey &&
    ['AES-GCM', 'AES-KW'].includes(key.algorithm.name) &&
    (['wrapKey', 'unwrapKey'] as const).every((usage) => key.usages.includes(usage))
  )
}
