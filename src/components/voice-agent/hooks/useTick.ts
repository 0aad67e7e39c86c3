import { useEffect, useReducer } from 'react'

const always = () => true

/**
 * Renders again every second while `isTicking`, for what shows a duration or a countdown.
 *
 * @param isWanted Asked at each tick: without a reader, nothing renders.
 */
export function useTick(isTicking: boolean, isWanted: () => boolean = always): void {
  const [, tick] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    if (!isTicking) return
    const timer = setInterval(() => {
      if (isWanted()) tick()
    }, 1000)
    return () => clearInterval(timer)
  }, [isTicking, isWanted])
}
