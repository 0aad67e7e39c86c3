import type { HandlerContext } from '../context.js'
import type { KeepingPorts, Persistence } from './ports.js'

/** The persistence, whose code comes with that of the storage: before it there is no session that could be kept. */
export function lazyPersistence(context: HandlerContext, ports: KeepingPorts): Persistence {
  let loaded: Persistence | null = null
  let isPaused = false
  ports.records.onLoaded((keep) => {
    if (context.disposed.aborted) return
    loaded = keep(context, ports)
    if (isPaused) loaded.pause()
  })
  return {
    flush: async () => loaded?.flush(),
    ended: async () => loaded?.ended(),
    cleanUp: async () => loaded?.cleanUp() ?? 0,
    restore: (...given) => loaded?.restore(...given) ?? null,
    pause() {
      isPaused = true
      loaded?.pause()
    },
    resume() {
      isPaused = false
      loaded?.resume()
    },
  }
}
