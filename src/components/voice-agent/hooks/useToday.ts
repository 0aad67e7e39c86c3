import { useEffect, useState } from 'react'
import { msUntilMidnight, toDayNumber } from '../format/times.js'

/** Returns the {@link toDayNumber} of today. Renders at midnight. */
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
