import { createPresence } from './presence.js'
import { createIdLocks } from './web-locks.js'

/** What one page has for itself among all pages of the origin: a tab's id, the right to write a session. */
export interface Claims {
  /** Whether it is this page's now. */
  claim(id: string): Promise<boolean>
  isHeld(id: string): boolean
  /** Resolves when another page can have it. */
  release(id: string): Promise<void>
  /** Ids that any page has; null in a browser without Web Locks. */
  heldByAny(): Promise<ReadonlySet<string> | null>
  close(): Promise<void>
}

/**
 * A Web Lock for each claim, and an answer to whoever asks: a lock that is taken and whose holder stays silent was left
 * behind, as older WebKit left those of pages in the back/forward cache, and is taken over. Without Web Locks the answer
 * alone decides.
 *
 * @param onLost Told when another page took over what this one had.
 */
export function createClaims(
  databaseName: string,
  kind: 'tab' | 'session',
  onLost: (id: string) => void = () => {},
): Claims {
  const scope = `redux-voice-agent:${databaseName}:${kind}`
  const presence = createPresence(`${scope}s`)
  const claimed = new Set<string>()
  /** Asked for twice at once, a page would find itself in its own way. */
  const taking = new Map<string, Promise<boolean>>()
  const locks = createIdLocks(`${scope}:`, (id) => {
    claimed.delete(id)
    presence.stopAnswering(id)
    onLost(id)
  })

  async function take(id: string): Promise<boolean> {
    const holding = locks.tryHold(id)
    // While the browser decides: it takes about as long.
    presence.listen()
    const held = await holding
    if (held !== 'held') {
      if (await presence.isAnswered(id)) return false
      if (held === 'taken') await locks.steal(id)
    }
    claimed.add(id)
    presence.answerFor(id)
    return true
  }

  async function release(id: string): Promise<void> {
    claimed.delete(id)
    presence.stopAnswering(id)
    await locks.release(id)
  }

  return {
    async claim(id) {
      if (claimed.has(id)) return true
      const pending = taking.get(id) ?? take(id).finally(() => taking.delete(id))
      taking.set(id, pending)
      return pending
    },
    isHeld: (id) => claimed.has(id),
    release,
    heldByAny: locks.heldByAny,
    async close() {
      presence.close()
      // What is just being taken would otherwise be held by a page that is done with it.
      while (taking.size > 0) await Promise.allSettled(taking.values())
      presence.close()
      await Promise.all([...claimed].map(release))
    },
  }
}
