import type { Persistor } from 'redux-persist'
import type { VoiceAgentMiddleware } from '../../../../middleware/index.js'
import type { Runtime } from '../../../../middleware/runtime.js'
import type { VoiceAgentActions } from '../../../../store/index.js'

/**
 * Implements redux-persist's `Persistor`, so that its `PersistGate` waits for the restore. It is bootstrapped once the stored session
 * is in the store, before the call reconnects.
 * `purge` deletes and ends this tab's session, including its call. Later messages belong to a new session.
 */
export function createPersistor(
  { runtime, request, track, present, initialize }: VoiceAgentMiddleware,
  actions: VoiceAgentActions,
  name: string,
): { persistor: Persistor; bootstrap(): void } {
  const listeners = new Set<() => void>()
  let state = { registry: [name], bootstrapped: false }

  async function purge(): Promise<void> {
    // The restore identifies this tab's session. There is no need to wait for its call.
    const bootstrapped = new Promise<void>((resolve) => persistor.subscribe(resolve))
    if (!state.bootstrapped) await Promise.race([bootstrapped, initialize().catch(() => undefined)])
    const { id } = present().session
    if (id !== null) await request(actions.deleteSessionRequested({ sessionId: id }))
  }

  /** Ignores a failed load of the runtime, because nothing is saved without it. The state and other rejections show the reason. */
  const ifLoaded = (run: (loaded: Runtime) => void) => void runtime().then(run, () => undefined)

  const persistor = {
    flush: () => track(async () => (await runtime()).flush()),
    pause: () => ifLoaded((loaded) => loaded.pause()),
    persist: () => ifLoaded((loaded) => loaded.resume()),
    purge: () => track(purge),
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    // Without the methods of redux-persist's own registry store, which this package doesn't use.
  } as Persistor

  return {
    persistor,
    bootstrap() {
      if (state.bootstrapped) return
      state = { registry: [], bootstrapped: true }
      for (const listener of [...listeners]) listener()
    },
  }
}
