import { getStoredState, type PersistMigrate } from 'redux-persist'
import { type SessionSnapshot, VoiceAgentError } from '../../store/index.js'
import { persistConfig } from '../persistence/persist-config.js'
import type { SessionRecords } from '../persistence/ports.js'

/**
 * The stored session, brought to the app's version by its `migrate`; null when there is none.
 *
 * @throws VoiceAgentError `session-unreadable` when it can't be read, decrypted or migrated. Nothing is written then.
 */
export async function readSession(
  sessionId: string,
  records: SessionRecords,
  { version, migrate }: { version: number; migrate?: PersistMigrate | undefined },
): Promise<SessionSnapshot | null> {
  try {
    const stored = await getStoredState(persistConfig(sessionId, records, { version, migrate }))
    const migrated = migrate ? await migrate(stored as Parameters<PersistMigrate>[0], version) : stored
    return (migrated as SessionSnapshot | undefined) ?? null
  } catch (cause) {
    if (cause instanceof VoiceAgentError) throw cause
    throw new VoiceAgentError('session-unreadable', undefined, { cause })
  }
}
