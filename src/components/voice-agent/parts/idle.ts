const hasIdle = typeof requestIdleCallback === 'function'

/** Runs when the browser has nothing better to do; soon where it does not say. Gives the function that calls it off. */
export function whenIdle(run: () => void): () => void {
  if (hasIdle) {
    const handle = requestIdleCallback(run)
    return () => cancelIdleCallback(handle)
  }
  const timer = setTimeout(run, 16)
  return () => clearTimeout(timer)
}
