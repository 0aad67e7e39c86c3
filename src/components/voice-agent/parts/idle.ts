const hasIdle = typeof requestIdleCallback === 'function'

/** Runs when the browser is idle, or soon if it has no `requestIdleCallback`. Returns a function that cancels. */
export function runWhenIdle(run: () => void): () => void {
  if (hasIdle) {
    const handle = requestIdleCallback(run)
    return () => cancelIdleCallback(handle)
  }
  const timer = setTimeout(run, 16)
  return () => clearTimeout(timer)
}
