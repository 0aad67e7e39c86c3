import type { RestoreDepth } from '../../../../../middleware/drivers/storage/ports.js'
import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import type { HeldKey } from '../keys/key-wrapping.js'
import { NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import { FORMAT_VERSION, sessionOwner } from '../records/record.js'
import {
  type EncryptedHead,
  type FetchedSession,
  fetchSession,
  openMark,
  type ReadSession,
  readSession,
} from './session-reader.js'

interface OpeningPorts {
  store: RecordStore
  keys: KeyVault
  restore: RestoreDepth
  /** The app's `persistence.version`. */
  version: number
}

/** A session that was decrypted. */
export interface OpenedSession {
  held: HeldKey
  session: ReadSession
  /** False if the app or the format has a newer version: its next save rewrites all segments. */
  isCurrent: boolean
  /** True if a record, or the whole session, is an older copy. */
  isRolledBack: boolean
}

/** Starts to read and decrypt a session. Its head arrives first. Both are null if it is not stored. */
export function startReading(
  sessionId: string,
  ports: OpeningPorts,
): { head: Promise<EncryptedHead | null>; opened: Promise<OpenedSession | null> } {
  const fetched = fetchSession(ports.store, sessionId, ports.restore)
  const head = fetched.then((session) => session.head)
  const opened = fetched.then((session) => open(sessionId, session, ports))
  // The caller awaits these promises only if it needs them, so a rejection must not count as unhandled.
  for (const promise of [head, opened]) promise.catch(() => {})
  return { head, opened }
}

async function open(
  sessionId: string,
  { head: encryptedHead, key, mark, run }: FetchedSession,
  { store, keys, restore, version }: OpeningPorts,
): Promise<OpenedSession | null> {
  const head = await encryptedHead
  if (!head) return null
  if (head.schema > version) throw new NewerRecordError('head')
  const held = await keys.find(sessionOwner(sessionId), await key)
  if (!held) throw new UnreadableRecordError('key')
  // A migration, of the app's data or of the format, needs all messages.
  const isCurrent = head.schema === version && head.v === FORMAT_VERSION
  const session = await readSession(store, held.key, head, isCurrent ? restore : 'all', run)
  const isRolledBack =
    session.isInconsistent || (await openMark(held.key, await mark, sessionId)) > head.revision
  return { held, session, isCurrent, isRolledBack }
}

/** Compares two heads by their IVs: every save encrypts the head with a new one. */
export function isSameHead([before = null, after = null]: (EncryptedHead | null)[]): boolean {
  return String(before && new Uint8Array(before.iv)) === String(after && new Uint8Array(after.iv))
}
