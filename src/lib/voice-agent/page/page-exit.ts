import type { PageExit } from '../../../../middleware/drivers/call/page-ports.js'
import { VoiceAgentError } from '../../../../store/index.js'

/** Milliseconds after `beforeunload` in which the page may still unload: the browser may prompt the user first, or the server may be slow. */
const UNLOAD_GRACE_MS = 5_000

/**
 * Watches for a page exit. Firefox aborts requests after `beforeunload`, Chromium after `pagehide`. A page may also
 * stay after `beforeunload`.
 */
export function watchPageExit(): PageExit {
  let staysAfter = 0
  // Its signal removes the listeners.
  const stopped = new AbortController()
  function on(type: string, computeStaysAfter: () => number) {
    const listener = () => {
      staysAfter = computeStaysAfter()
    }
    // Optional call, because outside a browser there is no page to unload.
    globalThis.addEventListener?.(type, listener, stopped)
  }
  on('beforeunload', () => Date.now() + UNLOAD_GRACE_MS)
  on('pagehide', () => Number.POSITIVE_INFINITY)
  on('pageshow', () => 0)
  return { remainingMs: () => Math.max(0, staysAfter - Date.now()), stop: () => stopped.abort() }
}

/** Loads code. @throws VoiceAgentError `chunk-load-failed` */
export async function loadChunk<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await load()
  } catch (cause) {
    throw new VoiceAgentError('chunk-load-failed', undefined, { cause })
  }
}

/**
 * Loads code. If the load fails while the page is unloading, waits and retries, in case the page stays. Firefox before 155
 * caches a failed `import()` until the page unloads (HTML Standard before whatwg/html#10327).
 *
 * @throws VoiceAgentError `chunk-load-failed`
 */
export async function importWithUnloadRetry<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  const exit = watchPageExit()
  try {
    return await loadChunk(load)
  } catch (error) {
    if (!exit.remainingMs()) throw error
  } finally {
    exit.stop()
  }
  await new Promise((resolve) => setTimeout(resolve, UNLOAD_GRACE_MS))
  return importWithUnloadRetry(load)
}
