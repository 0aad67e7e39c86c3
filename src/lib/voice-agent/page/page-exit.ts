import type { PageExit } from '../../../../middleware/webrtc/ports.js'

/** Milliseconds after `beforeunload` in which the page may go: a person may be asked first, or a server slow to answer. */
const leavingTime = 5_000

/** Firefox cuts requests off right after `beforeunload`, Chromium after `pagehide`; a `beforeunload` may also come to nothing. */
export function watchPageExit(): PageExit {
  let staysAt = 0
  // Has the `signal` that takes a listener off.
  const stopped = new AbortController()
  function on(type: string, staysBy: () => number) {
    const listener = () => {
      staysAt = staysBy()
    }
    // Outside a browser there is no page to leave.
    globalThis.addEventListener?.(type, listener, stopped)
  }
  on('beforeunload', () => Date.now() + leavingTime)
  on('pagehide', () => Number.POSITIVE_INFINITY)
  on('pageshow', () => 0)
  return { remainingMs: () => Math.max(0, staysAt - Date.now()), stop: () => stopped.abort() }
}

/** Loads code that the page can't do without. What is cut off with the page is no failure: it is asked for again, should the page stay. */
export async function importWithUnloadRetry<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  const leaving = watchPageExit()
  try {
    return await load()
  } catch (cause) {
    if (!leaving.remainingMs()) throw cause
  } finally {
    leaving.stop()
  }
  await new Promise((resolve) => setTimeout(resolve, leavingTime))
  return importWithUnloadRetry(load)
}
