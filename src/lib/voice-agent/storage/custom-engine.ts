import type { VoiceStorage } from '../../../../middleware/drivers/storage/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import type { Engine, EngineEvents } from './engine.js'
import { asWriteError } from './records/storage-errors.js'

/** Swallows errors from the app's code: rethrown, they would leave a request unanswered. */
function attempt<T>(task: () => T, otherwise: T): T {
  try {
    return task()
  } catch {
    return otherwise
  }
}

/** An app's storage may resolve with anything, such as the value that it has stored. Undefined leaves the state unchanged. */
const asKeyProtection = (value: unknown) =>
  value === 'plain' || value === 'wrapped' || value === null ? value : undefined

/** Runs the persistence code on a storage that the app passed in, instead of the database. */
export function createCustomEngine({ records, tokens, tab, tools }: VoiceStorage, on: EngineEvents): Engine {
  return {
    tab: {
      claim: async () => tab.claim(),
      release: () => attempt(() => tab.release(), undefined),
      setCallIntent: (intent) => attempt(() => tab.setCallIntent(intent), undefined),
      callIntent: () => attempt(() => tab.callIntent(), null),
      isTokenMissing: () => attempt(() => tab.isTokenMissing?.() ?? false, false),
    },
    tokens: {
      read: () => attempt(() => tokens.read(), null),
      // A token that can't be stored stays in memory.
      save: async (sessionId, token) => attempt(() => tokens.save(sessionId, token), undefined),
      clear: () => attempt(() => tokens.clear(), undefined),
      openSession: () => attempt(() => tokens.openSession?.() || null, null),
      setOpenSession: (sessionId) =>
        attempt(() => (tokens.setOpenSession ? tokens.setOpenSession(sessionId) : tokens.clear()), undefined),
    },
    async open() {
      records.onLost(on.onLost)
      records.onDeleted?.(on.onDeleted)
      // No status listener: the results of its writes determine the storage status.
      await records.open(() => {})
      return {
        records: {
          ...records,
          create: async (sessionId) => asKeyProtection(await records.create(sessionId)) ?? null,
          findSessionOfTab: async (tabId) => (await records.findSessionOfTab?.(tabId)) ?? null,
          flushSync: () => attempt(() => records.flushSync(), undefined),
          quarantine: (sessionId, error) => attempt(() => records.quarantine(sessionId, error), undefined),
          async setItem(...args) {
            try {
              const keyProtection = await records.setItem(...args)
              on.onWrite(null)
              return asKeyProtection(keyProtection)
            } catch (thrown) {
              on.onWrite(asWriteError(thrown))
              throw thrown
            }
          },
        },
        findKey: async () => null,
        async tools() {
          if (tools) return tools()
          throw new VoiceAgentError(
            'invalid-option',
            'persistence.storage must have tools() for this; it has none.',
          )
        },
        async abandon() {},
      }
    },
  }
}
