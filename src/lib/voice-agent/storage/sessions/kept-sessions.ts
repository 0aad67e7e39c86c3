import type { RecordStore } from '../database/record-store.js'
import { FORMAT_VERSION, headKey, keptKey, sessionOwner } from '../records/record.js'

/** Sessions that could not be opened. They are kept until the app or the user deletes them. */
export interface KeptSessions {
  /** Keeps a session from being deleted by age. Does nothing if it is not stored. Never rejects. */
  markUnreadable(sessionId: string): Promise<void>
  /** Undoes {@link markUnreadable}, because the session was opened. Never rejects. */
  markReadable(sessionId: string): Promise<void>
}

export function createKeptSessions(store: RecordStore): KeptSessions {
  const keyOf = (sessionId: string) => keptKey(sessionOwner(sessionId))
  return {
    async markUnreadable(sessionId) {
      const key = keyOf(sessionId)
      const marker = { v: FORMAT_VERSION, kind: 'meta', name: 'kept' } as const
      // Checks the head in the same transaction, because a marker must not outlive its session.
      await store
        .transact([headKey(sessionId), key], ([head, marked]) =>
          head && !marked ? new Map([[key, marker]]) : new Map(),
        )
        .catch(() => {})
    },
    async markReadable(sessionId) {
      const key = keyOf(sessionId)
      try {
        if (await store.get(key)) await store.write(new Map([[key, null]]))
      } catch {
        // A session that stays marked is kept longer than necessary.
      }
    },
  }
}
