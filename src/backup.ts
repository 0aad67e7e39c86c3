/**
 * Encrypted backup of conversations in an object store, also for syncing them to other devices. Costs nothing unless imported.
 *
 * @packageDocumentation
 */

export {
  type BackgroundSyncOptions,
  type Backup,
  BackupError,
  type BackupErrorCode,
  type BackupEvent,
  type BackupOperation,
  type BackupOptions,
  type BackupRestoreReport,
  type BackupSecret,
  type BackupSession,
  type BackupTexts,
  backupErrorCodes,
  createBackup,
  createRecoveryCode,
  defaultBackupTexts,
  type ObjectStore,
  type PasskeyNames,
  type PresignedStoreOptions,
  type PromptOptions,
  presignedStore,
  type SignRequest,
  type SkippedSession,
  type SyncReport,
} from './lib/voice-agent/backup/index.js'
