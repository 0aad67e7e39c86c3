import { VoiceAgentError } from '../../../../store/index.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import type { DatabaseOptions } from '../storage/database/open-database.js'
import { scopedName } from '../storage/scoped-name.js'
import { createDeletions } from '../storage/tabs/deletion-channel.js'
import { acquireFree, createOwnership } from '../storage/tabs/ownership.js'
import { createSessionChanges, type SessionChanges } from '../storage/tabs/session-changes.js'
import { BackupEngine } from './backup-engine.js'
import { BackupError } from './backup-error.js'
import { createBackupState } from './backup-state.js'
import { indexedDeviceKeys } from './device-key.js'
import { checkObjects, type ObjectStore } from './object-store.js'

/** Options of `createBackup`. Database options are the same as in the agent's `persistence`. */
export interface BackupOptions extends DatabaseOptions {
  /** Store for the encrypted objects: `presignedStore` or your own. Use one folder per user. */
  objects: ObjectStore
  /** The same as the agent's `persistence.scope`. @default null */
  scope?: string | null
}

/** A backup whose database is open. */
export interface OpenBackup {
  engine: BackupEngine
  /** Resolves to true if a page has erased the database since it was opened. */
  isErased(): Promise<boolean>
  changes: SessionChanges
  close(): Promise<void>
}

/**
 * Opens the database and everything else that the backup's operations work on.
 *
 * @throws BackupError `backup-unsupported`
 * @throws VoiceAgentError `storage-unavailable`, `chunk-load-failed`
 */
export async function openBackup(options: BackupOptions): Promise<OpenBackup> {
  if (globalThis.crypto?.subtle === undefined) throw new BackupError('backup-unsupported')
  const { DEFAULT_DATABASE_NAME, openDatabase } = await importWithUnloadRetry(
    () => import('../storage/database/open-database.js'),
  )
  const databaseName = await scopedName(options.databaseName ?? DEFAULT_DATABASE_NAME, options.scope ?? null)
  const { store, keys } = await openDatabase({ ...options, databaseName })
  const ownership = createOwnership(databaseName, 'session')
  const changes = createSessionChanges(databaseName)
  const deletions = createDeletions(databaseName)
  let isClosed = false
  const assertOpen = () => {
    if (isClosed) throw new VoiceAgentError('storage-unavailable', 'The backup was closed.')
  }
  const engine = new BackupEngine({
    store,
    keys,
    devices: indexedDeviceKeys(databaseName),
    objects: checkObjects(options.objects, assertOpen),
    state: createBackupState(store, keys),
    ownership: {
      acquire: (id) => acquireFree(ownership, id),
      release: (id) => ownership.release(id),
    },
    announce(id, isDeleted) {
      if (isDeleted) deletions.announce(id)
      changes.announce(id)
    },
    lock: (task) =>
      lock(`redux-voice-agent:${databaseName}:backup`, async () => {
        assertOpen()
        return task()
      }),
  })
  return {
    engine,
    changes,
    isErased: () => store.isErased(),
    async close() {
      isClosed = true
      changes.close()
      deletions.close()
      await ownership.close()
      store.close()
    },
  }
}

/** Runs one task at a time across all tabs, because two would fork their device's chain. */
async function lock<T>(name: string, task: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  if (!locks) throw new BackupError('backup-unsupported')
  return locks.request(name, task) as never
}
