import type { PageStorage } from './session-storage.js'

const PREFIX = 'anchor:'

/**
 * The highest revision of each session that this tab had saved when its last page closed.
 *
 * It is stored in sessionStorage, to detect that the whole database was replaced by an older copy. Encryption can't detect
 * that, because the copy is authentic.
 */
export interface SavedRevisions {
  set(sessionId: string, revision: number): void
  /** Returns true if `revision`, read from the database, is older than the saved one. */
  isBehind(sessionId: string, revision: number): boolean
  remove(sessionId: string): void
}

export function createSavedRevisions(page: PageStorage): SavedRevisions {
  return {
    set: (sessionId, revision) => void page.set(PREFIX + sessionId, String(revision)),
    isBehind: (sessionId, revision) => revision < Number(page.get(PREFIX + sessionId) ?? -1),
    remove: (sessionId) => page.remove(PREFIX + sessionId),
  }
}
