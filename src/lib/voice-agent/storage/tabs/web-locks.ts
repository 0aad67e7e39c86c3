/** Web Locks by id. A lock's holder is a page that still exists. */
export interface IdLocks {
  /** Resolves to `unknown` without Web Locks: in older browsers and on insecure origins. */
  tryHold(id: string): Promise<'held' | 'taken' | 'unknown'>
  /** Waits for the lock. Resolves to false if the signal aborts first, or without Web Locks. */
  waitFor(id: string, signal: AbortSignal): Promise<boolean>
  steal(id: string): Promise<void>
  /** Resolves when other pages can hold the lock. */
  release(id: string): Promise<void>
  /** Lists the ids whose lock any page holds; null without Web Locks. */
  listHeld(): Promise<ReadonlySet<string> | null>
  /** Like {@link listHeld}, but without locks that this page held at any moment since the call. */
  listHeldElsewhere(): Promise<ReadonlySet<string> | null>
  /** Returns the browser's id of the page that holds the lock; null if no page does. */
  findHolder(id: string): Promise<string | null>
}

/** Name of the lock that a page holds while it owns an id. */
export const ownershipLock = (databaseName: string, kind: 'tab' | 'session', id: string) =>
  `redux-voice-agent:${databaseName}:${kind}:${id}`

/** @param onStolen Called when another page took over a lock that this page held. */
export function createIdLocks(prefix: string, onStolen: (id: string) => void = () => {}): IdLocks {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  const releases = new Map<string, () => Promise<unknown>>()
  /** This page's locks, by id, until the browser has released them. */
  const own = new Map<string, Lock>()
  /** For each pending query, the ids of this page's locks since it began. */
  const ownDuring = new Set<Set<string>>()

  /** Holds a lock until it is released or stolen, or the page closes. Resolves once it is known if the lock is held. */
  function hold(id: string, options: LockOptions): ReturnType<IdLocks['tryHold']> {
    return new Promise((resolve) => {
      let release: (() => Promise<unknown>) | null = null
      let held: Lock | undefined
      const request = locks?.request(prefix + id, options, (lock) => {
        resolve(lock === null ? 'taken' : 'held')
        if (lock === null) return
        held = lock
        own.set(id, lock)
        for (const ids of ownDuring) ids.add(id)
        return new Promise<void>((released) => {
          release = () => {
            released()
            return request?.catch(() => undefined) ?? Promise.resolve()
          }
          releases.set(id, release)
        })
      })
      const forget = () => {
        // The id may be held again.
        if (own.get(id) === held) own.delete(id)
      }
      request?.then(forget, forget)
      // The request rejects if its signal aborts, the lock is stolen, or the origin may not use locks.
      request?.catch((error: unknown) => {
        resolve(error instanceof DOMException && error.name === 'AbortError' ? 'taken' : 'unknown')
        if (release === null || releases.get(id) !== release) return
        releases.delete(id)
        onStolen(id)
      })
    })
  }

  async function query(): Promise<LockInfo[]> {
    return (await locks?.query())?.held ?? []
  }

  async function listHeld(): Promise<Set<string> | null> {
    if (!locks) return null
    return new Set(
      (await query()).flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])),
    )
  }

  return {
    async tryHold(id) {
      if (!locks) return 'unknown'
      if (releases.has(id)) return 'held'
      return hold(id, { ifAvailable: true })
    },
    waitFor: async (id, signal) => locks !== undefined && (await hold(id, { signal })) === 'held',
    async steal(id) {
      if (locks) await hold(id, { steal: true })
    },
    async release(id) {
      const release = releases.get(id)
      releases.delete(id)
      await release?.()
    },
    listHeld,
    async listHeldElsewhere() {
      const ownIds = new Set(own.keys())
      ownDuring.add(ownIds)
      try {
        const held = await listHeld()
        for (const id of ownIds) held?.delete(id)
        return held
      } finally {
        ownDuring.delete(ownIds)
      }
    },
    findHolder: async (id) => (await query()).find(({ name }) => name === prefix + id)?.clientId ?? null,
  }
}
