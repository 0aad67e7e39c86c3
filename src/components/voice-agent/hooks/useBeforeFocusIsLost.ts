import { type RefObject, useRef } from 'react'
import { useBrowserLayoutEffect } from './useAgentSource.js'

/** Calls `listener` before React removes the element with the returned ref while it contains the focus. Otherwise the focus falls back to the page. */
export function useBeforeFocusIsLost<E extends Element>(listener: () => void): RefObject<E | null> {
  const ref = useRef<E | null>(null)
  const latest = useRef(listener)
  latest.current = listener
  useBrowserLayoutEffect(() => {
    const element = ref.current
    return () => {
      if (element?.matches(':focus-within')) latest.current()
    }
  }, [])
  return ref
}
