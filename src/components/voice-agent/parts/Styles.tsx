import { useRef, useState, useSyncExternalStore } from 'react'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'

/** Shares one sheet among all roots of a document. */
const sheetCache = new WeakMap<Document, Map<string, CSSStyleSheet>>()

function getSheet(ownerDocument: Document, text: string): CSSStyleSheet {
  const sheets = sheetCache.get(ownerDocument) ?? new Map<string, CSSStyleSheet>()
  sheetCache.set(ownerDocument, sheets)
  let sheet = sheets.get(text)
  if (!sheet) {
    // Only the document whose window created a sheet can adopt it; an app may render into another window with a portal.
    sheet = new (ownerDocument.defaultView ?? window).CSSStyleSheet()
    sheet.replaceSync(text)
    sheets.set(text, sheet)
  }
  return sheet
}

/** Sheets of views that stand alone. They share parts with the assistant, and style some of them differently. */
const standaloneSheets = new WeakSet<CSSStyleSheet>()

/**
 * Adopts a sheet once per document or shadow root, and never removes it, because another instance may mount later. Sheets of standalone views
 * stay last, whatever mounts first.
 */
export function adoptSheet(element: Element, text: string, isStandalone = false): void {
  const root = element.getRootNode() as Document | ShadowRoot
  if (!('adoptedStyleSheets' in root)) return
  const sheet = getSheet(element.ownerDocument, text)
  const adopted = root.adoptedStyleSheets
  if (adopted.includes(sheet)) return
  if (isStandalone) standaloneSheets.add(sheet)
  const firstStandalone = isStandalone ? -1 : adopted.findIndex((one) => standaloneSheets.has(one))
  adopted.splice(firstStandalone < 0 ? adopted.length : firstStandalone, 0, sheet)
}

const subscribe = () => () => {}

/**
 * Adopts a sheet before the first paint, so that the app does not have to import styles. Render it as the first child, so that
 * later effects measure styled elements. On the server and until hydration, the element itself contains the styles.
 */
export function Styles({ sheet, isStandalone = false }: { sheet: string; isStandalone?: boolean }) {
  const element = useRef<HTMLStyleElement & HTMLSpanElement>(null)
  const isHydrating = useSyncExternalStore(
    subscribe,
    () => false,
    () => true,
  )
  // Keeps the first value, because a page with Trusted Types refuses to replace the markup.
  const [isServerMarkup] = useState(isHydrating)
  useBrowserLayoutEffect(() => {
    if (!element.current) return
    adoptSheet(element.current, sheet, isStandalone)
    element.current.textContent = ''
  }, [sheet, isStandalone])
  // A strict Content Security Policy reports even an empty style element.
  if (!isServerMarkup) return <span hidden ref={element} />
  // biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of this package, which a text child would escape.
  return <style ref={element} dangerouslySetInnerHTML={{ __html: sheet }} />
}
