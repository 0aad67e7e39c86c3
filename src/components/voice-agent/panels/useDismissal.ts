import { type RefObject, useEffect } from 'react'
import type { Panel } from '../parts/panel-context.js'

/** Closes a panel when the user presses or focuses something outside of `area`. */
export function useDismissal({ close }: Panel, area: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = area.current
    if (!element) return
    const { ownerDocument } = element
    const onFocusOut = ({ relatedTarget }: FocusEvent) => {
      // Without a related target the window lost the focus, or the user pressed something that is not focusable.
      if (relatedTarget && !element.contains(relatedTarget as Node)) close()
    }
    const onPointerDown = (event: PointerEvent) => {
      // `target` is not enough: in a shadow tree the document only sees the host.
      if (!event.composedPath().includes(element)) close()
    }
    element.addEventListener('focusout', onFocusOut)
    ownerDocument.addEventListener('pointerdown', onPointerDown)
    return () => {
      element.removeEventListener('focusout', onFocusOut)
      ownerDocument.removeEventListener('pointerdown', onPointerDown)
    }
  }, [close, area])
}
