/** Announces deleted sessions and erasures to other pages, so that a page with an affected session open stops writing it. */
export interface Deletions {
  announce(sessionId: string): void
  /** @param generation Id of the database generation that ended. */
  announceErasure(generation: string): void
  close(): void
}

export function createDeletions(
  databaseName: string,
  onDeleted: (sessionId: string) => void = () => {},
  onErased: () => void = () => {},
): Deletions {
  const name = `redux-voice-agent:${databaseName}:deleted`
  // Every browser with IndexedDB and WebCrypto has BroadcastChannel, so its absence is not handled.
  const channel = new BroadcastChannel(name)
  let isClosed = false
  const post = (message: unknown) => isClosed || channel.postMessage(message)
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object') onErased()
    else onDeleted(String(data))
  }
  return {
    announce: (sessionId) => void post(sessionId),
    announceErasure: (erased) => void post({ erased }),
    close() {
      isClosed = true
      channel.close()
    },
  }
}

type Listeners = Map<string, Set<() => void>>

/** Listeners by database name. Stored globally, because a second copy of the package in the page must be notified too. */
function listenersOf(databaseName: string): Set<() => void> {
  const global = globalThis as unknown as Record<symbol, Listeners>
  const key = Symbol.for('redux-voice-agent.erasures')
  const byName = global[key] ?? new Map()
  global[key] = byName
  const listeners = byName.get(databaseName) ?? new Set()
  byName.set(databaseName, listeners)
  return listeners
}

/** Notifies other users of a database in this page that the page has erased it. They continue with the empty one. */
export function notifyErasure(databaseName: string): void {
  for (const listener of listenersOf(databaseName)) listener()
}

/** Calls `listener` after this page has erased the database. Not called for an erasure by another page. */
export function onOwnErasure(databaseName: string, listener: () => void): void {
  listenersOf(databaseName).add(listener)
}

/** Calls `check` when the page may have missed an erasure: it was in the back/forward cache, or frozen. Returns an unsubscribe function. */
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
