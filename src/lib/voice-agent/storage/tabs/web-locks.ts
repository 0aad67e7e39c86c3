/** Web Locks by id: whoever holds one is a living page. */
export interface IdLocks {
  /** `unknown` where there are no Web Locks: older browsers, insecure origins. */
  tryHold(id: string): Promise<'held' | 'taken' | 'unknown'>
  steal(id: string): Promise<void>
  /** Resolves when others can have it. */
  release(id: string): Promise<void>
  /** Ids that any page holds; null where that can't be known. */
  listHeld(): Promise<ReadonlySet<string> | null>
}

/** @param onStolen Told when another page took over what this one held. */
export function createIdLocks(prefix: string, onStolen: (id: string) => void): IdLocks {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  const releases = new Map<string, () => Promise<unknown>>()

  /** Holds until let go, the end of the page, or until it is stolen. Answers as soon as it is known. */
  function hold(id: string, options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      let release: (() => Promise<unknown>) | null = null
      const request = locks?.request(prefix + id, options, (lock) => {
        resolve(lock !== null)
        if (lock === null) return
        return new Promise<void>((released) => {
          release = () => {
            released()
            return request?.catch(() => undefined) ?? Promise.resolve()
          }
          releases.set(id, release)
        })
      })
      // Rejects when it is stolen, or where the origin may have no locks.
      request?.catch(() => {
        resolve(false)
        if (release === null || releases.get(id) !== release) return
        releases.delete(id)
        onStolen(id)
      })
    })
  }

  return {
    async tryHold(id) {
      if (!locks) return 'unknown'
      if (releases.has(id)) return 'held'
      return (await hold(id, { ifAvailable: true })) ? 'held' : 'taken'
    },
    async steal(id) {
      if (locks) await hold(id, { steal: true })
    },
    async release(id) {
      const release = releases.get(id)
      releases.delete(id)
      await release?.()
    },
    async listHeld() {
      if (!locks) return null
      const held = (await locks.query()).held ?? []
      return new Set(
        held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])),
      )
    },
  }
}
