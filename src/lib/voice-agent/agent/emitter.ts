/** A typed event emitter. If a listener throws, the others are still called. */
export interface Emitter<Events extends { [name in keyof Events]: (...args: never[]) => void }> {
  /** Returns an unsubscribe function. */
  on<Name extends keyof Events>(name: Name, listener: Events[Name]): () => void
  once<Name extends keyof Events>(name: Name, listener: Events[Name]): () => void
  off<Name extends keyof Events>(name: Name, listener: Events[Name]): void
  emit<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): void
  clear(): void
}

/** Calls one of the app's listeners. If it throws, reports an uncaught error, and lets the caller continue. */
export function callListener(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    // Thrown in a microtask, so that the other listeners run first.
    queueMicrotask(() => {
      throw error
    })
  }
}

/** @param onListen Called with the name of each event that gets a listener. */
export function createEmitter<Events extends { [name in keyof Events]: (...args: never[]) => void }>(
  onListen: (name: keyof Events) => void = () => {},
): Emitter<Events> {
  /** For each event, the app's listeners and the functions to call for them. */
  const listeners = new Map<keyof Events, Map<unknown, (...args: never[]) => void>>()

  function add<Name extends keyof Events>(name: Name, key: unknown, call: (...args: never[]) => void) {
    onListen(name)
    const all = listeners.get(name) ?? new Map()
    listeners.set(name, all.set(key, call))
    return () => void all.delete(key)
  }

  return {
    on: (name, listener) => add(name, listener, listener),
    once(name, listener) {
      const stop = add(name, listener, (...args) => {
        stop()
        listener(...args)
      })
      return stop
    },
    off(name, listener) {
      listeners.get(name)?.delete(listener)
    },
    emit(name, ...args) {
      for (const call of [...(listeners.get(name)?.values() ?? [])]) {
        callListener(() => call(...args))
      }
    },
    clear: () => listeners.clear(),
  }
}
