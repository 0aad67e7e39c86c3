import { VoiceAgentError } from '../../../../store/index.js'
import type { Engine, Opened } from './engine.js'
import { createMemoryRecords, createMemoryTokens, createNullStorage } from './memory-storage.js'

/**
 * Keeps everything in memory, for a page that may not store anything.
 *
 * @param failure Error that `open` rejects with. @default none
 */
export function createMemoryEngine(failure?: unknown): Engine {
  return {
    tab: createNullStorage().tab,
    tokens: createMemoryTokens(),
    async open() {
      if (failure) throw failure
      return createMemoryOpened()
    },
  }
}

/**
 * Stands in for an open database in a page that can't store anything.
 *
 * @param failure As in `createMemoryRecords`.
 */
export const createMemoryOpened = (failure?: unknown): Opened => ({
  records: createMemoryRecords(failure),
  findKey: async () => null,
  async tools() {
    throw new VoiceAgentError('storage-unavailable', 'This page stores no conversations in this browser.')
  },
  async abandon() {},
})
