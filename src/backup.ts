/**
 * An encrypted backup of conversations in an object store, and the same conversations on other devices. Costs nothing unless imported.
 *
 * @packageDocumentation
 */

export {
  type BackgroundSyncOptions,
  type Backup,
  BackupError,
  type BackupErrorCode,
  type BackupOptions,
  type BackupSecret,
  type BackupSession,
  backupErrorCodes,
  createBackup,
  createRecoveryCode,
  type ObjectStore,
  type PasskeyNames,
  type PresignedStoreOptions,
  type PromptOptions,
  presignedStore,
  type RestoreReport,
  type SignRequest,
  type SkippedSession,
  type SyncReport,
} from './lib/voice-agent/backup/index.js'
