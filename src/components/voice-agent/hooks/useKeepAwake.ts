import { type RefObject, useEffect } from 'react'
import { panelCode } from '../parts/panel-code.js'

/** Keeps the screen on while `isWanted`. The code is loaded with the panels. */
export function useKeepAwake(element: RefObject<HTMLElement | null>, isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) return
    let stop: (() => void) | null = null
    let isOver = false
    const start = () => {
      if (!isOver && element.current)
        stop = panelCode.current()?.keepAwake(element.current.ownerDocument) ?? null
    }
    panelCode.load().then(start, () => undefined)
    return () => {
      isOver = true
      stop?.()
    }
  }, [element, isWanted])
}
