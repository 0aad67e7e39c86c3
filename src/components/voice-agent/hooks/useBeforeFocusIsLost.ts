import { type RefObject, useRef } from 'react'
import { useBrowserLayoutEffect } from './useAgentSource.js'

/** Of an element that is about to go while it has the focus, or what is in it: the focus would fall back to the page. */
export function useBeforeFocusIsLost<E extends Element>(tell: () => void): RefObject<E | null> {
  const ref = useRef<E | null>(null)
  const latest = useRef(tell)
  latest.current = tell
  useBrowserLayoutEffect(() => {
    const element = ref.current
    return () => {
      if (element?.matches(':focus-within')) latest.current()
    }
  }, [])
  return ref
}
