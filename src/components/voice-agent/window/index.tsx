import { type ReactNode, useEffect, useRef } from 'react'
import { createPortal } from 'react-dom'
import { isCallWanted, type VoiceAgentState } from '../../../../store/index.js'
import { Frame } from '../parts/Frame.js'
import { panelCode } from '../parts/panel-code.js'
import { adoptSheet } from '../parts/Styles.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { styles } from '../styles/index.js'
import { useCallWatch } from '../watch/useCallWatch.js'

/** CSS pixels that the window has at first. The user may change them. */
const SIZE = { width: 400, height: 640 }

/** Not yet in TypeScript's library. */
interface DocumentPictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>
}

/** Names of the properties that an app may set, without their prefix. */
const tokenNames = [...new Set([...styles.matchAll(/--rva-default-([\w-]+):/g)].map(([, name]) => name))]

/** Copies a sheet whose rules can be read; links one of another origin. */
function copySheet(sheet: CSSStyleSheet, view: Window & typeof globalThis): void {
  if (sheet.disabled) return
  try {
    const rules = [...sheet.cssRules]
    const copy = new view.CSSStyleSheet({
      media: sheet.media.mediaText,
      baseURL: sheet.href ?? document.baseURI,
    })
    for (const rule of rules)
      if (rule instanceof CSSImportRule && rule.styleSheet) copySheet(rule.styleSheet, view)
    copy.replaceSync(
      rules
        .filter((rule) => !(rule instanceof CSSImportRule))
        .map(({ cssText }) => cssText)
        .join('\n'),
    )
    view.document.adoptedStyleSheets.push(copy)
  } catch {
    if (!sheet.href) return
    const link = view.document.createElement('link')
    link.rel = 'stylesheet'
    link.media = sheet.media.mediaText
    link.href = sheet.href
    view.document.head.append(link)
  }
}

/** The look of the page around an element: its style sheets, its theme, its language and its text size. */
function readLook(element: Element) {
  const { documentElement } = element.ownerDocument
  const root = element.getRootNode() as Document | ShadowRoot
  const style = getComputedStyle(element)
  return {
    sheets: [...root.styleSheets, ...root.adoptedStyleSheets],
    attributes: [...documentElement.attributes].filter(({ name }) => /^(class|data-.*)$/.test(name)),
    lang: element.closest<HTMLElement>('[lang]')?.lang ?? '',
    dir: style.direction,
    colorScheme: style.colorScheme,
    fontSize: getComputedStyle(documentElement).fontSize,
    tokens: tokenNames.map((name) => [`--rva-${name}`, style.getPropertyValue(`--rva-${name}`)] as const),
  }
}

function applyLook(look: ReturnType<typeof readLook>, view: Window & typeof globalThis): void {
  const { documentElement, body } = view.document
  for (const sheet of look.sheets) copySheet(sheet, view)
  for (const { name, value } of look.attributes) documentElement.setAttribute(name, value)
  documentElement.lang = look.lang
  documentElement.dir = look.dir
  documentElement.style.colorScheme = look.colorScheme
  documentElement.style.fontSize = look.fontSize
  body.style.margin = '0'
  for (const [name, value] of look.tokens) if (value !== '') body.style.setProperty(name, value)
}

/**
 * Opens a small window for the assistant of an element. Call it from a click.
 *
 * @throws DOMException `NotAllowedError` if the browser refuses
 */
export async function openWindow(element: Element): Promise<Window> {
  const { documentPictureInPicture } = window.top as unknown as {
    documentPictureInPicture: DocumentPictureInPicture
  }
  // Before the wait, in which the element may be removed.
  const root = element.closest('[data-rva-part="root"]') ?? element
  const look = readLook(root)
  const view = (await documentPictureInPicture.requestWindow(SIZE)) as Window & typeof globalThis
  applyLook(look, view)
  view.document.title = root.getAttribute('aria-label') ?? ''
  return view
}

const selectIsCallOn = ({ connection }: VoiceAgentState) => isCallWanted(connection.status)

/** Renders parts into the window. Announcements are made there, because a screen reader hears nothing of a page behind. */
export function WindowContent({ view, children }: { view: Window; children: ReactNode }) {
  const { outlet, source, idleTimeout, callWarnings } = useAssistantView()
  const frame = useRef<HTMLElement | null>(null)
  const announcer = useRef<HTMLDivElement | null>(null)
  // A key or a press in the window keeps the call from ending as idle. The notices are those of the page's watch.
  useCallWatch(frame, source, useViewState(selectIsCallOn), { idleTimeout, hasWarnings: callWarnings })
  useEffect(() => {
    outlet.current = announcer.current
    const element = frame.current
    // Not a button, because the first one may end the call.
    element?.focus({ preventScroll: true })
    const stop = panelCode.whenLoaded(({ printStyles, guardFocus }) => {
      if (!element) return () => {}
      adoptSheet(element, printStyles)
      return guardFocus(element)
    })
    return () => {
      stop()
      outlet.current = null
    }
  }, [outlet])
  return createPortal(
    <Frame frame={frame} isAlone>
      {children}
      <div data-rva-part="announcer" ref={announcer} aria-live="assertive" aria-atomic="false" />
    </Frame>,
    view.document.body,
  )
}
