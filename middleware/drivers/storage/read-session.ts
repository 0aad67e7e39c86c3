import { getStoredState, type PersistConfig, type PersistMigrate } from 'redux-persist'
import { VoiceAgentError } from '../../../store/index.js'
import type { SessionRecords, StoredSession } from './ports.js'

/** Configures redux-persist for one session, which the storage engine receives whole, under its id. */
function persistConfig(
  sessionId: string,
  storage: SessionRecords,
  { version, migrate }: { version: number; migrate?: PersistMigrate | undefined },
): PersistConfig<StoredSession> {
  // redux-persist's types lack `deserialize`, which its getStoredState reads.
  const asItIs = { deserialize: false, serialize: false }
  return { key: sessionId, keyPrefix: '', storage, ...asItIs, version, ...(migrate ? { migrate } : {}) }
}

/** True if the result of an app's `migrate` can be shown, and stored in place of the original. */
function isConversation({ head, messages }: Partial<StoredSession>, sessionId: string): boolean {
  return (
    head?.id === sessionId &&
    Array.isArray(messages) &&
    messages.every((message) => typeof message?.id === 'string' && typeof message.text === 'string')
  )
}

/**
 * Reads a stored session, migrates it to the app's version, and stores it again if that changed it; null if there is none.
 *
 * @throws VoiceAgentError `session-unreadable` if it can't be read, decrypted or migrated, or if `migrate` returns something else
 * than this conversation. Nothing is written then.
 */
export async function readSession(
  sessionId: string,
  records: SessionRecords,
  { version, migrate }: { version: number; migrate?: PersistMigrate | undefined },
): Promise<StoredSession | null> {
  try {
    const stored = (await getStoredState(persistConfig(sessionId, records, { version, migrate }))) as
      | StoredSession
      | undefined
    const migrated = migrate ? await migrate(stored as Parameters<PersistMigrate>[0], version) : stored
    const session = (migrated as StoredSession | undefined) ?? null
    if (session && !isConversation(session, sessionId))
      throw new VoiceAgentError(
        'session-unreadable',
        "persistence.migrate must return a conversation. The stored one can't be opened and was left unchanged.",
      )
    if (!stored || !session || stored._persist.version === version) return session
    const current = { ...session, revision: stored.revision + 1, _persist: { version, rehydrated: true } }
    // On a failure the storage reports its status, and the next save writes everything again.
    await records.setItem(sessionId, current).catch(() => undefined)
    return current
  } catch (cause) {
    records.quarantine(sessionId, cause)
    if (cause instanceof VoiceAgentError) throw cause
    throw new VoiceAgentError('session-unreadable', undefined, { cause })
  }
}
