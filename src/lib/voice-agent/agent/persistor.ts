import type { Persistor } from 'redux-persist'
import type { VoiceAgentMiddleware } from '../../../../middleware/index.js'
import type { Runtime } from '../../../../middleware/runtime.js'
import type { VoiceAgentActions } from '../../../../store/index.js'

/**
 * Implements redux-persist's `Persistor`, so that its `PersistGate` waits for the restore. It is bootstrapped when the stored session
 * is in the store, before the call is reconnected.
 * `purge` deletes this tab's session and ends it, the call included; later messages belong to a new one.
 */
export function createPersistor(
  { runtime, request, present, initialize }: VoiceAgentMiddleware,
  actions: VoiceAgentActions,
  name: string,
): { persistor: Persistor; bootstrap(): void } {
  const listeners = new Set<() => void>()
  let state = { registry: [name], bootstrapped: false }
  let onBootstrapped = () => {}
  const bootstrapped = new Promise<void>((resolve) => {
    onBootstrapped = resolve
  })

  async function purge(): Promise<void> {
    // The restore identifies this tab's session. Its call need not be awaited.
    if (!state.bootstrapped) await Promise.race([bootstrapped, initialize().catch(() => undefined)])
    const { id } = present().session
    if (id !== null) await request(actions.deleteSessionRequested({ sessionId: id }))
  }

  /** Without the runtime nothing is saved. Why it is not there is in the state, and in what other calls reject with. */
  const ifLoaded = (run: (loaded: Runtime) => void) => void runtime().then(run, () => undefined)

  const persistor: Persistor = {
    flush: async () => (await runtime()).flush(),
    pause: () => ifLoaded((loaded) => loaded.pause()),
    persist: () => ifLoaded((loaded) => loaded.resume()),
    purge,
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    // redux-persist's own store for its registry, which contains nothing of this package.
    dispatch: (action: unknown) => action,
  } as Persistor

  return {
    persistor,
    bootstrap() {
      if (state.bootstrapped) return
      state = { registry: [], bootstrapped: true }
      onBootstrapped()
      for (const listener of [...listeners]) listener()
    },
  }
}
