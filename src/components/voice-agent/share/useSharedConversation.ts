import { useCallback, useEffect, useRef, useState } from 'react'
import { checkMethods } from '../../../lib/voice-agent/options/check-options.js'
import {
  type OpenedShare,
  openShare,
  type ShareComment,
  ShareError,
  type ShareErrorCode,
  type ShareServer,
  takeShareLink,
  type UnwrapShareKey,
} from '../../../lib/voice-agent/share/index.js'
import { isGone } from '../../../lib/voice-agent/share/share-error.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'

/** Options of {@link useSharedConversation}. */
export interface SharedConversationOptions {
  /** Create it once, outside the component: a new object reopens the share. */
  server: ShareServer
  /** Link to the share. @default the page's address, from which the fragment is then removed */
  link?: string | undefined
  /** The reader's keys, for a share made for them: `asPerson(keyPair)`. A new function reopens the share. @default none */
  keys?: UnwrapShareKey | undefined
  /** Milliseconds between two requests for comments while the page is visible. `Infinity` turns the timer off. @default 30000 */
  refreshMs?: number
}

/** State and commands of a share, for your own UI. */
export interface SharedConversationFlow {
  status: 'loading' | 'open' | 'failed'
  /** Null unless `status` is `open`. */
  share: OpenedShare | null
  comments: readonly ShareComment[]
  /** Why opening failed, or, while the share is open, the last request's error; null if there was none. */
  error: ShareErrorCode | null
  /** Retries opening the share, or fetches new comments if it is open. */
  retry(): void
  /** Adds a comment. Resolves to true if it was stored; otherwise `error` says why. */
  comment(text: string, author?: string): Promise<boolean>
}

const REFRESH_MS = 30_000
/** Timers treat a longer delay, such as `Infinity`, as none. */
const MAX_DELAY_MS = 2 ** 31 - 1

const toCode = (error: unknown): ShareErrorCode =>
  error instanceof ShareError ? error.code : 'share-unreadable'

/** Returns the link to open; null until the page's own address has been read. */
function useLink(given: string | undefined): string | null {
  const [taken, setTaken] = useState<string | null>(null)
  // Kept because StrictMode runs the effect twice, and the fragment is gone the second time.
  const first = useRef<string | null>(null)
  useEffect(() => {
    if (given !== undefined) return
    first.current ??= takeShareLink() ?? ''
    setTaken(first.current)
    // Opening another link in the same tab changes only the fragment.
    const onHashChange = () => {
      const next = takeShareLink()
      if (next !== null) setTaken(next)
    }
    addEventListener('hashchange', onHashChange)
    return () => removeEventListener('hashchange', onHashChange)
  }, [given])
  return given ?? taken
}

/**
 * Opens a share, and fetches new comments while the page is visible, so that a revoked share disappears.
 *
 * @example
 * const { status, share, error } = useSharedConversation({ server })
 * if (status === 'open') return <SharedMessages messages={share.messages} />
 */
export function useSharedConversation({
  server,
  link: given,
  keys,
  refreshMs = REFRESH_MS,
}: SharedConversationOptions): SharedConversationFlow {
  checkMethods({ 'useSharedConversation: server': server }, ['get', 'listComments'])
  const link = useLink(given)
  const [share, setShare] = useState<OpenedShare | null>(null)
  const [comments, setComments] = useState<readonly ShareComment[]>([])
  const [error, setError] = useState<ShareErrorCode | null>(null)
  const [attempt, setAttempt] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt reopens the share.
  useEffect(() => {
    if (link === null) return
    let isOver = false
    setShare(null)
    setError(null)
    async function open(from: string) {
      try {
        const opened = await openShare({ link: from, server, keys })
        if (isOver) return
        setShare(opened)
        setComments(opened.comments)
      } catch (thrown) {
        if (!isOver) setError(toCode(thrown))
      }
    }
    void open(link)
    return () => {
      isOver = true
    }
  }, [link, server, keys, attempt])

  const latest = useRef(share)
  useBrowserLayoutEffect(() => {
    latest.current = share
  })

  /** Runs a request for the open share. Ignores the result if another share is open by then. */
  const run = useCallback(async (request: (opened: OpenedShare) => Promise<void>): Promise<boolean> => {
    const opened = latest.current
    if (!opened) return false
    let failure: ShareErrorCode | null = null
    try {
      await request(opened)
    } catch (thrown) {
      failure = toCode(thrown)
    }
    if (latest.current !== opened) return false
    setComments(opened.comments)
    setError(failure)
    // Remove its messages from the page.
    if (failure !== null && isGone(failure)) setShare(null)
    return failure === null
  }, [])
  const refresh = useCallback(() => void run((opened) => opened.refresh()), [run])

  const isOpen = share !== null
  useEffect(() => {
    if (!isOpen) return
    const refreshIfVisible = () => {
      if (document.visibilityState === 'visible') refresh()
    }
    const timer = setInterval(refreshIfVisible, Math.min(refreshMs, MAX_DELAY_MS))
    document.addEventListener('visibilitychange', refreshIfVisible)
    addEventListener('online', refreshIfVisible)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', refreshIfVisible)
      removeEventListener('online', refreshIfVisible)
    }
  }, [isOpen, refresh, refreshMs])

  return {
    status: share ? 'open' : error ? 'failed' : 'loading',
    share,
    comments: share ? comments : [],
    error,
    retry: isOpen ? refresh : () => setAttempt((count) => count + 1),
    comment: (text, author) => run((opened) => opened.comment(text, author)),
  }
}
