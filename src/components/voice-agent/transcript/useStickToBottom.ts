import { type RefObject, useCallback, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { type ReadingPlace, readingPlace } from './scroll-anchor.js'

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
 * Keeps the end in view while the reader is at the end. Otherwise keeps the reader's place, also when earlier messages come in
 * above it, or turn out to be higher than they were taken for.
 */
export function useFollowNewest(): NewestFollower {
  const viewport = useRef<HTMLDivElement | null>(null)
  const content = useRef<HTMLDivElement | null>(null)
  const atEnd = useRef(true)
  const [isAtEnd, setIsAtEnd] = useState(true)

  const jumpToEnd = useCallback(() => {
    const element = viewport.current
    if (!element) return
    atEnd.current = true
    setIsAtEnd(true)
    // Never smooth: it fights with text that streams in, and moves what a reader is looking at.
    element.scrollTop = element.scrollHeight
  }, [])

  useBrowserLayoutEffect(() => {
    const [element, grown] = [viewport.current, content.current]
    if (!element || !grown) return
    let { scrollTop: lastTop, clientHeight: lastHeight } = element
    let place: ReadingPlace | null = null
    const remember = () => {
      lastTop = element.scrollTop
      lastHeight = element.clientHeight
      place = atEnd.current ? null : readingPlace(element)
    }
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = element
      // Only the reader's own way up leaves the end: text may have come in since this scroll began, and a view that
      // became higher, and perhaps lower again, has been moved by the browser.
      const isReadersOwn = scrollTop < lastTop && clientHeight === lastHeight
      if (scrollHeight - scrollTop - clientHeight <= END_TOLERANCE) atEnd.current = true
      else if (isReadersOwn) atEnd.current = false
      remember()
      setIsAtEnd(atEnd.current)
    }
    const follow = () => {
      if (atEnd.current) element.scrollTop = element.scrollHeight
      else if (place) element.scrollTop += place.movedBy()
      remember()
    }
    // Before the first paint: nothing is seen to jump.
    follow()
    // Where nothing has a size, as in jsdom, none changes.
    const observer = typeof ResizeObserver === 'function' ? new ResizeObserver(follow) : null
    // A part that goes and comes back within a frame makes the browser scroll and leaves no size changed: nothing would tell
    // that from a reader's scrolling any more, so each of the two is followed when it happens.
    const parts = new MutationObserver(follow)
    parts.observe(element.closest('[data-rva-part="root"]') ?? element, { childList: true, subtree: true })
    observer?.observe(element)
    observer?.observe(grown)
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer?.disconnect()
      parts.disconnect()
      element.removeEventListener('scroll', onScroll)
    }
  }, [])

  return { viewport, content, isAtEnd, jumpToEnd }
}
