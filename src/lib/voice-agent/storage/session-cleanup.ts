import type { Claims } from './claims.js'
import type { KeyVault } from './key-vault.js'
import { type HeadHeader, type SealedRecord, type StoredRecord, sessionOwner } from './record.js'
import type { RecordStore } from './record-store.js'

interface CleanupPorts {
  store: RecordStore
  keys: KeyVault
  claims: Claims
  /** Tabs that are open now, null where that can't be known: what is theirs is not cleaned up. */
  liveTabs: () => Promise<ReadonlySet<string> | null>
  /** Sessions that are kept as they are, because this page could not read them. */
  isQuarantined: (sessionId: string) => boolean
  remove: (sessionId: string) => Promise<void>
}

export interface Cleanup {
  /** Deletes sessions not updated since `before`, but for those in `keep`; gives their number. */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
  /** Deletes the session that was not updated for longest, of those that no tab has; gives whether there was one. */
  makeRoom(): Promise<boolean>
}

export function createCleanup({
  store,
  keys,
  claims,
  liveTabs,
  isQuarantined,
  remove,
}: CleanupPorts): Cleanup {
  /** A session is live while its tab is open, and while any tab writes it. */
  async function findLive() {
    const [tabs, sessions] = await Promise.all([liveTabs(), claims.heldByAny()])
    return {
      isKnown: tabs !== null && sessions !== null,
      has: ({ tabId, sessionId }: HeadHeader) => tabs?.has(tabId) || sessions?.has(sessionId) || false,
    }
  }

  /** Keys of sessions that were created and never written to. */
  async function removeOrphans(old: StoredRecord[], keep: readonly string[]): Promise<void> {
    const live = (await claims.heldByAny()) ?? []
    const kept = new Set([...keep, ...live].map(sessionOwner))
    for (const record of old) {
      if (record.kind !== 'key' || !record.owner.startsWith('session/') || kept.has(record.owner)) continue
      if ((await store.get(`${record.owner}/head`)) === null) await keys.remove(record.owner)
    }
  }

  return {
    async removeExpired(before, keep) {
      const old = await store.readIndex('updatedAt', { below: before })
      const live = await findLive()
      let removed = 0
      for (const head of old.filter(isHead)) {
        if (keep.includes(head.sessionId) || live.has(head)) continue
        await remove(head.sessionId)
        removed++
      }
      await removeOrphans(old, keep)
      return removed
    },

    async makeRoom() {
      const live = await findLive()
      // Without Web Locks nobody can tell which sessions are still being written.
      if (!live.isKnown) return false
      const heads = (await store.readIndex('updatedAt')).filter(isHead)
      const closed = heads.filter((head) => !live.has(head) && !isQuarantined(head.sessionId))
      const [oldest] = closed.sort((a, b) => a.updatedAt - b.updatedAt)
      if (oldest) await remove(oldest.sessionId)
      return oldest !== undefined
    },
  }
}

export function isHead(record: StoredRecord): record is SealedRecord<HeadHeader> {
  return record.kind === 'head'
}
