import type { Engine, EngineEvents } from './engine.js'
import { asWriteError } from './records/storage-errors.js'
import type { VoiceStorage } from './voice-storage.js'

/** An app's own storage in place of the database: sessions are kept and restored in it by the same code. */
export function createCustomEngine({ records, tokens, tab }: VoiceStorage, on: EngineEvents): Engine {
  return {
    tab,
    tokens,
    async open() {
      records.onLost(on.onLost)
      // How well it keeps things its writes tell.
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
