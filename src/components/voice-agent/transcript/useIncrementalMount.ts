import { startTransition, useEffect, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'

/** The mounted part of a long list. */
export interface IncrementalMount {
  /** Number of mounted items, counted from the end. */
  mountedCount: number
  /** True if an item is rendered immediately; the others are rendered when the browser is idle. */
  isEager: (index: number) => boolean
}

/**
 * Mounts only the last items of a long list with the first paint, and the others right after it. Later, a few new items are mounted
 * and rendered immediately.
 *
 * @param count Number of items.
 * @param batchSize Number of items that are mounted without delay.
 */
export function useIncrementalMount(count: number, batchSize: number): IncrementalMount {
  const [target, setTarget] = useState(batchSize)
  const committed = useRef(0)
  const mountedCount = count - target <= batchSize ? count : Math.max(target, batchSize)
  const isSmallBatch = mountedCount - committed.current <= batchSize
  useBrowserLayoutEffect(() => {
    committed.current = mountedCount
  })
  useEffect(() => {
    if (target !== count) startTransition(() => setTarget(count))
  }, [target, count])
  return { mountedCount, isEager: (index) => isSmallBatch || index >= count - batchSize }
}
