import type { HandlerContext } from '../context.js'
import type { Persistence, PersistencePorts, StartPersistence } from './ports.js'

export interface LazyPersistencePorts extends Omit<PersistencePorts, 'records' | 'tokens' | 'tab'> {
  /** Calls when the code of the storage is there, ahead of anything that it gives: never, where nothing is kept. */
  onStorageLoaded(listener: (keep: StartPersistence) => void): void
}

/** The persistence, whose code comes with that of the storage: before it there is no session that could be kept. */
export function lazyPersistence(context: HandlerContext, ports: LazyPersistencePorts): Persistence {
  let loaded: Persistence | null = null
  let isPaused = false
  ports.onStorageLoaded((keep) => {
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
