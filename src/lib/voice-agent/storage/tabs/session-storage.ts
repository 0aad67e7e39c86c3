/** What the engine keeps for this tab in sessionStorage. Never throws: a browser may deny it, or be out of room. */
export interface PageStorage {
  get(name: string): string | null
  /** Whether it was stored. */
  set(name: string, value: string): boolean
  remove(name: string): void
  /** Names that begin with `prefix`. */
  names(prefix: string): string[]
  /** Makes it this agent's to keep a tab's things in; false while it is another one's of this page. */
  acquire(): boolean
  /** Lets another agent of this page take it. */
  release(): void
}

/** Names of what the engine keeps for a tab; those of journals begin with theirs. */
export const names = { tab: 'tab', call: 'call', token: 'token', journal: 'journal:' } as const

/** Removes what a duplicated tab's sessionStorage copied: the original tab still uses it. */
export function removeCopies(page: PageStorage): void {
  for (const name of [names.token, ...page.names(names.journal), names.call]) page.remove(name)
}

/** Of each storage area, the scopes that agents of this page have acquiredScopes. */
const acquiredScopes = new WeakMap<Storage, Set<string>>()

/** @param area The tab's sessionStorage; absent in Node, and its very getter throws where storage is denied. */
export function pageStorage(databaseName: string, area: Storage | null = findSessionStorage()): PageStorage {
  const scope = `redux-voice-agent:${databaseName}:`
  let isAcquired = false

  function scopesOfArea(): Set<string> {
    const scopes = (area && acquiredScopes.get(area)) ?? new Set<string>()
    if (area) acquiredScopes.set(area, scopes)
    return scopes
  }

  return {
    acquire() {
      if (!isAcquired && scopesOfArea().has(scope)) return false
      isAcquired = true
      scopesOfArea().add(scope)
      return true
    },
    release() {
      if (isAcquired) scopesOfArea().delete(scope)
      isAcquired = false
    },
    get: (name) => attempt(() => area?.getItem(scope + name) ?? null, null),
    set: (name, value) =>
      attempt(() => {
        area?.setItem(scope + name, value)
        return area !== null
      }, false),
    remove: (name) => attempt(() => area?.removeItem(scope + name), undefined),
    names: (prefix) =>
      attempt(() => (area ? Object.keys(area) : []), [])
        .filter((key) => key.startsWith(scope + prefix))
        .map((key) => key.slice(scope.length)),
  }
}

function findSessionStorage(): Storage | null {
  return attempt(() => globalThis.sessionStorage ?? null, null)
}

function attempt<T>(task: () => T, otherwise: T): T {
  try {
    return task()
  } catch {
    return otherwise
  }
}
