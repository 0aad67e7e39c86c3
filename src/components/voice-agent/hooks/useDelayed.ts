import { useEffect, useState } from 'react'

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
