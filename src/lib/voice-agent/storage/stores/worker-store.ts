import { withTimeout } from '../../../../../middleware/waiting.js'
import type { ByteStore, OpenByteStore } from './byte-store.js'

/** Milliseconds that a worker has to open and to close its store. Then it is terminated, because it may hold locks of the store. */
const [OPEN_LIMIT_MS, CLOSE_LIMIT_MS] = [60_000, 5_000]

/** Methods of a store that runs in a worker. */
type Method = 'read' | 'write' | 'readIndex' | 'close'

/** Message from a page to its worker: `open` comes first. */
type Request = { id: number } & ({ method: 'open'; name: string } | { method: Method; argument: unknown })

/** Response of a worker. An error keeps its name, so that a full disk can be recognised. */
type Answer = { id: number } & ({ result: unknown } | { error: { name: string; message: string } })

/** The part of a `Worker` that {@link workerStore} needs. */
export interface StoreWorker {
  postMessage(message: unknown): void
  addEventListener(
    type: 'message' | 'error' | 'messageerror',
    listener: (event: { data?: unknown; message?: string }) => void,
  ): void
  terminate(): void
}

/**
 * Opens a store that runs in a worker, where {@link serveStore} handles its requests. Each opened store has its own worker, which ends with it.
 *
 * @param createWorker Creates the worker. Your bundler must see `new Worker(new URL(…))` in your code.
 * @example
 * const store = workerStore(() => new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' }))
 * createVoiceAgent({ apiEndpoint, persistence: { store, keyProvider: createDeviceKeyProvider() } })
 */
export function workerStore(createWorker: () => StoreWorker): OpenByteStore {
  return async (name) => {
    const worker = createWorker()
    const pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
    let failure: Error | null = null
    let lastId = 0

    function fail(error: Error): void {
      failure ??= error
      for (const { reject } of pending.values()) reject(failure)
      pending.clear()
      worker.terminate()
    }

    worker.addEventListener('message', ({ data }) => {
      const answer = data as Answer
      const waiting = pending.get(answer.id)
      pending.delete(answer.id)
      if ('error' in answer) waiting?.reject(toError(answer.error))
      else waiting?.resolve(answer.result)
    })
    worker.addEventListener('error', ({ message }) =>
      fail(new Error(`The worker of the store failed. ${message ?? ''}`)),
    )
    worker.addEventListener('messageerror', () =>
      fail(new Error('The worker of the store sent an unreadable message.')),
    )

    /** Posts synchronously, because a closing page runs no later task. */
    function ask(
      message: { method: 'open'; name: string } | { method: Method; argument: unknown },
    ): Promise<unknown> {
      return new Promise((resolve, reject) => {
        if (failure) return reject(failure)
        const request: Request = { id: ++lastId, ...message }
        pending.set(request.id, { resolve, reject })
        worker.postMessage(request)
      })
    }

    const inTime = (ms: number, answer: Promise<unknown>) =>
      withTimeout(ms, answer, () => new Error('The worker of the store did not answer in time.'))

    const call = (method: Method) => (argument: unknown) => ask({ method, argument })
    const store = {
      read: call('read'),
      write: call('write'),
      readIndex: call('readIndex'),
      async close() {
        await inTime(CLOSE_LIMIT_MS, ask({ method: 'close', argument: null })).catch(() => {})
        fail(new Error('The store is closed.'))
      },
    } as ByteStore
    try {
      await inTime(OPEN_LIMIT_MS, ask({ method: 'open', name }))
    } catch (error) {
      worker.terminate()
      throw error
    }
    return store
  }
}

/** The part of a worker's global scope that {@link serveStore} needs. */
export interface StoreScope {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { data?: unknown }) => void): void
}

/**
 * Handles the requests of a {@link workerStore}. Call it in a worker's module.
 *
 * @param open Opens the store in the worker, such as `opfsStore`.
 * @param scope The worker's global scope. @default globalThis
 * @example
 * import { opfsStore, serveStore } from 'redux-voice-agent/storage/stores'
 *
 * serveStore(opfsStore)
 */
export function serveStore(
  open: OpenByteStore,
  scope: StoreScope = globalThis as unknown as StoreScope,
): void {
  let opened: Promise<ByteStore> | null = null

  async function run(request: Request): Promise<unknown> {
    if (request.method === 'open') {
      const { name } = request
      opened = (async () => open(name))()
      await opened
      return null
    }
    if (opened === null) throw new Error('The store is not open.')
    const store = await opened
    // The page's side has the methods' types.
    return (store[request.method] as (argument: unknown) => unknown)(request.argument)
  }

  scope.addEventListener('message', ({ data }) => {
    const request = data as Request
    const { id } = request
    run(request).then(
      (result) => scope.postMessage({ id, result } satisfies Answer),
      (error: unknown) => scope.postMessage({ id, error: describe(error) } satisfies Answer),
    )
  })
}

function describe(error: unknown): { name: string; message: string } {
  if (error instanceof Error) return { name: error.name, message: error.message }
  return { name: 'Error', message: String(error) }
}

function toError({ name, message }: { name: string; message: string }): Error {
  const error = new Error(message)
  error.name = name
  return error
}
