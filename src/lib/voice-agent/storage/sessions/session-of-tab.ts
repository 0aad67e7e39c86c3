import type { RecordStore } from '../database/record-store.js'
import { isHead } from './session-cleanup.js'

/** Finds the session that was last updated by the tab with this id, by the index of heads; null if there is none. */
export async function findSessionOfTab(store: RecordStore, tabId: string): Promise<string | null> {
  const heads = (await store.readIndex('tabId', { only: tabId })).filter(isHead)
  const [newest] = heads.sort((a, b) => b.updatedAt - a.updatedAt)
  return newest?.sessionId ?? null
}
