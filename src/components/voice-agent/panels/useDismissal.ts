import { type RefObject, useEffect } from 'react'
import type { Panel } from '../parts/panel-context.js'

/** Escape closes an open panel and gives the focus back to its button; a press or the focus outside of `area` closes it as well. */
export function useDismissal({ close, trigger }: Panel, area: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = area.current
    if (!element) return
    const { ownerDocument } = element
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      close()
      trigger.current?.focus()
    }
    const onFocusOut = ({ relatedTarget }: FocusEvent) => {
      // Nowhere is no elsewhere: the window lost it, or a press on something that takes none.
      if (relatedTarget && !element.contains(relatedTarget as Node)) close()
    }
    const onPointerDown = (event: PointerEvent) => {
      // Its own path: in a shadow tree the document only hears of the host.
      if (!event.composedPath().includes(element)) close()
    }
    element.addEventListener('keydown', onKeyDown)
    element.addEventListener('focusout', onFocusOut)
    ownerDocument.addEventListener('pointerdown', onPointerDown)
    return () => {
      element.removeEventListener('keydown', onKeyDown)
      element.removeEventListener('focusout', onFocusOut)
      ownerDocument.removeEventListener('pointerdown', onPointerDown)
    }
  }, [close, trigger, area])
}
