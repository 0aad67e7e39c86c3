/** Lets callers wait for a message by name, for a limited time. */
export function createInbox() {
  const waiters = new Map<string, (data: Record<string, unknown>) => void>()
  return {
    deliver: (name: string, data: Record<string, unknown>) => waiters.get(name)?.(data),
    /** Resolves to undefined if the message does not arrive within `timeoutMs`. */
    waitFor: (name: string, timeoutMs: number, signal: AbortSignal) =>
      new Promise<Record<string, unknown> | undefined>((resolve, reject) => {
        // An aborted signal fires no event, so the timer would keep running.
        if (signal.aborted) return reject(signal.reason)
        const timer = setTimeout(() => finish(() => resolve(undefined)), timeoutMs)
        const abort = () => finish(() => reject(signal.reason))
        function finish(settle: () => void) {
          clearTimeout(timer)
          waiters.delete(name)
          signal.removeEventListener('abort', abort)
          settle()
        }
        signal.addEventListener('abort', abort)
        waiters.set(name, (data) => finish(() => resolve(data)))
      }),
  }
}
