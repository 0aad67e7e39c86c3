import { useRef, useSyncExternalStore } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'

/** What each document has made of a sheet's text: one for all of its roots. */
const made = new WeakMap<Document, Map<string, CSSStyleSheet>>()

function sheetIn(ownerDocument: Document, text: string): CSSStyleSheet {
  const sheets = made.get(ownerDocument) ?? new Map<string, CSSStyleSheet>()
  made.set(ownerDocument, sheets)
  let sheet = sheets.get(text)
  if (!sheet) {
    // A sheet can be adopted only by the document whose window made it: mind portals into other windows.
    sheet = new (ownerDocument.defaultView ?? window).CSSStyleSheet()
    sheet.replaceSync(text)
    sheets.set(text, sheet)
  }
  return sheet
}

/** Adopts a sheet once for each document or shadow root. It stays: another instance may come at any time. */
function adopt(element: Element, text: string): void {
  const root = element.getRootNode() as Document | ShadowRoot
  if (!('adoptedStyleSheets' in root)) return
  const sheet = sheetIn(element.ownerDocument, text)
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet)
}

const subscribe = () => () => {}

/**
 * Styles without an import, adopted before the first paint. The first child, so that whoever measures something in an
 * effect of its own measures it styled. Holds the styles itself on the server, and until a browser has hydrated that.
 */
export function Styles({ sheet }: { sheet: string }) {
  const element = useRef<HTMLStyleElement | null>(null)
  const isServerMarkup = useSyncExternalStore(
    subscribe,
    () => false,
    () => true,
  )
  useBrowserLayoutEffect(() => {
    if (element.current) adopt(element.current, sheet)
  }, [sheet])
  // biome-ignore lint/security/noDangerouslySetInnerHtml: our own constant, which text would escape.
  return <style ref={element} dangerouslySetInnerHTML={{ __html: isServerMarkup ? sheet : '' }} />
}
