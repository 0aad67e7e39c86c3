import { VoiceAgentError } from '../../../../../store/index.js'
import type { KeyProvider } from './key-provider.js'

export interface PassphraseKeyOptions {
  /**
   * At least 16 bytes that differ between users and never change for one user. Not secret: for example, stored on the
   * server with the account.
   */
  salt: BufferSource
  /** Rounds of PBKDF2. Must not change once keys are stored. @default 600000, as OWASP advises for PBKDF2-HMAC-SHA-256 */
  iterations?: number
}

/**
 * Creates a `keyProvider` from a passphrase that the user knows. The key-encryption key is derived with
 * PBKDF2-HMAC-SHA-256 on the first call and never stored. Deriving takes about 200 ms, off the main thread.
 *
 * @throws VoiceAgentError `invalid-option` for an empty passphrase, a short salt or invalid iterations
 * @example
 * const keyProvider = createPassphraseKeyProvider(passphrase, { salt: account.salt })
 * const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: { keyProvider } })
 */
export function createPassphraseKeyProvider(
  passphrase: string,
  { salt, iterations = 600_000 }: PassphraseKeyOptions,
): KeyProvider {
  check(passphrase !== '', 'createPassphraseKeyProvider: passphrase must not be empty.')
  check(
    salt.byteLength >= 16,
    `createPassphraseKeyProvider: salt must have at least 16 bytes; got ${salt.byteLength}.`,
  )
  check(
    Number.isInteger(iterations) && iterations > 0,
    `createPassphraseKeyProvider: iterations must be a positive integer; got ${iterations}.`,
  )
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
