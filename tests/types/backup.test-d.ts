import {
  type BackupErrorCode,
  type BackupSecret,
  createBackup,
  type ObjectStore,
} from 'redux-voice-agent/backup'

declare const objects: ObjectStore

// @ts-expect-error: a backup needs a place.
createBackup({})
const backup = createBackup({ objects, databaseName: 'shop', scope: 'ann' })
const secrets: BackupSecret[] = [{ passphrase: 'x' }, { recoveryCode: 'x' }, { passkey: { appName: 'Shop' } }]
void backup.create(secrets)
// @ts-expect-error: a secret is one of three kinds.
void backup.unlock({ password: 'x' })
// @ts-expect-error: codes are a closed union.
export const code: BackupErrorCode = 'backup-wrong'
