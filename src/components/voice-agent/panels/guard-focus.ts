import { isFocusLost } from '../parts/focus.js'

/** Elements that the keyboard can focus. */
const FOCUSABLE = ':is(button, textarea, input, select, a[href], [tabindex="0"])'
/** Buttons that end or delete something. Only the user may focus them, because the next Enter would press them. */
const DESTRUCTIVE = '[data-does="disconnect"], [data-rva-part^="approval-"], [data-rva-part="dialog-confirm"]'

/**
 * Lists the candidates for the focus of a removed element, best first. A scrollable area around or beside it comes before the primary
 * button, which comes before the others.
 */
function* listRefuges(
  root: HTMLElement,
  [focused, ...ancestors]: readonly [Element, ...Element[]],
): Generator<HTMLElement> {
  // The field may be a new element now, for example because the assistant shows another agent.
  if (focused.matches('textarea'))
    yield* root.querySelectorAll<HTMLElement>('[data-rva-part="composer-input"]')
  for (const ancestor of ancestors) {
    if (ancestor === root || !root.contains(ancestor)) continue
    if (ancestor.matches('[tabindex="0"]')) yield ancestor as HTMLElement
    yield* ancestor.querySelectorAll<HTMLElement>('[tabindex="0"]')
  }
  yield* root.querySelectorAll<HTMLElement>('[data-rva-part="primary"]')
  yield* root.querySelectorAll<HTMLElement>('[data-rva-part="viewport"]')
  yield* root.querySelectorAll<HTMLElement>(FOCUSABLE)
}

/**
 * Keeps focus in the assistant when the focused element is removed, for example because the call ended. Otherwise focus falls back to
 * the page, and keyboard users start again at its top. Never focuses a button that ends or deletes something. Returns a function that
 * stops it.
 */
export function guardFocus(root: HTMLElement): () => void {
  const { ownerDocument } = root
  /** The focused element and its ancestors, some of which may stay when it is removed. */
  let path: Element[] = []

  const follow = (focused: Element | null) => {
    path = []
    for (let element = focused; element; element = element.parentElement) path.push(element)
  }
  const onFocusIn = ({ target }: FocusEvent) => follow(target as Element)
  // An element may already be focused.
  if (root.matches(':focus-within')) follow((root.getRootNode() as Document | ShadowRoot).activeElement)
  const onFocusOut = () =>
    // Deferred, because the removal itself may fire this event. A window that loses focus later returns it to the same element.
    queueMicrotask(() => {
      if (path[0]?.isConnected && ownerDocument.hasFocus() && !path[0].matches(':focus')) path = []
    })
  const observer = new MutationObserver(() => {
    const [focused, ...ancestors] = path
    if (!focused || root.contains(focused) || !isFocusLost(ownerDocument)) return
    path = []
    for (const refuge of listRefuges(root, [focused, ...ancestors])) {
      if (!refuge.matches(DESTRUCTIVE)) refuge.focus({ preventScroll: true })
      // Hidden or disabled elements do not take focus.
      if (!isFocusLost(ownerDocument)) return
    }
    root.tabIndex = -1
    root.focus({ preventScroll: true })
    root.addEventListener('blur', () => root.removeAttribute('tabindex'), { once: true })
  })
  observer.observe(root, { childList: true, subtree: true })
  root.addEventListener('focusin', onFocusIn)
  root.addEventListener('focusout', onFocusOut)
  return () => {
    observer.disconnect()
    root.removeEventListener('focusin', onFocusIn)
    root.removeEventListener('focusout', onFocusOut)
  }
}
