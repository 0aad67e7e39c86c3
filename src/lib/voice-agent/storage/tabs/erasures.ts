type Listeners = Map<string, Set<() => void>>

/** Listeners by database name. Stored globally, because a second copy of the package in the page must hear too. */
function listenersOf(databaseName: string): Set<() => void> {
  const global = globalThis as unknown as Record<symbol, Listeners>
  const key = Symbol.for('redux-voice-agent.erasures')
  const byName = global[key] ?? new Map()
  global[key] = byName
  const listeners = byName.get(databaseName) ?? new Set()
  byName.set(databaseName, listeners)
  return listeners
}

/** Tells the other users of a database in this page that this page has erased it. They continue with the empty one. */
export function notifyErasure(databaseName: string): void {
  for (const listener of listenersOf(databaseName)) listener()
}

/** Calls `listener` after this page has erased the database. Not called for an erasure by another page. */
export function onOwnErasure(databaseName: string, listener: () => void): void {
  listenersOf(databaseName).add(listener)
}

/** Calls `check` when the page may have missed an erasure: it was in the back/forward cache, or frozen. Returns a function that stops it. */
export function watchReturn(check: () => void): () => void {
  const onShow = (event: PageTransitionEvent) => event.persisted && check()
  const page = globalThis.document as Document | undefined
  globalThis.addEventListener?.('pageshow', onShow)
  page?.addEventListener?.('resume', check)
  return () => {
    globalThis.removeEventListener?.('pageshow', onShow)
    page?.removeEventListener?.('resume', check)
  }
}
