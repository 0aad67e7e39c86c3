import type { RecordStore } from '../database/record-store.js'
import { headOf } from './stored-ids.js'

/** Finds the session that was last updated by the tab with this id, by the index of heads; null if there is none. */
export async function findSessionOfTab(store: RecordStore, tabId: string): Promise<string | null> {
  const records = await store.readIndex('tabId', { only: tabId })
  const heads = [...records].flatMap(([key, record]) => headOf(key, record) ?? [])
  const [newest] = heads.sort((a, b) => b.updatedAt - a.updatedAt)
  return newest?.sessionId ?? null
}
