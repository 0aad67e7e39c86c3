/** The original timers, which the package's own code uses while they are replaced. */
export const real = {
  setTimeout: globalThis.setTimeout.bind(globalThis),
  clearTimeout: globalThis.clearTimeout.bind(globalThis),
  setInterval: globalThis.setInterval.bind(globalThis),
  clearInterval: globalThis.clearInterval.bind(globalThis),
}

type Globals = Record<string, unknown>

export interface GlobalsPorts {
  fetch: typeof globalThis.fetch
  /** Running timers. */
  timers: Set<unknown>
  /** Listeners on the page, by event. */
  listeners: Map<string, Set<unknown>>
  /** Called with each error that a timer throws, and each rejection that nothing handles. */
  onUncaught(error: unknown): void
  /** Called when the transport itself asks for the microphone, which is refused. */
  onUserMedia(): void
}

/** Replaces the globals that a transport uses. Returns a function that restores them. */
export function replaceGlobals({
  fetch,
  timers,
  listeners,
  onUncaught,
  onUserMedia,
}: GlobalsPorts): () => void {
  // First, so that its own listener is not counted.
  const stopWatching = watchRejections(onUncaught)
  const before = new Map<string, PropertyDescriptor | undefined>()
  function replace(name: string, value: unknown) {
    before.set(name, Object.getOwnPropertyDescriptor(globalThis, name))
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value })
  }
  const start = (original: typeof setTimeout, isOnce: boolean) =>
    function startTimer(callback: () => void, ms?: number) {
      const timer = original(() => {
        if (isOnce) timers.delete(timer)
        try {
          callback()
        } catch (error) {
          onUncaught(error)
        }
      }, ms)
      timers.add(timer)
      return timer
    }
  const stop = (original: typeof clearTimeout) => (timer: ReturnType<typeof setTimeout>) => {
    timers.delete(timer)
    original(timer)
  }
  replace('fetch', fetch)
  replace('setTimeout', start(real.setTimeout, true))
  replace('setInterval', start(real.setInterval as typeof setTimeout, false))
  replace('clearTimeout', stop(real.clearTimeout))
  replace('clearInterval', stop(real.clearInterval as typeof clearTimeout))
  const add = globalThis.addEventListener as typeof globalThis.addEventListener | undefined
  const remove = globalThis.removeEventListener as typeof globalThis.removeEventListener | undefined
  replace('addEventListener', (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
    listeners.set(type, (listeners.get(type) ?? new Set()).add(listener))
    add?.call(globalThis, type, listener, options)
  })
  replace('removeEventListener', (type: string, listener: EventListener) => {
    listeners.get(type)?.delete(listener)
    remove?.call(globalThis, type, listener)
  })
  const { navigator } = globalThis as Globals
  const mediaDevices = {
    async getUserMedia() {
      onUserMedia()
      throw new DOMException('Use the microphone of the host.', 'NotAllowedError')
    },
  }
  replace(
    'navigator',
    Object.create((navigator ?? null) as object | null, { mediaDevices: { value: mediaDevices } }),
  )
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else delete (globalThis as Globals)[name]
    }
    stopWatching()
  }
}

interface NodeProcess {
  on(name: string, listener: (reason: unknown) => void): void
  off(name: string, listener: (reason: unknown) => void): void
}

/** Collects unhandled rejections, in Node or in a browser. */
function watchRejections(onUncaught: (reason: unknown) => void): () => void {
  const { process } = globalThis as { process?: Partial<NodeProcess> }
  if (process?.on && process.off) {
    process.on('unhandledRejection', onUncaught)
    return () => process.off?.('unhandledRejection', onUncaught)
  }
  if (typeof window === 'undefined') return () => {}
  const listener = (event: PromiseRejectionEvent) => {
    onUncaught(event.reason)
    event.preventDefault()
  }
  window.addEventListener('unhandledrejection', listener)
  return () => window.removeEventListener('unhandledrejection', listener)
}
