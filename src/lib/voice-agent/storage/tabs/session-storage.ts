/** Access to this tab's entries in sessionStorage. Never throws, although a browser may deny access or be out of space. */
export interface PageStorage {
  get(name: string): string | null
  /** Returns true if the value was stored. */
  set(name: string, value: string): boolean
  remove(name: string): void
  /** Lists the names that begin with `prefix`. */
  names(prefix: string): string[]
  /** Reserves the tab's entries for this agent. Returns false while another agent of this page has them. */
  acquire(): boolean
  /** Lets another agent of this page acquire the entries. */
  release(): void
}

/** Names of a tab's entries. The name of a journal begins with `journal`. */
export const names = { tab: 'tab', call: 'call', token: 'token', journal: 'journal:' } as const

/** Removes the entries that duplicating a tab copied, because the original tab still uses them. */
export function removeCopies(page: PageStorage): void {
  for (const name of [names.token, ...page.names(names.journal), names.call]) page.remove(name)
}

/** Scopes that agents of this page have acquired, by storage area. */
const acquiredScopes = new WeakMap<Storage, Set<string>>()

/** @param area The tab's sessionStorage. Absent in Node; if storage is denied, reading the property throws. */
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

/** Removes all entries of a database from this tab's sessionStorage, because the database was erased. */
export function removePageEntries(databaseName: string, area: Storage | null = findSessionStorage()): void {
  const prefix = `redux-voice-agent:${databaseName}:`
  attempt(() => {
    for (const key of area ? Object.keys(area) : []) if (key.startsWith(prefix)) area?.removeItem(key)
  }, undefined)
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
