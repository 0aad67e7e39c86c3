import { type StoreWorker, workerStore } from 'redux-voice-agent/storage/stores'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => vi.useRealTimers())

/** A worker that answers only to these methods. */
function createWorker(answered: readonly string[]) {
  let listener: (event: { data?: unknown }) => void = () => {}
  const terminate = vi.fn()
  const worker: StoreWorker = {
    postMessage(message) {
      const { id, method } = message as { id: number; method: string }
      if (answered.includes(method)) queueMicrotask(() => listener({ data: { id, result: null } }))
    },
    addEventListener(type, added) {
      if (type === 'message') listener = added
    },
    terminate,
  }
  return { worker, terminate }
}

it('a worker that does not answer ends with its store', async () => {
  const { worker, terminate } = createWorker(['open'])
  const store = await workerStore(() => worker)('db')
  const reading = store.read({ keys: ['a'], ranges: [] }).catch((error: unknown) => error)
  const closing = store.close()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(terminate).toHaveBeenCalled()
  await closing
  expect(await reading).toEqual(new Error('The store is closed.'))
})

it('a worker that does not open its store ends, and the store counts as closed', async () => {
  const { worker, terminate } = createWorker([])
  const opening = Promise.resolve(workerStore(() => worker)('db')).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(terminate).toHaveBeenCalled()
  expect(await opening).toEqual(new Error('The worker of the store did not answer in time.'))
})
