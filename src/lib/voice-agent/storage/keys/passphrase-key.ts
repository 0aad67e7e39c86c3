import { VoiceAgentError } from '../../../../../store/index.js'
import type { KdfParameters } from '../records/record.js'
import type { KeyProvider } from './key-provider.js'

/** Options of {@link createPassphraseKeyProvider}. */
export interface PassphraseKeyOptions {
  /**
   * At least 16 bytes that differ between users. Not secret. Stored when the passphrase is first used in a database, and read
   * from there afterwards. @default random bytes
   */
  salt?: BufferSource
  /**
   * Rounds of PBKDF2, up to 10,000,000. Stored with the salt. After you raise it, the next page with the right passphrase
   * rewraps all keys. A lower number changes nothing. @default 600000, as OWASP advises for PBKDF2-HMAC-SHA-256
   */
  iterations?: number
}

/** Limits the work that a forged record can cause. */
export const MAX_ITERATIONS = 10_000_000
/** Derived keys cached per provider. Deriving takes 200 ms, and a database has several sets of parameters only during a change. */
const MAX_DERIVED = 16

/**
 * Creates a `keyProvider` from a passphrase that the user knows. The key-encryption key is derived with
 * PBKDF2-HMAC-SHA-256 when it is first needed and never stored. Deriving takes about 200 ms, off the main thread.
 *
 * Pass the provider unchanged. Wrapping it in your own function hides the parameters, so that `salt` and `iterations` must
 * then never change.
 *
 * @throws VoiceAgentError `invalid-option` for an empty passphrase, a short salt or invalid iterations
 * @example
 * const keyProvider = createPassphraseKeyProvider(passphrase)
 * const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: { keyProvider } })
 */
export function createPassphraseKeyProvider(
  passphrase: string,
  { salt = crypto.getRandomValues(new Uint8Array(16)), iterations = 600_000 }: PassphraseKeyOptions = {},
): KeyProvider {
  const isText = typeof passphrase === 'string' && passphrase !== ''
  check(isText, 'createPassphraseKeyProvider: passphrase must be a non-empty string.')
  check(
    salt.byteLength >= 16,
    `createPassphraseKeyProvider: salt must have at least 16 bytes; got ${salt.byteLength}.`,
  )
  check(
    Number.isInteger(iterations) && iterations > 0 && iterations <= MAX_ITERATIONS,
    `createPassphraseKeyProvider: iterations must be an integer from 1 to ${MAX_ITERATIONS}; got ${iterations}.`,
  )
  const own: KdfParameters = { kdf: 'PBKDF2-HMAC-SHA-256', iterations, salt: copyOf(salt) }
  const derived = new Map<string, Promise<CryptoKey>>()

  function derive(parameters: KdfParameters): Promise<CryptoKey> {
    const name = `${parameters.iterations} ${new Uint8Array(parameters.salt)}`
    const known = derived.get(name)
    if (known) return known
    const [oldest] = derived.keys()
    if (oldest !== undefined && derived.size >= MAX_DERIVED) derived.delete(oldest)
    const pending = deriveWrappingKey(passphrase, parameters)
    derived.set(name, pending)
    return pending
  }

  return Object.assign(() => derive(own), { passphrase: { ...own, derive } })
}

async function deriveWrappingKey(
  passphrase: string,
  { salt, iterations }: KdfParameters,
): Promise<CryptoKey> {
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

/** Copies the bytes, because the app could mutate its own later. */
function copyOf(source: BufferSource): ArrayBuffer {
  const view = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
  return view.slice().buffer
}

function check(isValid: boolean, detail: string): void {
  if (!isValid) throw new VoiceAgentError('invalid-option', detail)
}
