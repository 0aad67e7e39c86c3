import { useEffect, useReducer, useState } from 'react'
import { msUntilMidnight, toDayNumber } from '../format/times.js'

const always = () => true

/**
 * Re-renders every second while `isTicking`, for a duration or a countdown.
 *
 * @param shouldRender Called on each tick. Return false to skip the render.
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

/** Returns the {@link toDayNumber} of today. Re-renders at midnight. */
export function useToday(): number {
  const [today, setToday] = useState(() => toDayNumber(Date.now()))
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const wait = () => {
      timer = setTimeout(() => {
        setToday(toDayNumber(Date.now()))
        wait()
      }, msUntilMidnight(Date.now()))
    }
    wait()
    return () => clearTimeout(timer)
  }, [])
  return today
}

/** Returns true once `value` has not changed for `delayMs`; never if `delayMs` is null. */
export function useDelayed(value: string, delayMs: number | null): boolean {
  const [settledValue, setSettledValue] = useState<string | null>(null)
  useEffect(() => {
    if (delayMs === null) return
    const timer = setTimeout(() => setSettledValue(value), delayMs)
    return () => {
      clearTimeout(timer)
      setSettledValue(null)
    }
  }, [value, delayMs])
  return delayMs !== null && settledValue === value
}
