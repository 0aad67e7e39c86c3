/** The Web Lock that a tab holds on its id. */
export interface TabLock {
  /** `unknown` where there are no Web Locks: older browsers, insecure origins. */
  tryHold(tabId: string): Promise<'held' | 'taken' | 'unknown'>
  steal(tabId: string): Promise<void>
  release(): void
  isHeld(): boolean
  heldTabs(): Promise<ReadonlySet<string>>
}

export function createTabLock(databaseName: string): TabLock {
  const prefix = `redux-voice-agent:${databaseName}:tab:`
  const locks = globalThis.navigator?.locks as LockManager | undefined
  let letGo: (() => void) | null = null

  /** Holds until `letGo`, the end of the page, or until it is stolen. Answers as soon as it is known. */
  function hold(tabId: string, options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      const request = locks?.request(prefix + tabId, options, (lock) => {
        resolve(lock !== null)
        if (lock === null) return
        return new Promise<void>((released) => {
          letGo = released
        })
      })
      // Rejects when it is stolen, or where the origin may have no locks.
      request?.catch(() => {
        letGo = null
        resolve(false)
      })
    })
  }

  return {
    async tryHold(tabId) {
      if (!locks) return 'unknown'
      return (await hold(tabId, { ifAvailable: true })) ? 'held' : 'taken'
    },
    async steal(tabId) {
      if (locks) await hold(tabId, { steal: true })
    },
    release() {
      letGo?.()
      letGo = null
    },
    isHeld: () => letGo !== null,
    async heldTabs() {
      const held = (await locks?.query())?.held ?? []
      return new Set(
        held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])),
      )
    },
  }
}
