/** The cause and the remedy of each code, for developers. */
const guide = {
  'share-unsupported': 'The page is insecure, or `@hpke/core` is missing: use HTTPS, or install it.',
  'share-empty': 'There is nothing to share: choose other messages, or a comment that is not empty.',
  'share-too-large': 'The share or the comment is too long: share fewer messages, or shorten the text.',
  'share-link-invalid': 'The link was cut off or changed: copy the whole link.',
  'share-locked': 'The page has no key: open the whole link again, or pass `keys`.',
  'share-key-wrong': 'The share is for other keys: use the browser that has them.',
  'share-missing': 'The server does not know the share: ask for a new link.',
  'share-expired': 'The share has expired: ask for a new link.',
  'share-revoked': 'The owner has revoked the share: ask for a new link.',
  'share-refused': 'The server does not allow this: sign in, or share with another role.',
  'share-full': "One of the server's limits is reached: revoke shares.",
  'share-unreadable': 'The key is wrong, or the share was altered: ask for a new link.',
  'share-newer': 'A newer version of the app made the share: reload the page.',
  'share-unreachable': 'The server failed or did not answer: read `cause`, and try again.',
}

/** Code of a sharing error. */
export type ShareErrorCode = keyof typeof guide

/** All error codes of sharing: a closed union, so that an app can switch on it. */
export const shareErrorCodes = Object.keys(guide) as readonly ShareErrorCode[]

/** Page that explains each code. */
const ERROR_DOCS = 'redux-voice-agent/docs/guides/sharing.md'

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

  /** @param detail Sentence for developers, without a secret. @default the cause, the remedy and the page that explains the code */
  constructor(code: ShareErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? `${guide[code]} See ${ERROR_DOCS}#${code}.`, options)
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
export async function withShareErrors<T>(task: () => Promise<T>, fallback?: ShareErrorCode): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw asShareError(error, fallback)
  }
}
