import type { PersistConfig, PersistMigrate } from 'redux-persist'
import type { SessionSnapshot } from '../../store/index.js'
import type { SessionRecords } from './ports.js'

/**
 * redux-persist's configuration for one session: the storage engine takes the snapshot itself, under the bare session id,
 * so that it can tell by reference what has changed.
 */
export function persistConfig(
  sessionId: string,
  storage: SessionRecords,
  { version = 1, migrate }: { version?: number; migrate?: PersistMigrate | undefined } = {},
): PersistConfig<SessionSnapshot> & { deserialize: false } {
  return {
    key: sessionId,
    keyPrefix: '',
    storage,
    // Missing in redux-persist's types, read by its getStoredState.
    deserialize: false,
    serialize: false,
    // Every update is flushed in the same task. What is left of this is a timer that stops itself: rarer than saves in a burst, and soon
    // enough for a test runner, which a timer keeps from ending.
    throttle: 500,
    version,
    ...(migrate ? { migrate } : {}),
  }
}
