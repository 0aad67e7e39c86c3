import { getStoredState, type PersistConfig, type PersistMigrate } from 'redux-persist'
import { VoiceAgentError } from '../../../store/index.js'
import type { SessionRecords, StoredSession } from './ports.js'

/** redux-persist's configuration for one session, which the storage engine takes whole, under its id. */
function persistConfig(
  sessionId: string,
  storage: SessionRecords,
  { version, migrate }: { version: number; migrate?: PersistMigrate | undefined },
): PersistConfig<StoredSession> {
  // redux-persist's types lack `deserialize`, which its getStoredState reads.
  const asItIs = { deserialize: false, serialize: false }
  return { key: sessionId, keyPrefix: '', storage, ...asItIs, version, ...(migrate ? { migrate } : {}) }
}

/** Whether what an app's `migrate` gave can be shown, and stored where it was. */
function isConversation({ head, messages }: Partial<StoredSession>, sessionId: string): boolean {
  return (
    head?.id === sessionId &&
    Array.isArray(messages) &&
    messages.every((message) => typeof message?.id === 'string' && typeof message.text === 'string')
  )
}

/**
 * The stored session, brought to the app's version by its `migrate`, and stored again if that changed it; null when there
 * is none.
 *
 * @throws VoiceAgentError `session-unreadable` when it can't be read, decrypted or migrated, or when `migrate` gives something else
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
        "persistence.migrate gave no conversation. The stored one can't be opened, and is kept as it is.",
      )
    if (!stored || !session || stored._persist.version === version) return session
    const current = { ...session, revision: stored.revision + 1, _persist: { version, rehydrated: true } }
    // Should it fail, the storage says so, and the next save writes all of it anew.
    await records.setItem(sessionId, current).catch(() => undefined)
    return current
  } catch (cause) {
    records.quarantine(sessionId, cause)
    if (cause instanceof VoiceAgentError) throw cause
    throw new VoiceAgentError('session-unreadable', undefined, { cause })
  }
}
