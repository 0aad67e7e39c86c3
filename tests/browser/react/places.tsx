import { type ReactNode, version } from 'react'
import { createRoot } from 'react-dom/client'
import { onTestFinished, vi } from 'vitest'

const allPlaces = ['light DOM', 'shadow root', 'iframe', 'modal dialog'] as const
export type Place = (typeof allPlaces)[number]

/** Places in a page where an app may render the assistant. React 18 tests only half of them, which saves two minutes. */
export const places = allPlaces.filter(
  (place) => !version.startsWith('18') || place === 'shadow root' || place === 'modal dialog',
)

function createContainer(place: Place): { container: HTMLElement; outer: HTMLElement } {
  if (place === 'iframe') {
    const outer = document.createElement('iframe')
    outer.style.cssText = 'inline-size: 600px; block-size: 600px'
    document.body.append(outer)
    const container = outer.contentDocument?.createElement('div') ?? outer
    outer.contentDocument?.body.append(container)
    return { container, outer }
  }
  const outer = document.createElement(place === 'modal dialog' ? 'dialog' : 'div')
  const container = document.createElement('div')
  document.body.append(outer)
  if (place === 'shadow root') outer.attachShadow({ mode: 'open' }).append(container)
  else outer.append(container)
  if (outer instanceof HTMLDialogElement) outer.showModal()
  return { container, outer }
}

/** Renders into a place. `outer` is the page's element, for example the dialog. */
export function renderIn(place: Place, node: ReactNode) {
  const { container, outer } = createContainer(place)
  const root = createRoot(container)
  root.render(node)
  const unmount = () => root.unmount()
  onTestFinished(() => {
    unmount()
    outer.remove()
  })
  return { container, outer, unmount, render: (next: ReactNode) => root.render(next) }
}

/** Returns the focused element, including inside shadow trees and frames. Null if the page itself has the focus. */
export function findFocused(): Element | null {
  let element = document.activeElement
  for (;;) {
    const inner = (element as HTMLIFrameElement | null)?.contentDocument ?? element?.shadowRoot
    if (!inner) return element === element?.ownerDocument.body ? null : element
    if (!inner.activeElement) return element?.shadowRoot ? element : null
    element = inner.activeElement
  }
}

/** Presses a button until `check` passes, because it ignores presses for half a second after its meaning changed. */
export const pressAfterChange = (button: HTMLElement, check: () => void) =>
  vi.waitFor(
    () => {
      button.click()
      check()
    },
    { interval: 100 },
  )

/** Presses a button in the same task in which a matching element appears, however late that is. */
export function pressOnAppearance(container: HTMLElement, selector: string, button: HTMLElement) {
  return new Promise<void>((resolve) => {
    const observer = new MutationObserver(() => {
      if (!container.querySelector(selector)) return
      observer.disconnect()
      button.click()
      resolve()
    })
    observer.observe(container, { subtree: true, childList: true, attributes: true })
    onTestFinished(() => observer.disconnect())
  })
}
