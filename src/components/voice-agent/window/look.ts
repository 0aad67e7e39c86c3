import { styles } from '../styles/index.js'

/** Names of the properties that an app may set, without their prefix. */
const tokenNames = [...new Set([...styles.matchAll(/--rva-default-([\w-]+):/g)].map(([, name]) => name))]

export type View = Window & typeof globalThis

const isImport = (rule: CSSRule): rule is CSSImportRule => 'styleSheet' in rule

/** Copies a sheet whose rules can be read; links to one from another origin. */
function copySheet(sheet: CSSStyleSheet, base: string, view: View): void {
  if (sheet.disabled) return
  try {
    const rules = [...sheet.cssRules]
    const copy = new view.CSSStyleSheet({ media: sheet.media.mediaText, baseURL: sheet.href ?? base })
    for (const rule of rules) if (isImport(rule) && rule.styleSheet) copySheet(rule.styleSheet, base, view)
    copy.replaceSync(
      rules
        .filter((rule) => !isImport(rule))
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

/** Copies the style sheets that apply to an element. Sheets added later are not copied. */
export function copySheets(element: Element, view: View): void {
  const root = element.getRootNode() as Document | ShadowRoot
  for (const sheet of [...root.styleSheets, ...root.adoptedStyleSheets])
    copySheet(sheet, element.ownerDocument.baseURI, view)
}

const isLook = ({ name }: Attr) => /^(class|data-.*)$/.test(name)

/** Applies an element's theme, language, direction and text size to a window. */
function copyLook(element: Element, { document: { documentElement: html, body } }: View): void {
  const { documentElement } = element.ownerDocument
  const style = getComputedStyle(element)
  for (const { name } of [...html.attributes].filter(isLook)) html.removeAttribute(name)
  for (const { name, value } of [...documentElement.attributes].filter(isLook)) html.setAttribute(name, value)
  html.lang = element.closest<HTMLElement>('[lang]')?.lang ?? ''
  html.dir = style.direction
  html.style.colorScheme = style.colorScheme
  html.style.fontSize = getComputedStyle(documentElement).fontSize
  body.style.margin = '0'
  for (const name of tokenNames)
    body.style.setProperty(`--rva-${name}`, style.getPropertyValue(`--rva-${name}`))
}

/** Returns the parent element, or the host if the element is at the top of a shadow tree. */
const parentOf = (element: Element): Element | null =>
  element.parentElement ?? (element.getRootNode() as Partial<ShadowRoot>).host ?? null

/** Keeps a window's look in sync with an element, even when the page changes its theme. Returns a function that stops it. */
export function followLook(element: Element, view: View): () => void {
  const follow = () => copyLook(element, view)
  const observer = new MutationObserver(follow)
  // Not the element itself, because its attributes change with each word.
  for (let around = parentOf(element); around; around = parentOf(around))
    observer.observe(around, { attributes: true })
  follow()
  return () => observer.disconnect()
}
