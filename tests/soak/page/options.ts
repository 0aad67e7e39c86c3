import type { RestoreDepth } from '../../../middleware/drivers/storage/ports.js'

/** Options of the page, passed in its URL. */
export interface PageOptions {
  seed: string
  debounceMs: number
  maxWaitMs: number
  restore: RestoreDepth
  /** Number of messages after which a new conversation starts. */
  limit: number
  /** Hides from the agent that the page closes, to check that a loss is detected. */
  isDeaf: boolean
  /** A session to restore in a new tab. */
  sessionId: string | null
  /** Location of the encrypted records. */
  store: 'indexeddb' | 'opfs'
}

export function queryOf(options: Partial<PageOptions>): string {
  const given = Object.entries(options).filter(([, value]) => value !== null && value !== undefined)
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

export function readOptions(query: string): PageOptions {
  const given = new URLSearchParams(query)
  return {
    seed: given.get('seed') ?? '1',
    debounceMs: Number(given.get('debounceMs') ?? 2_000),
    maxWaitMs: Number(given.get('maxWaitMs') ?? 5_000),
    restore: given.get('restore') === 'newest' ? 'newest' : 'all',
    limit: Number(given.get('limit') ?? 400),
    isDeaf: given.get('isDeaf') === 'true',
    sessionId: given.get('sessionId'),
    store: given.get('store') === 'opfs' ? 'opfs' : 'indexeddb',
  }
}
