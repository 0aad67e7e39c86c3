import type { BackupSecret } from '../../../src/lib/voice-agent/backup/vault.js'

export const passphrase: BackupSecret = { passphrase: 'horse battery' }
export const recoveryCode: BackupSecret = { recoveryCode: 'W9HS-DP29-80HT-V004-HHVR-H8A5-1X5M' }
export const addedSecret: BackupSecret = { passphrase: 'added later' }
