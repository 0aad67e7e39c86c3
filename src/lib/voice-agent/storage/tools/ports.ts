import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import type { Journal } from '../sessions/journal.js'
import type { Ownership } from '../tabs/ownership.js'

/** Parts of an open database that the tools work on. */
export interface ToolPorts {
  store: RecordStore
  keys: KeyVault
  journal: Journal
  ownership: Ownership
  /** The app's `persistence.version`. */
  version: number
}
