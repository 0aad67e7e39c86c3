import type { Persistor } from 'redux-persist'
import type { Persistence } from '../../../../middleware/persistence/ports.js'

/**
 * redux-persist's `Persistor`, so that its `PersistGate` waits for a restoration: it is bootstrapped as soon as what was stored
 * is in the store, before the call is reconnected. `purge` deletes this tab's session and ends it, the call included; what is
 * said afterwards is a new one.
 */
export function createPersistor(
  persistence: Persistence,
  purge: () => Promise<void>,
  name: string,
): { persistor: Persistor; bootstrap(): void } {
  const listeners = new Set<() => void>()
  let state = { registry: [name], bootstrapped: false }

  const persistor: Persistor = {
    flush: () => persistence.flush(),
    pause: () => persistence.pause(),
    persist: () => persistence.resume(),
    purge,
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    // redux-persist's own store of its registry: nothing of ours is kept in one.
    dispatch: (action: unknown) => action,
  } as Persistor

  return {
    persistor,
    bootstrap() {
      if (state.bootstrapped) return
      state = { registry: [], bootstrapped: true }
      for (const listener of listeners) listener()
    },
  }
}
