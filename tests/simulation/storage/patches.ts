import type { SourcePatch } from '../bundle.js'

const storageFolder = 'src/lib/voice-agent/storage'

/** Replaces the database behind its port, and lowers limits so that a few messages exceed them. */
export const simulatedStorage: SourcePatch[] = [
  {
    file: `${storageFolder}/records/cipher.ts`,
    find: 'const { gcm } = await importAes()',
    replace: 'const { gcm } = crypto as unknown as { gcm: never }',
  },
  {
    file: `${storageFolder}/database/open-database.ts`,
    find: 'async function openRecordStore(',
    replace:
      'const openRecordStore = (databaseName: string) => globalThis.openRecordStore(databaseName)\nasync function realOpenRecordStore(',
  },
  {
    file: `${storageFolder}/sessions/segments.ts`,
    find: 'SEGMENT_SIZE = 64',
    replace: 'SEGMENT_SIZE = 4',
  },
  {
    file: `${storageFolder}/sessions/segments.ts`,
    find: 'BLOCK_SIZE = 64',
    replace: 'BLOCK_SIZE = 2',
  },
  { file: `${storageFolder}/sessions/session-reader.ts`, find: 'READ_RUN = 16', replace: 'READ_RUN = 2' },
  {
    file: `${storageFolder}/sessions/session-cleanup.ts`,
    find: 'SESSIONS_PER_RUN = 100',
    replace: 'SESSIONS_PER_RUN = 2',
  },
]
