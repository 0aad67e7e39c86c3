/** All error codes of sharing: a closed union, so that an app can switch on it. */
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
 * Error with a {@link ShareErrorCode}. The message contains no conversation text, keys or URLs.
 *
 * @example
 * await openShare({ link, server }).catch((error) => {
 *   if (error instanceof ShareError && error.code === 'share-revoked') showRevoked()
 * })
 */
export class ShareError extends Error {
  override readonly name = 'ShareError'
  readonly code: ShareErrorCode

  /** @param detail Sentence for developers, without a secret. @default the URL of the page that explains the code */
  constructor(code: ShareErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? `See ${errorDocs}#${code}.`, options)
    this.code = code
  }
}

const gone: readonly ShareErrorCode[] = ['share-missing', 'share-expired', 'share-revoked']

/** True if the share no longer exists. */
export const isGone = (code: ShareErrorCode): boolean => gone.includes(code)

/** Returns a `ShareError` unchanged, and wraps any other error in one. */
export const asShareError = (error: unknown, fallback: ShareErrorCode = 'share-unreachable'): ShareError =>
  error instanceof ShareError ? error : new ShareError(fallback, undefined, { cause: error })

/** Runs the app's code, such as a request to its server. @throws ShareError */
export async function reach<T>(task: () => Promise<T>, fallback?: ShareErrorCode): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw asShareError(error, fallback)
  }
}
