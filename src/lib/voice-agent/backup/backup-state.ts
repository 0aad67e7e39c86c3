import { isWriteConflict, type RecordStore } from '../storage/database/record-store.js'
import type { KeyVault } from '../storage/keys/key-vault.js'
import { decrypt, encrypt } from '../storage/records/cipher.js'
import {
  type EncryptedRecord,
  FORMAT_VERSION,
  keyRecordKey,
  type StoredRecord,
  type ValueHeader,
  valueOwner,
} from '../storage/records/record.js'
import type { Clock, Entry, Place } from './manifest.js'
import type { Group, SessionImage } from './session-objects.js'

/** State of a backup in this profile. */
export interface MainState {
  vault: string
  /** The vault key in base64url. Stored encrypted, like conversations. */
  raw: string
  /** Id of this device. */
  device: string
  /** True once the device is listed in the store. */
  isListed: boolean
  /** Newest manifest of this device, and earlier ones that later manifests will link to. */
  chain: Place[]
  base: string | null
  changes: Entry[]
  /** Newest verified manifests of other devices. */
  seen: Readonly<Record<string, Place>>
  /** Manifest that may not be stored yet, and its predecessor. Its bytes are in base64url. */
  pending: { name: string; bytes: string; previous: Place | null } | null
  /** Names of objects that an upload was going to put. */
  planned: string[]
  /** Names of objects to delete once the chain has a manifest after number `after`. */
  garbage: { name: string; after: number }[]
  /** Start of the last sync that skipped no session, in ms since the epoch. Absent before the first one. */
  syncedAt?: number
}

/** State of a session in this profile. */
export interface SessionState {
  clock: Clock
  /** The last uploaded or restored version. */
  image: SessionImage
  /** True if the clock changed, so the next sync uploads the session although its content is the same. */
  isDue: boolean
  /**
   * Set before the session is removed here, because another device has deleted it: the time of its key. A later session with this id has
   * another key. The next manifest deletes this state.
   */
  removedKeyTime?: number
  /** Names of segments and groups to delete together with the session. */
  replaced: string[]
}

/** Types of the parts, by the prefixes of their names. */
interface Parts {
  main: MainState
  base: Entry[]
  [session: `session/${string}`]: SessionState
  [group: `group/${string}`]: Group
}

export const sessionPart = (id: string) => `session/${id}` as const
export const groupPart = (id: string, group: number) => `group/${id}/${group}` as const

/** Changes of one write: parts with their new values, or null to delete them. */
export type StateChanges = Map<keyof Parts, Parts[keyof Parts] | null>

/** Reads and writes the state of the backup: values in the conversations' database, encrypted with their own key. */
export interface BackupState {
  read<Name extends keyof Parts>(name: Name): Promise<Parts[Name] | null>
  /** Writes all changes or none. */
  write(changes: StateChanges): Promise<void>
  /** Deletes everything, and the key. */
  clear(): Promise<void>
}

/** A state in memory. Its writes add to `changes`. */
export const stateOf = (changes: StateChanges): BackupState => ({
  read: async (name) => (changes.get(name) ?? null) as never,
  async write(more) {
    for (const [name, value] of more) changes.set(name, value)
  },
  async clear() {
    changes.clear()
  },
})

const NAME = 'redux-voice-agent backup'
const OWNER = valueOwner(NAME)
const KEY = keyRecordKey(OWNER)
/** Attempts to write while other tabs replace the key. */
const MAX_ATTEMPTS = 5

/** @throws UnreadableRecordError, VoiceAgentError `key-wrong`, `key-unavailable`, `storage-unavailable`, from each method */
export function createBackupState(store: RecordStore, keys: KeyVault): BackupState {
  const keyOf = (part: string) => `${OWNER}/${encodeURIComponent(part)}`
  const headerOf = (part: string): ValueHeader => ({
    v: FORMAT_VERSION,
    kind: 'value',
    name: `${NAME} ${part}`,
  })
  return {
    async read(name) {
      const [record, keyRecord] = await store.readMany([keyOf(name), KEY])
      if (!record || !keyRecord) return null
      const { key } = await keys.open(OWNER, keyRecord)
      // The key authenticates the part's name, so a record stored under another part's name does not open.
      const bound = { ...record, ...headerOf(name) } as EncryptedRecord
      return (await decrypt(key, bound)) as never
    },
    async write(changes) {
      for (let attempt = 1; ; attempt++) {
        const { key, record } = await keys.create(OWNER)
        const records = new Map<string, StoredRecord | null>()
        for (const [name, value] of changes)
          records.set(keyOf(name), value && (await encrypt(key, headerOf(name), value)))
        try {
          await store.write(records, { durability: 'strict', expected: new Map([[KEY, record]]) })
          return
        } catch (error) {
          if (!isWriteConflict(error) || attempt === MAX_ATTEMPTS) throw error
        }
      }
    },
    clear: () => keys.removeWithRecords(OWNER),
  }
}
