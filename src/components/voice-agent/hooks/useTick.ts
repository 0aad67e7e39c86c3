import { useEffect, useReducer } from 'react'

const always = () => true

/**
 * Renders every second while `isTicking`, for a duration or a countdown.
 *
 * @param shouldRender Called at each tick; if it returns false, the component does not render.
 */
export function useTick(isTicking: boolean, shouldRender: () => boolean = always): void {
  const [, tick] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    if (!isTicking) return
    const timer = setInterval(() => {
      if (shouldRender()) tick()
    }, 1000)
    return () => clearInterval(timer)
  }, [isTicking, shouldRender])
}
