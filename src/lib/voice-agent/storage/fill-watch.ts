/** Milliseconds between two estimates: an estimate costs a few milliseconds. */
const INTERVAL_MS = 60_000
/** Usage must fall this far below the threshold before the next crossing counts. */
const HYSTERESIS = 0.05

/** The origin's storage usage and quota. */
export interface StorageFill {
  usedBytes: number
  quotaBytes: number
}

/**
 * Watches how full the browser's storage is. Calls `onAlmostFull` each time usage rises above the threshold.
 *
 * @param threshold Share of the quota, from 0 to 1; `Infinity` for never.
 * @returns A function that checks, at most once a minute. Never throws.
 */
export function createFillWatch(threshold: number, onAlmostFull: (fill: StorageFill) => void): () => void {
  let lookedAt = Number.NEGATIVE_INFINITY
  let isAbove = false

  async function look(): Promise<void> {
    const { usage: usedBytes, quota: quotaBytes } = await globalThis.navigator.storage.estimate()
    if (usedBytes === undefined || !quotaBytes) return
    const share = usedBytes / quotaBytes
    if (share < threshold - HYSTERESIS) isAbove = false
    if (share < threshold || isAbove) return
    isAbove = true
    onAlmostFull({ usedBytes, quotaBytes })
  }

  return () => {
    const now = performance.now()
    if (now - lookedAt < INTERVAL_MS) return
    lookedAt = now
    // Some browsers and all insecure origins have no estimate.
    look().catch(() => {})
  }
}
