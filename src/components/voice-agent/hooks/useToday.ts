import { useEffect, useState } from 'react'
import { dayOf, untilMidnight } from '../format/times.js'

/** Today, as {@link dayOf} counts days. Renders again when it is tomorrow. */
export function useToday(): number {
  const [today, setToday] = useState(() => dayOf(Date.now()))
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const wait = () => {
      timer = setTimeout(() => {
        setToday(dayOf(Date.now()))
        wait()
      }, untilMidnight(Date.now()))
    }
    wait()
    return () => clearTimeout(timer)
  }, [])
  return today
}
