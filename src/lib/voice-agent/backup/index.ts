export { createRecoveryCode } from '../passkey/recovery-code.js'
export type { PasskeyNames, PromptOptions } from '../passkey/web-authn.js'
export type { BackgroundSyncOptions } from './background-sync.js'
export type { BackupSession, SyncReport } from './backup-engine.js'
export { BackupError, type BackupErrorCode, backupErrorCodes } from './backup-error.js'
export {
  type Backup,
  type BackupEvent,
  type BackupOperation,
  createBackup,
} from './create-backup.js'
export type { ObjectStore } from './object-store.js'
export type { BackupOptions } from './open-backup.js'
export { type PresignedStoreOptions, presignedStore, type SignRequest } from './presigned-store.js'
export type { BackupRestoreReport, SkippedSession } from './restore-session.js'
export { type BackupTexts, defaultBackupTexts } from './texts.js'
export type { BackupSecret } from './vault.js'
