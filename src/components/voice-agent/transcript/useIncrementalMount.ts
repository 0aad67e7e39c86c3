import { startTransition, useEffect, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'

/** What of a long list is there already. */
export interface Gradually {
  /** How many, counted from the end. */
  shown: number
  /** Whether one of the list is complete at once; the others are filled when the browser has time. */
  isEager: (index: number) => boolean
}

/**
 * The first paint of a long list is that of a short one: its last few, and the rest right after. Later a few at a time are shown at
 * once.
 *
 * @param count How many there are.
 * @param few How many are worth no delay.
 */
export function useGradually(count: number, few: number): Gradually {
  const [wanted, setWanted] = useState(few)
  const committed = useRef(0)
  const shown = count - wanted <= few ? count : Math.max(wanted, few)
  const isFew = shown - committed.current <= few
  useBrowserLayoutEffect(() => {
    committed.current = shown
  })
  useEffect(() => {
    if (wanted !== count) startTransition(() => setWanted(count))
  }, [wanted, count])
  return { shown, isEager: (index) => isFew || index >= count - few }
}
