import type { SourcePatch } from '../bundle.js'
import { simulatedStorage } from '../storage/patches.js'

const backupFolder = 'src/lib/voice-agent/backup'

/** Replaces the databases, and lowers limits so that a few messages and syncs exceed them. */
export const simulatedBackup: SourcePatch[] = [
  ...simulatedStorage,
  {
    file: `${backupFolder}/open-backup.ts`,
    find: 'devices: indexedDeviceKeys(databaseName)',
    replace: 'devices: globalThis.deviceKeys',
  },
  { file: `${backupFolder}/session-objects.ts`, find: 'GROUP_SIZE = 16', replace: 'GROUP_SIZE = 2' },
  { file: `${backupFolder}/manifest.ts`, find: 'FOLDER_SIZE = 64', replace: 'FOLDER_SIZE = 4' },
  { file: `${backupFolder}/repository.ts`, find: 'MAX_CHANGES = 32', replace: 'MAX_CHANGES = 2' },
]
