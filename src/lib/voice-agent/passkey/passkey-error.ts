/** All error codes for passkeys and recovery codes: a closed union, so that an app can switch on it. */
export const passkeyErrorCodes = [
  'passkey-unsupported',
  'passkey-no-prf',
  'passkey-cancelled',
  'passkey-wrong',
  'passkey-exists',
  'passkey-unset',
  'passkey-locked',
  'passkey-changed',
  'passkey-last',
  'passkey-failed',
  'recovery-code-mistyped',
  'recovery-code-wrong',
] as const

export type PasskeyErrorCode = (typeof passkeyErrorCodes)[number]

/** Page that explains each code. */
const errorDocs = 'docs/guides/passkeys.md'

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

  /** @param detail Sentence for developers, without a secret. @default the URL of the page that explains the code */
  constructor(code: PasskeyErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? `See ${errorDocs}#${code}.`, options)
    this.code = code
  }
}
