import { getStoredState, type PersistConfig, type PersistMigrate } from 'redux-persist'
import { sessionMissing, toTitle, VoiceAgentError, withTitle } from '../../../store/index.js'
import { withTimeout } from '../../waiting.js'
import type { SessionRecords, StoredSession } from './ports.js'

/** Milliseconds until a read fails. Longer than the limit of a key provider (20 s), so that the provider's own error is reported. */
export const READ_LIMIT_MS = 25_000
/** Milliseconds that the app's `migrate` may take. */
const MIGRATE_LIMIT_MS = 10_000
/** Milliseconds that a restore waits for the migrated session to be stored. */
const REWRITE_LIMIT_MS = 5_000
/** Milliseconds that writing a new name may take. */
const RENAME_LIMIT_MS = 15_000

export const storageUnanswered = () =>
  new VoiceAgentError('storage-unreachable', 'The storage did not answer in time.')
const unmigrated = () =>
  new VoiceAgentError(
    'session-unreadable',
    "persistence.migrate did not answer within 10 s. The stored conversation can't be opened and was left unchanged.",
  )
const unwritten = () => new VoiceAgentError('storage-write-failed', 'The storage did not answer in time.')

/** Reads a session. Releases one that is read too late, because no request waits for it and another tab may open it. */
async function readInTime<Stored>(
  sessionId: string,
  records: Pick<SessionRecords, 'release'>,
  read: () => Promise<Stored>,
): Promise<Stored> {
  let isOver = false
  const reading = (async () => {
    const stored = await read()
    if (isOver && stored) await records.release(sessionId)
    return stored
  })()
  try {
    return await withTimeout(READ_LIMIT_MS, reading, storageUnanswered)
  } catch (error) {
    isOver = true
    throw error
  }
}

/** Configures redux-persist for one session, which is passed to the storage engine whole, keyed by its id. */
function persistConfig(
  sessionId: string,
  storage: SessionRecords,
  { version, migrate }: { version: number; migrate?: PersistMigrate | undefined },
): PersistConfig<StoredSession> {
  // redux-persist's types lack `deserialize`, which getStoredState reads.
  const asItIs = { deserialize: false, serialize: false }
  return { key: sessionId, keyPrefix: '', storage, ...asItIs, version, ...(migrate ? { migrate } : {}) }
}

/** True if the result of the app's `migrate` can be shown, and stored in place of the original. */
function isConversation({ head, messages }: Partial<StoredSession>, sessionId: string): boolean {
  return (
    head?.id === sessionId &&
    Array.isArray(messages) &&
    messages.every((message) => typeof message?.id === 'string' && typeof message.text === 'string')
  )
}

/**
 * Reads a stored session, migrates it to the app's version, and stores it again if its version changed. Returns null if there is none.
 *
 * @throws VoiceAgentError `storage-unreachable` if the storage does not answer in time
 * @throws VoiceAgentError `session-unreadable` if it can't be read, decrypted or migrated in time, or if `migrate` returns anything
 * but this conversation. Nothing is written in that case.
 */
export async function readSession(
  sessionId: string,
  records: SessionRecords,
  { version, migrate }: { version: number; migrate?: PersistMigrate | undefined },
): Promise<StoredSession | null> {
  const config = persistConfig(sessionId, records, { version, migrate })
  try {
    const stored = await readInTime(sessionId, records, async () => {
      return (await getStoredState(config)) as StoredSession | undefined
    })
    const migrating = (async () => migrate?.(stored as Parameters<PersistMigrate>[0], version))()
    const migrated = migrate ? await withTimeout(MIGRATE_LIMIT_MS, migrating, unmigrated) : stored
    const session = (migrated as StoredSession | undefined) ?? null
    if (session && !isConversation(session, sessionId))
      throw new VoiceAgentError(
        'session-unreadable',
        "persistence.migrate must return a conversation. The stored one can't be opened and was left unchanged.",
      )
    if (!stored || !session || stored._persist.version === version) return session
    const current = { ...session, revision: stored.revision + 1, _persist: { version, rehydrated: true } }
    // If this fails, the storage reports its status, and the next save writes everything again.
    const writing = records.setItem(sessionId, current)
    await withTimeout(REWRITE_LIMIT_MS, writing, unwritten).catch(() => undefined)
    return current
  } catch (cause) {
    records.quarantine(sessionId, cause)
    if (cause instanceof VoiceAgentError) throw cause
    throw new VoiceAgentError('session-unreadable', undefined, { cause })
  }
}

/**
 * Renames a session that is not open in this page. Acquires it meanwhile, so that no other tab writes it. Doesn't change anything else, not
 * even the time of its last update.
 *
 * @throws VoiceAgentError `session-missing`, `session-open-elsewhere`, `change-failed`, or an error of the storage
 */
export async function renameStored(
  sessionId: string,
  title: string | null,
  records: Pick<SessionRecords, 'getItem' | 'setItem' | 'release'>,
): Promise<void> {
  try {
    const stored = await readInTime(sessionId, records, () => records.getItem(sessionId))
    if (!stored) throw sessionMissing()
    const head = withTitle(stored.head, toTitle(title))
    const writing = records.setItem(sessionId, {
      ...stored,
      head,
      revision: stored.revision + 1,
      isRename: true,
    })
    writing.catch(() => undefined)
    // Waits for the write, however long it takes, because no other tab may write the session until then.
    await withTimeout(RENAME_LIMIT_MS, records.release(sessionId), storageUnanswered)
    await writing
  } catch (error) {
    const isUnwritten = error instanceof VoiceAgentError && error.code === 'storage-write-failed'
    // Unlike a save, a rename is not retried.
    throw isUnwritten ? new VoiceAgentError('change-failed', undefined, { cause: error }) : error
  }
}
