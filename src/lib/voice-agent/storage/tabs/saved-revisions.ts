import type { PageStorage } from './session-storage.js'

const PREFIX = 'anchor:'

/**
 * The highest revision that this tab had saved of each session when its page last went, kept outside the database: it tells when somebody, or a disk
 * that failed, put an older copy of the whole in its place, which no key can tell.
 */
export interface SavedRevisions {
  set(sessionId: string, revision: number): void
  /** Whether `revision`, just read, is older than what was saved. */
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
