/** Code of a simulated page with a backup: the storage and the backup that apps use, and what the auditor reads with. */
export { createBackupState } from '../../../src/lib/voice-agent/backup/backup-state.js'
export { createBackup } from '../../../src/lib/voice-agent/backup/create-backup.js'
export { KeyVault } from '../../../src/lib/voice-agent/storage/keys/key-vault.js'
export { sessionOwner } from '../../../src/lib/voice-agent/storage/records/record.js'
export { findHead, readSession } from '../../../src/lib/voice-agent/storage/sessions/session-reader.js'
export { createStorage } from '../../../src/lib/voice-agent/storage/storage.js'
export { VoiceAgentError } from '../../../store/index.js'
