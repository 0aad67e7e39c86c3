import type { ClipboardEvent } from 'react'
import { formatTurn } from '../transcript/plain-text.js'

/** A selection across shadow trees, which TypeScript's library does not have yet. */
interface ComposedSelection {
  getComposedRanges?(options: { shadowRoots: ShadowRoot[] }): StaticRange[]
}

function findSelectedRange(element: HTMLElement): Range | null {
  const root = element.getRootNode() as Document | (ShadowRoot & { getSelection?(): Selection | null })
  const { ownerDocument } = element
  const selection = (root.getSelection?.() ?? ownerDocument.getSelection()) as
    | (Selection & ComposedSelection)
    | null
  if (!selection || selection.rangeCount === 0) return null
  const composed = 'host' in root && selection.getComposedRanges?.({ shadowRoots: [root as ShadowRoot] })[0]
  const { startContainer, startOffset, endContainer, endOffset } = composed || selection.getRangeAt(0)
  const range = ownerDocument.createRange()
  range.setStart(startContainer, startOffset)
  range.setEnd(endContainer, endOffset)
  return range
}

/** Returns the selected part of an element's text. */
function selectedText(element: HTMLElement, range: Range): string {
  const inside = range.cloneRange()
  inside.selectNodeContents(element)
  const isWhole =
    range.compareBoundaryPoints(Range.START_TO_START, inside) <= 0 &&
    range.compareBoundaryPoints(Range.END_TO_END, inside) >= 0
  // `innerText` keeps the line breaks of lists and paragraphs in a slot.
  if (isWhole) return element.innerText.trim()
  if (range.compareBoundaryPoints(Range.START_TO_START, inside) > 0)
    inside.setStart(range.startContainer, range.startOffset)
  if (range.compareBoundaryPoints(Range.END_TO_END, inside) < 0)
    inside.setEnd(range.endContainer, range.endOffset)
  return inside.toString().trim()
}

/** Copies a selection across several turns as text, with speakers and times. Leaves a selection within one turn to the browser. */
export function copyTurns(event: ClipboardEvent<HTMLElement>): void {
  const { currentTarget: log } = event
  const range = findSelectedRange(log)
  if (!range) return
  const lines: string[] = []
  let turns = 0
  const parts =
    '[data-rva-part="turn"], [data-rva-part="chunk-text"], [data-rva-part="day"], [data-rva-part="gap"]'
  for (const part of log.querySelectorAll<HTMLElement>(parts)) {
    if (!range.intersectsNode(part)) continue
    const bubble = part.querySelector<HTMLElement>('[data-rva-part="bubble"]')
    if (!bubble) {
      // A chunk without a layout has no `innerText`.
      lines.push(part.textContent?.trim() ?? '')
      if (part.matches('[data-rva-part="chunk-text"]')) turns += 2
      continue
    }
    const words = range.intersectsNode(bubble) ? selectedText(bubble, range) : ''
    if (words === '') continue
    turns++
    const speaker = part.querySelector('article')?.getAttribute('aria-label') ?? ''
    lines.push(formatTurn(speaker, part.querySelector('time')?.textContent ?? '', words))
  }
  if (turns < 2) return
  event.preventDefault()
  event.clipboardData.setData('text/plain', lines.join('\n\n'))
}
