/** Codes of all errors of sharing: a closed union, so that an app can switch on it. */
export const shareErrorCodes = [
  'share-unsupported',
  'share-empty',
  'share-too-large',
  'share-link-invalid',
  'share-locked',
  'share-key-wrong',
  'share-missing',
  'share-expired',
  'share-revoked',
  'share-refused',
  'share-full',
  'share-unreadable',
  'share-newer',
  'share-unreachable',
] as const

export type ShareErrorCode = (typeof shareErrorCodes)[number]

/** Page that explains each code. */
const errorDocs = 'docs/guides/sharing.md'

/**
 * Error with a code of {@link ShareErrorCode}. Its message contains no text of a conversation, no key and no address.
 *
 * @example
 * await openShare({ link, server }).catch((error) => {
 *   if (error instanceof ShareError && error.code === 'share-revoked') showRevoked()
 * })
 */
export class ShareError extends Error {
  override readonly name = 'ShareError'
  readonly code: ShareErrorCode

  /** @param detail Sentence for developers, without a secret. @default the address of the page that explains the code */
  constructor(code: ShareErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? `See ${errorDocs}#${code}.`, options)
    this.code = code
  }
}

/** Returns the error of a server. Anything else than a `ShareError` becomes `share-unreachable`, with the error as its cause. */
export const asShareError = (error: unknown): ShareError =>
  error instanceof ShareError ? error : new ShareError('share-unreachable', undefined, { cause: error })

/** Runs a request to a server. @throws ShareError */
export async function reach<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    throw asShareError(error)
  }
}
