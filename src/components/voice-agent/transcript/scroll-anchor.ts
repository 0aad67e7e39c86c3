/** What a reader has in the middle of the view. */
export interface ReadingPlace {
  /** How many pixels it has been moved down since; 0 when it is gone. */
  movedBy(): number
}

/** The first, in document order and so from above, that ends below `edge`; else the last. */
function firstBelow(elements: ArrayLike<Element>, edge: number): Element | null {
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
 * The browser's own scroll anchoring is not everywhere, and knows nothing of a button that stays above what is loaded. The middle
 * of the view, because at its top a chunk may end whose height is not known yet.
 */
export function readingPlace(viewport: Element): ReadingPlace | null {
  const topOf = (element: Element) =>
    element.getBoundingClientRect().top - viewport.getBoundingClientRect().top
  const middle = viewport.getBoundingClientRect().top + viewport.clientHeight / 2
  const chunk = firstBelow(viewport.querySelectorAll('[data-rva-part="chunk"]'), middle)
  const anchor = chunk && (firstBelow(chunk.querySelectorAll('[data-rva-part="bubble"]'), middle) ?? chunk)
  if (!anchor) return null
  const top = topOf(anchor)
  return { movedBy: () => (anchor.isConnected ? topOf(anchor) - top : 0) }
}
