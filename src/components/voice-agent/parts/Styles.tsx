import { useRef, useSyncExternalStore } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { styles } from '../styles/index.js'

const styled = new WeakSet<Document | ShadowRoot>()
const sheets = new WeakMap<Document, CSSStyleSheet>()

/** Adopts the styles once for each document or shadow root. They stay: another instance may come at any time. */
function adoptStyles(element: Element): void {
  const root = element.getRootNode() as Document | ShadowRoot
  if (styled.has(root) || !('adoptedStyleSheets' in root)) return
  const { ownerDocument } = element
  let sheet = sheets.get(ownerDocument)
  if (!sheet) {
    // A sheet can be adopted only by the document whose window made it: mind portals into other windows.
    sheet = new (ownerDocument.defaultView ?? window).CSSStyleSheet()
    sheet.replaceSync(styles)
    sheets.set(ownerDocument, sheet)
  }
  root.adoptedStyleSheets.push(sheet)
  styled.add(root)
}

const subscribe = () => () => {}

/**
 * Styles without an import, adopted before the first paint. The first child, so that whoever measures something in an
 * effect of its own measures it styled. Holds the styles itself on the server, and until a browser has hydrated that.
 */
export function Styles() {
  const element = useRef<HTMLStyleElement | null>(null)
  const isServerMarkup = useSyncExternalStore(
    subscribe,
    () => false,
    () => true,
  )
  useBrowserLayoutEffect(() => {
    if (element.current) adoptStyles(element.current)
  }, [])
  // biome-ignore lint/security/noDangerouslySetInnerHtml: our own constant, which text would escape.
  return <style ref={element} dangerouslySetInnerHTML={{ __html: isServerMarkup ? styles : '' }} />
}
