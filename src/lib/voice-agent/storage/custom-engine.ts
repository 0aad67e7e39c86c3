import type { VoiceStorage } from '../../../../middleware/drivers/storage/ports.js'
import type { Engine, EngineEvents } from './engine.js'
import { asWriteError } from './records/storage-errors.js'

/** Runs the persistence code on a storage that the app passed in, instead of the database. */
export function createCustomEngine({ records, tokens, tab }: VoiceStorage, on: EngineEvents): Engine {
  return {
    tab,
    tokens,
    async open() {
      records.onLost(on.onLost)
      // No status listener: the results of its writes determine the storage status.
      await records.open(() => {})
      return {
        records: {
          ...records,
          async setItem(...args) {
            try {
              await records.setItem(...args)
              on.onWrite(null)
            } catch (thrown) {
              on.onWrite(asWriteError(thrown))
              throw thrown
            }
          },
        },
        findKey: async () => null,
      }
    },
  }
}
