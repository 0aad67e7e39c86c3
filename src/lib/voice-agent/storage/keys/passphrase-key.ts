import { VoiceAgentError } from '../../../../../store/index.js'
import type { KeyProvider } from './key-provider.js'

export interface PassphraseKeyOptions {
  /**
   * Different for every user, the same for one user at all times, at least 16 bytes, not secret: for example from the
   * server, with the account.
   */
  salt: BufferSource
  /** Rounds of PBKDF2. What was once used must stay. @default 600000, as OWASP advises for PBKDF2-HMAC-SHA-256 */
  iterations?: number
}

/**
 * A `keyProvider` from what a person knows: the key-encryption key is derived from it (PBKDF2-HMAC-SHA-256), once a page,
 * and never stored. It takes about a fifth of a second, off the main thread.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * const keyProvider = createPassphraseKeyProvider(passphrase, { salt: account.salt })
 * const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: { keyProvider } })
 */
export function createPassphraseKeyProvider(
  passphrase: string,
  { salt, iterations = 600_000 }: PassphraseKeyOptions,
): KeyProvider {
  check(passphrase !== '', 'The passphrase must not be empty.')
  check(salt.byteLength >= 16, 'The salt must have at least 16 bytes.')
  check(Number.isInteger(iterations) && iterations > 0, 'iterations must be a positive integer.')
  let key: Promise<CryptoKey> | null = null

  async function derive(): Promise<CryptoKey> {
    const known = new TextEncoder().encode(passphrase.normalize('NFKC'))
    const base = await crypto.subtle.importKey('raw', known, 'PBKDF2', false, ['deriveKey'])
    return crypto.subtle.deriveKey(
      { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
      base,
      { name: 'AES-GCM', length: 256 },
      false,
      ['wrapKey', 'unwrapKey'],
    )
  }

  return () => (key ??= derive())
}

function check(isValid: boolean, detail: string): void {
  if (!isValid) throw new VoiceAgentError('invalid-option', detail)
}
