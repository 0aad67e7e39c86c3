import { createPresence } from './presence.js'
import { createIdLocks } from './web-locks.js'

/** Ids that one page owns exclusively among all pages of the origin: a tab's id, a session that it writes. */
export interface Ownership {
  /** Resolves to true if this page owns the id now. */
  acquire(id: string): Promise<boolean>
  isOwned(id: string): boolean
  /** Resolves when another page can acquire the id. */
  release(id: string): Promise<void>
  /** Lists the ids that any page owns; null in a browser without Web Locks. */
  listOwned(): Promise<ReadonlySet<string> | null>
  close(): Promise<void>
}

/**
 * Holds a Web Lock for each owned id and answers other pages that ask for the id.
 *
 * A lock whose holder does not answer is stolen: older WebKit keeps locks of pages in the back/forward cache. Without Web
 * Locks, only the answers decide.
 *
 * @param onLost Called when another page took over an id that this page owned.
 */
export function createOwnership(
  databaseName: string,
  kind: 'tab' | 'session',
  onLost: (id: string) => void = () => {},
): Ownership {
  const scope = `redux-voice-agent:${databaseName}:${kind}`
  const presence = createPresence(`${scope}s`)
  const owned = new Set<string>()
  /** Pending acquisitions. A second one of the same id would find the lock taken by this page. */
  const acquiring = new Map<string, Promise<boolean>>()
  const locks = createIdLocks(`${scope}:`, (id) => {
    owned.delete(id)
    presence.stopAnswering(id)
    onLost(id)
  })

  async function tryAcquire(id: string): Promise<boolean> {
    const holding = locks.tryHold(id)
    // Opens the channel while the browser decides about the lock, which takes about as long.
    presence.listen()
    const held = await holding
    if (held !== 'held') {
      if (await presence.isAnswered(id)) return false
      if (held === 'taken') await locks.steal(id)
    }
    owned.add(id)
    presence.answerFor(id)
    return true
  }

  async function release(id: string): Promise<void> {
    owned.delete(id)
    presence.stopAnswering(id)
    await locks.release(id)
  }

  return {
    async acquire(id) {
      if (owned.has(id)) return true
      const pending = acquiring.get(id) ?? tryAcquire(id).finally(() => acquiring.delete(id))
      acquiring.set(id, pending)
      return pending
    },
    isOwned: (id) => owned.has(id),
    release,
    listOwned: locks.listHeld,
    async close() {
      presence.close()
      // Waits for pending acquisitions, or a closed page would keep their locks.
      while (acquiring.size > 0) await Promise.allSettled(acquiring.values())
      presence.close()
      await Promise.all([...owned].map(release))
    },
  }
}
