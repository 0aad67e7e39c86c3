/** The element in the middle of the viewport that keeps the user's place. */
export interface ScrollAnchor {
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
export function findScrollAnchor(viewport: Element): ScrollAnchor | null {
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
