import { type RefObject, useCallback, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import type { TranscriptHandle } from '../parts/view-context.js'

/** The element in the middle of the viewport that keeps the user's place. */
interface ScrollAnchor {
  /** Pixels that the element has moved down; 0 if it was removed. */
  movedBy(): number
}

/** Finds the first element, in document order, that ends below `edge`, or else the last one. */
function findFirstBelow(elements: ArrayLike<Element>, edge: number): Element | null {
  let [low, high] = [0, elements.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const bottom = elements[middle]?.getBoundingClientRect().bottom ?? 0
    if (bottom > edge) high = middle
    else low = middle + 1
  }
  return elements[Math.min(low, elements.length - 1)] ?? null
}

/**
 * Finds the anchor of the current scroll position. Native scroll anchoring is not available everywhere, and fails if a button
 * stays above loaded messages. The anchor is in the middle of the viewport, because the top may be in a chunk with an estimated height.
 */
function findScrollAnchor(viewport: Element): ScrollAnchor | null {
  const topOf = (element: Element) =>
    element.getBoundingClientRect().top - viewport.getBoundingClientRect().top
  const middle = viewport.getBoundingClientRect().top + viewport.clientHeight / 2
  const chunk = findFirstBelow(viewport.querySelectorAll('[data-rva-part="chunk"]'), middle)
  const anchor =
    chunk && (findFirstBelow(chunk.querySelectorAll('[data-rva-part="bubble"]'), middle) ?? chunk)
  if (!anchor) return null
  const top = topOf(anchor)
  return { movedBy: () => (anchor.isConnected ? topOf(anchor) - top : 0) }
}

/** Distance to the end, in pixels, that still counts as being at the end. */
const END_TOLERANCE = 32

/** Refs and state of a viewport that stays at its end. */
export interface StickToBottom extends TranscriptHandle {
  viewport: RefObject<HTMLDivElement | null>
  /** The element inside the viewport that grows. */
  content: RefObject<HTMLDivElement | null>
  isAtEnd: boolean
}

/**
 * Keeps the end in view while the user is at the end. Otherwise keeps the user's place, even when earlier messages are loaded above it
 * or differ from their estimated height.
 */
export function useStickToBottom(): StickToBottom {
  const viewport = useRef<HTMLDivElement | null>(null)
  const content = useRef<HTMLDivElement | null>(null)
  const atEnd = useRef(true)
  const [isAtEnd, setIsAtEnd] = useState(true)

  const jumpToEnd = useCallback(() => {
    const element = viewport.current
    if (!element) return
    atEnd.current = true
    setIsAtEnd(true)
    // Not smooth, because an animation conflicts with streaming text.
    element.scrollTop = element.scrollHeight
  }, [])

  const reveal = useCallback((target: HTMLElement) => {
    // Set before scrolling, because a change before the scroll event would return to the end.
    atEnd.current = false
    setIsAtEnd(false)
    target.scrollIntoView({ block: 'center' })
  }, [])

  useBrowserLayoutEffect(() => {
    const [element, grown] = [viewport.current, content.current]
    if (!element || !grown) return
    let { scrollTop: lastTop, clientHeight: lastHeight } = element
    let anchor: ScrollAnchor | null = null
    let isHidden = false
    const recordPosition = () => {
      lastTop = element.scrollTop
      lastHeight = element.clientHeight
      anchor = atEnd.current ? null : findScrollAnchor(element)
    }
    const onScroll = () => {
      const { scrollTop, scrollHeight, clientHeight } = element
      if (isHidden || clientHeight === 0) return
      const distance = scrollHeight - scrollTop - clientHeight
      // Only the user leaves the end, by scrolling up, even slightly. Otherwise text was added after the scroll began, or the
      // browser scrolled because the viewport or the text shrank.
      const isByUser = scrollTop < lastTop && clientHeight === lastHeight
      if (distance <= 1 || (distance <= END_TOLERANCE && !isByUser)) atEnd.current = true
      else if (isByUser) atEnd.current = false
      recordPosition()
      setIsAtEnd(atEnd.current)
    }
    const follow = () => {
      // Without a layout, for example with `display: none`, there is no place to keep. The previous one is restored afterwards.
      isHidden = element.clientHeight === 0
      if (isHidden) return
      if (atEnd.current) element.scrollTop = element.scrollHeight
      else if (anchor) element.scrollTop += anchor.movedBy()
      recordPosition()
    }
    // Scrolls before the first paint, so that no jump is visible.
    follow()
    // The observer of the element's own window, because a page behind it may not be painted. Environments without layout, such as jsdom, have none.
    const { defaultView: view } = element.ownerDocument
    const observer = view?.ResizeObserver ? new view.ResizeObserver(follow) : null
    // If a part is removed and added again within a frame, the browser scrolls and no size changes. This looks like scrolling
    // by the user, so the position is corrected after each mutation.
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

  return { viewport, content, isAtEnd, jumpToEnd, reveal }
}
