import { createPresence } from './presence.js'
import { createIdLocks } from './web-locks.js'

/** What one page has for itself among all pages of the origin: a tab's id, the right to write a session. */
export interface Ownership {
  /** Whether it is this page's now. */
  acquire(id: string): Promise<boolean>
  isOwned(id: string): boolean
  /** Resolves when another page can have it. */
  release(id: string): Promise<void>
  /** Ids that any page has; null in a browser without Web Locks. */
  listOwned(): Promise<ReadonlySet<string> | null>
  close(): Promise<void>
}

/**
 * A Web Lock for each claim, and an answer to whoever asks: a lock that is taken and whose holder stays silent was left
 * behind, as older WebKit left those of pages in the back/forward cache, and is taken over. Without Web Locks the answer
 * alone decides.
 *
 * @param onLost Told when another page took over what this one had.
 */
export function createOwnership(
  databaseName: string,
  kind: 'tab' | 'session',
  onLost: (id: string) => void = () => {},
): Ownership {
  const scope = `redux-voice-agent:${databaseName}:${kind}`
  const presence = createPresence(`${scope}s`)
  const owned = new Set<string>()
  /** Asked for twice at once, a page would find itself in its own way. */
  const acquiring = new Map<string, Promise<boolean>>()
  const locks = createIdLocks(`${scope}:`, (id) => {
    owned.delete(id)
    presence.stopAnswering(id)
    onLost(id)
  })

  async function tryAcquire(id: string): Promise<boolean> {
    const holding = locks.tryHold(id)
    // While the browser decides: it takes about as long.
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
      // What is just being taken would otherwise be held by a page that is done with it.
      while (acquiring.size > 0) await Promise.allSettled(acquiring.values())
      presence.close()
      await Promise.all([...owned].map(release))
    },
  }
}
