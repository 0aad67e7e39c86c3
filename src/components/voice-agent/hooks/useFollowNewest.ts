import { type RefObject, useCallback, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from './useAgentSource.js'

/** How near to the end, in pixels, still counts as reading the newest. */
const END_TOLERANCE = 32

/** A scroll position that stays with the newest message, but only while the reader is there. */
export interface NewestFollower {
  viewport: RefObject<HTMLDivElement | null>
  /** What grows inside the viewport. */
  content: RefObject<HTMLDivElement | null>
  isAtEnd: boolean
  jumpToEnd: () => void
}

/**
 * Keeps the end in view while the reader is at the end, and the reader's place otherwise, also when earlier messages come
 * in above it.
 *
 * @param firstIndex Index of the first message shown: that it falls says that messages were put before the others.
 */
export function useFollowNewest(firstIndex: number): NewestFollower {
  const viewport = useRef<HTMLDivElement | null>(null)
  const content = useRef<HTMLDivElement | null>(null)
  const atEnd = useRef(true)
  const distanceFromEnd = useRef(0)
  const [isAtEnd, setIsAtEnd] = useState(true)

  const jumpToEnd = useCallback(() => {
    const element = viewport.current
    if (!element) return
    atEnd.current = true
    setIsAtEnd(true)
    // Never smooth: it fights with text that streams in, and moves what a reader is looking at.
    element.scrollTop = element.scrollHeight
  }, [])

  // Before the first paint, and before that of prepended messages (which the index tells of): nothing is seen to jump.
  useBrowserLayoutEffect(() => {
    const element = viewport.current
    if (!element) return
    element.scrollTop = atEnd.current ? element.scrollHeight : element.scrollHeight - distanceFromEnd.current
  }, [firstIndex])

  useBrowserLayoutEffect(() => {
    const [element, grown] = [viewport.current, content.current]
    if (!element || !grown) return
    const measure = () => {
      distanceFromEnd.current = element.scrollHeight - element.scrollTop
      return distanceFromEnd.current - element.clientHeight <= END_TOLERANCE
    }
    let { scrollTop: lastTop, clientHeight: lastHeight } = element
    const remember = () => {
      lastTop = element.scrollTop
      lastHeight = element.clientHeight
    }
    const onScroll = () => {
      // Only the reader's own way up leaves the end: text may have come in since this scroll began, and a view that
      // became higher, and perhaps lower again, has been moved by the browser.
      const isReadersOwn = element.scrollTop < lastTop && element.clientHeight === lastHeight
      if (measure()) atEnd.current = true
      else if (isReadersOwn) atEnd.current = false
      remember()
      setIsAtEnd(atEnd.current)
    }
    const follow = () => {
      if (atEnd.current) element.scrollTop = element.scrollHeight
      remember()
      measure()
    }
    const observer = new ResizeObserver(follow)
    // A part that goes and comes back within a frame makes the browser scroll and leaves no size changed: nothing would tell
    // that from a reader's scrolling any more, so each of the two is followed when it happens.
    const parts = new MutationObserver(follow)
    parts.observe(element.closest('[data-rva-part="root"]') ?? element, { childList: true, subtree: true })
    observer.observe(element)
    observer.observe(grown)
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      parts.disconnect()
      element.removeEventListener('scroll', onScroll)
    }
  }, [])

  return { viewport, content, isAtEnd, jumpToEnd }
}
