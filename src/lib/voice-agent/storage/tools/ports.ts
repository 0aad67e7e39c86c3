import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import type { Journal } from '../sessions/journal.js'
import { createOwnership, type Ownership } from '../tabs/ownership.js'
import type { SessionChanges } from '../tabs/session-changes.js'

/**
 * Runs a task with an ownership of its own. The page's is shared: a session that the page opens or creates during the task would be released at
 * the task's end.
 */
export async function withOwnOwnership<T>(
  { databaseName }: ToolPorts,
  task: (ownership: Ownership) => Promise<T>,
): Promise<T> {
  const ownership = createOwnership(databaseName, 'session')
  try {
    return await task(ownership)
  } finally {
    await ownership.close()
  }
}

/** Parts of an open database that the tools work on. */
export interface ToolPorts {
  store: RecordStore
  keys: KeyVault
  journal: Journal
  ownership: Ownership
  changes: SessionChanges
  databaseName: string
  /** Aborts when the database is closed: the page is leaving its user, or everything is erased. */
  closed: AbortSignal
  /** Each undoes the unfinished work of a tool. Called after `closed` aborts, while the database can still be written. */
  unfinished: Set<() => Promise<void>>
  /** The app's `persistence.version`. */
  version: number
}
