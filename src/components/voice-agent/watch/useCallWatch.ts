import { type RefObject, useEffect, useState } from 'react'
import { loadChunk } from '../../../lib/voice-agent/page/page-exit.js'
import type { AgentSource } from '../hooks/agent-source.js'
import type { WatchNotice } from '../notices/notice.js'
import type { CallWatchOptions } from './index.js'

/** Notices that come from outside the agent's state. */
export interface NoticeFeed {
  get(): readonly WatchNotice[]
  set(notices: readonly WatchNotice[]): void
  /** Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void
}

const none: readonly WatchNotice[] = []

function createNoticeFeed(): NoticeFeed {
  const listeners = new Set<() => void>()
  let notices = none
  return {
    get: () => notices,
    set(next) {
      if (next === notices || (next.length === 0 && notices.length === 0)) return
      notices = next
      for (const listener of [...listeners]) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Watches a call while it is on, if the options ask for it. The code loads with the first such call. */
export function useCallWatch(
  element: RefObject<HTMLElement | null>,
  source: AgentSource,
  isCallOn: boolean,
  { idleTimeout, hasWarnings }: CallWatchOptions,
): NoticeFeed {
  const [feed] = useState(createNoticeFeed)
  const isWanted = isCallOn && (idleTimeout > 0 || hasWarnings)
  useEffect(() => {
    if (!isWanted) return
    let stop: (() => void) | null = null
    let isOver = false
    loadChunk(() => import('./index.js')).then(
      ({ watchCall }) => {
        const view = element.current?.ownerDocument.defaultView
        if (!isOver && view) stop = watchCall(source, { idleTimeout, hasWarnings, view, publish: feed.set })
      },
      // The call continues without a watch.
      () => undefined,
    )
    return () => {
      isOver = true
      stop?.()
      feed.set(none)
    }
  }, [element, source, isWanted, idleTimeout, hasWarnings, feed])
  return feed
}
