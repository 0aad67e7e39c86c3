/** The cause and the remedy of each code, for developers. */
const guide = {
  'backup-unsupported':
    'The browser has no Ed25519 or no Web Locks, or the page is insecure: use HTTPS, or another browser.',
  'backup-locked': 'The backup is not open in this browser: call unlock() or create().',
  'backup-exists': 'There is a backup already: call unlock().',
  'backup-missing': 'The store has no key for this kind of secret: use another secret, or call create().',
  'backup-secret-wrong': 'The secret opens none of the keys: ask the user again.',
  'backup-code-mistyped': 'The checksum of the recovery code does not match: ask the user again.',
  'backup-unreachable': 'The object store or the signer failed: read `cause`, and try again later.',
  'backup-rolled-back': 'The store shows an older state than a device has seen: ask its operator.',
  'backup-forked': 'A copy of this browser profile also used the backup: call startNewDevice().',
  'backup-altered': 'An object was changed or swapped: ask the operator of the store.',
  'backup-incomplete': 'An object is missing: try again later, then ask the operator of the store.',
  'backup-newer': 'A newer version of the app wrote this: reload the page.',
  'backup-session-missing': 'The session is not in the backup: call list() for its sessions.',
  'backup-session-open': 'A tab has the session open: close it there, and try again.',
}

/** Code of a backup error. */
export type BackupErrorCode = keyof typeof guide

/** All error codes of the backup: a closed union, so that an app can switch on it. */
export const backupErrorCodes = Object.keys(guide) as readonly BackupErrorCode[]

/** Page that explains each code. */
const ERROR_DOCS = 'redux-voice-agent/docs/guides/backup.md'

/**
 * Error with a {@link BackupErrorCode}. A session that causes one is not written in this browser. The message contains no conversation
 * text, keys or URLs.
 *
 * @example
 * await backup.restore().catch((error) => {
 *   if (error instanceof BackupError && error.code === 'backup-rolled-back') warnUser()
 * })
 */
export class BackupError extends Error {
  override readonly name = 'BackupError'
  readonly code: BackupErrorCode

  /** @param detail Sentence for developers, without a secret. @default the cause, the remedy and the page that explains the code */
  constructor(code: BackupErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? `${guide[code]} See ${ERROR_DOCS}#${code}.`, options)
    this.code = code
  }
}
