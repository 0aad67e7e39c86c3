import type { VoiceStorage } from '../../../../middleware/drivers/storage/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { type DatabaseOptions, DEFAULT_DATABASE_NAME, openRecords } from './database/open-database.js'
import { createDeletions, notifyErasure } from './tabs/deletion-channel.js'
import { removePageEntries } from './tabs/session-storage.js'

/** Returns false if it is certain that the database does not exist, because opening it would create it. */
async function mayExist({
  databaseName = DEFAULT_DATABASE_NAME,
  driver,
  store,
}: DatabaseOptions): Promise<boolean> {
  if (driver !== undefined || store !== undefined) return true
  try {
    const databases = await globalThis.indexedDB.databases()
    return databases.some(({ name }) => name === databaseName)
  } catch {
    // Older browsers can't list them.
    return true
  }
}

/**
 * Deletes everything that this package has stored in one database, and in this tab's sessionStorage, and notifies the other tabs.
 *
 * Needs no key, and opens its own connection, so it works whatever state the page's connection is in.
 *
 * @throws VoiceAgentError `erase-failed`; then nothing was deleted
 */
export async function eraseStored(options: DatabaseOptions): Promise<void> {
  const { databaseName = DEFAULT_DATABASE_NAME } = options
  if (await mayExist(options)) {
    try {
      const store = await openRecords(options)
      const generation = await store.erase().finally(() => store.close())
      const others = createDeletions(
        databaseName,
        () => {},
        () => {},
      )
      others.announceErasure(generation)
      others.close()
    } catch (cause) {
      // Without IndexedDB nothing was ever stored.
      if (options.driver !== undefined || options.store !== undefined || globalThis.indexedDB !== undefined)
        throw new VoiceAgentError('erase-failed', undefined, { cause })
    }
  }
  removePageEntries(databaseName)
  notifyErasure(databaseName)
}

/** Like {@link eraseStored}, for a storage that the app passed in. */
export async function eraseGiven(storage: VoiceStorage): Promise<void> {
  try {
    if (storage.eraseAll) await storage.eraseAll()
    else for (const { id } of await storage.records.list()) await storage.records.removeItem(id)
    storage.tokens.clear()
  } catch (cause) {
    throw new VoiceAgentError('erase-failed', undefined, { cause })
  }
}
