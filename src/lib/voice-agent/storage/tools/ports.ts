import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import type { Journal } from '../sessions/journal.js'
import type { Ownership } from '../tabs/ownership.js'
import type { SessionChanges } from '../tabs/session-changes.js'

/** Parts of an open database that the tools work on. */
export interface ToolPorts {
  store: RecordStore
  keys: KeyVault
  journal: Journal
  ownership: Ownership
  changes: SessionChanges
  /** Aborts when the database is closed: the page is leaving its user, or everything is erased. */
  closed: AbortSignal
  /** The app's `persistence.version`. */
  version: number
}
