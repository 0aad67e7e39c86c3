import type { RecordStore } from '../database/record-store.js'
import { idOfHead } from '../records/record.js'
import type { Ownership } from './ownership.js'

/** Notifies pages of sessions saved, deleted, opened or released by any page. */
export interface SessionChanges {
  announce(sessionId: string): void
  /** Returns an unsubscribe function. */
  listen(listener: (sessionId: string) => void): () => void
  close(): void
}

export function createSessionChanges(databaseName: string): SessionChanges {
  const channel = new BroadcastChannel(`redux-voice-agent:${databaseName}:changed`)
  const listeners = new Set<(sessionId: string) => void>()
  let isClosed = false
  const notify = (sessionId: string) => {
    for (const listener of [...listeners]) listener(sessionId)
  }
  channel.onmessage = ({ data }: MessageEvent<unknown>) => notify(String(data))
  return {
    announce(sessionId) {
      if (isClosed) return
      channel.postMessage(sessionId)
      notify(sessionId)
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      isClosed = true
      listeners.clear()
      channel.close()
    },
  }
}

/** Milliseconds between announcements of a session's saves. A message to other pages costs as much as a put. */
const SAVES_INTERVAL_MS = 250

/**
 * Announces written heads: the first immediately, and later ones for the same session together. The write is still issued in the caller's
 * task.
 */
export function announceWrites(store: RecordStore, { announce }: SessionChanges): RecordStore {
  /** Recently announced sessions, and if they were written again since. */
  const recent = new Map<string, { isDue: boolean }>()

  function onWritten(sessionId: string) {
    const last = recent.get(sessionId)
    if (last) {
      last.isDue = true
      return
    }
    const entry = { isDue: false }
    recent.set(sessionId, entry)
    announce(sessionId)
    setTimeout(() => {
      recent.delete(sessionId)
      if (entry.isDue) onWritten(sessionId)
    }, SAVES_INTERVAL_MS)
  }

  return {
    ...store,
    async write(changes, options) {
      await store.write(changes, options)
      for (const key of changes.keys()) {
        const sessionId = idOfHead(key)
        if (sessionId !== null) onWritten(sessionId)
      }
    },
  }
}

/**
 * Announces each session that this page opens or releases. Announces open ones when the page closes, because the browser then releases its locks.
 *
 * @returns The ownership, and an unsubscribe function.
 */
export function announceOwnership<Kind extends Ownership>(
  ownership: Kind,
  { announce }: SessionChanges,
): { ownership: Kind; stop: () => void } {
  const open = new Set<string>()
  const onPageHide = () => open.forEach(announce)
  globalThis.addEventListener?.('pagehide', onPageHide)
  return {
    stop: () => globalThis.removeEventListener?.('pagehide', onPageHide),
    ownership: {
      ...ownership,
      async acquire(sessionId) {
        const isOwned = await ownership.acquire(sessionId)
        if (isOwned && !open.has(sessionId)) {
          open.add(sessionId)
          announce(sessionId)
        }
        return isOwned
      },
      async release(sessionId) {
        await ownership.release(sessionId)
        if (open.delete(sessionId)) announce(sessionId)
      },
    },
  }
}
