/** All error codes of the backup: a closed union, so that an app can switch on it. */
export const backupErrorCodes = [
  'backup-unsupported',
  'backup-locked',
  'backup-exists',
  'backup-missing',
  'backup-secret-wrong',
  'backup-code-mistyped',
  'backup-unreachable',
  'backup-rolled-back',
  'backup-forked',
  'backup-altered',
  'backup-incomplete',
  'backup-newer',
  'backup-session-missing',
  'backup-session-open',
] as const

export type BackupErrorCode = (typeof backupErrorCodes)[number]

/** Page that explains each code. */
const errorDocs = 'docs/guides/backup.md'

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

  /** @param detail Sentence for developers, without a secret. @default the URL of the page that explains the code */
  constructor(code: BackupErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? `See ${errorDocs}#${code}.`, options)
    this.code = code
  }
}
