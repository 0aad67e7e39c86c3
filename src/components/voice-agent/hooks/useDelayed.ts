import { useEffect, useState } from 'react'

/** Whether `value` has been the same for `delayMs`; never, where `delayMs` is null. */
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
