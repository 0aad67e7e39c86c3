/** What a reader has at the top of the view. */
export interface ReadingPlace {
  /** How many pixels it has been moved down since; 0 when it is gone. */
  movedBy(): number
}

/** The first, in document order and so from above, that ends below `edge`. */
function firstBelow(elements: ArrayLike<Element>, edge: number): Element | null {
  let [low, high] = [0, elements.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const bottom = elements[middle]?.getBoundingClientRect().bottom ?? 0
    if (bottom > edge) high = middle
    else low = middle + 1
  }
  return elements[low] ?? null
}

/** The browser's own scroll anchoring is not everywhere, and knows nothing of a button that stays above what is loaded. */
export function readingPlace(viewport: Element): ReadingPlace | null {
  const topOf = (element: Element) =>
    element.getBoundingClientRect().top - viewport.getBoundingClientRect().top
  const edge = viewport.getBoundingClientRect().top
  const chunk = firstBelow(viewport.querySelectorAll('[data-rva-part="chunk"]'), edge)
  if (!chunk) return null
  const anchor = firstBelow(chunk.querySelectorAll('[data-rva-part="bubble"]'), edge) ?? chunk
  const top = topOf(anchor)
  return { movedBy: () => (anchor.isConnected ? topOf(anchor) - top : 0) }
}
