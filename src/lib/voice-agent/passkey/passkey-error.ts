/** The cause and the remedy of each code, for developers. */
const guide = {
  'passkey-unsupported':
    'There is no WebAuthn or `prf`, or the page is insecure: use HTTPS, another browser or a passphrase.',
  'passkey-no-prf': 'The authenticator has no PRF: use another one.',
  'passkey-cancelled':
    'The prompt was cancelled or timed out, or knows none of the passkeys: try again, or use the recovery code.',
  'passkey-wrong': 'The result of this passkey opens nothing: use another one, or the recovery code.',
  'passkey-exists': 'This authenticator is already enrolled: use another one.',
  'passkey-unset': 'Nothing is set up in this browser: call setUp(), or use the recovery code.',
  'passkey-locked': 'The key was needed before unlock(): call it from a click.',
  'passkey-changed': 'Another tab has changed the passkeys: reload the page.',
  'passkey-last': "The last passkey can't be removed: add another one first.",
  'passkey-failed': 'The browser reported another error: read `cause`.',
  'recovery-code-mistyped': 'The checksum of the recovery code does not match: ask the user again.',
  'recovery-code-wrong':
    'The recovery code is of another browser, or from before a renewal: ask for the newest one.',
}

/** Code of a passkey error. */
export type PasskeyErrorCode = keyof typeof guide

/** All error codes for passkeys and recovery codes: a closed union, so that an app can switch on it. */
export const passkeyErrorCodes = Object.keys(guide) as readonly PasskeyErrorCode[]

/** Page that explains each code. */
const ERROR_DOCS = 'redux-voice-agent/docs/guides/passkeys.md'

/**
 * Error with a {@link PasskeyErrorCode}. Whatever the code, no stored data was changed. Show users
 * `defaultPasskeyTexts.errors[code]` or your own text.
 *
 * @example
 * await keyProvider.unlock().catch((error) => {
 *   if (error instanceof PasskeyError && error.code === 'passkey-cancelled') offerRecoveryCode()
 * })
 */
export class PasskeyError extends Error {
  override readonly name = 'PasskeyError'
  readonly code: PasskeyErrorCode

  /** @param detail Sentence for developers, without a secret. @default the cause, the remedy and the page that explains the code */
  constructor(code: PasskeyErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? `${guide[code]} See ${ERROR_DOCS}#${code}.`, options)
    this.code = code
  }
}
