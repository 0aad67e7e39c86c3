import { nanoid } from '@reduxjs/toolkit'
import type {
  AgentStorage,
  CallIntent,
  StoredSession,
  VoiceStorage,
} from '../../../../middleware/drivers/storage/ports.js'
import type { StoredToken } from '../../../../middleware/drivers/token/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { compareSummaries } from './sessions/list-sessions.js'
import type { OpenSessionRecords } from './sessions/session-records.js'

const nothing = async () => {}
const ignore = () => {}

/** Storage of an agent that stores nothing: there is no session to restore, and a token lives only in the middleware. */
export function createNullStorage(tabId = nanoid()): AgentStorage {
  return {
    records: {
      async open(onStatus) {
        onStatus('memory', null)
        return 'memory'
      },
      onLost: ignore,
      onDeleted: ignore,
      create: nothing,
      getItem: async () => null,
      setItem: async () => null,
      removeItem: nothing,
      list: async () => [],
      findSessionOfTab: async () => null,
      stage: ignore,
      flushSync: ignore,
      reloadIfNewer: async () => null,
      release: nothing,
      quarantine: ignore,
      readEarlier: async () => ({ messages: [], firstLoadedIndex: 0 }),
      removeExpired: async () => 0,
      close: nothing,
    },
    tokens: {
      read: () => null,
      save: nothing,
      clear: ignore,
      openSession: () => null,
      setOpenSession: ignore,
    },
    tab: {
      claim: async () => ({ tabId, isDuplicate: false }),
      release: ignore,
      setCallIntent: ignore,
      callIntent: () => null,
      isTokenMissing: () => false,
    },
    eraseAll: nothing,
    reopen: nothing,
    onErased: ignore,
    onChanged: ignore,
    onAlmostFull: ignore,
    channelOf: async () => null,
    async tools() {
      throw new VoiceAgentError('storage-unavailable')
    },
  }
}

/**
 * Creates session records in memory, for pages that can't store anything and for tests.
 *
 * @param failure Why the database is not open. A session that is not in memory may be in it, so its deletion is rejected with this.
 */
export function createMemoryRecords(failure?: unknown): OpenSessionRecords {
  const sessions = new Map<string, StoredSession>()
  /** Ids of the sessions that began here. They are not in the database. */
  const own = new Set<string>()
  return {
    ...createNullStorage().records,
    async create(sessionId) {
      if (sessions.has(sessionId)) throw new VoiceAgentError('session-exists')
      own.add(sessionId)
    },
    getItem: async (sessionId) => sessions.get(sessionId) ?? null,
    async setItem(sessionId, snapshot) {
      own.add(sessionId)
      const stored = sessions.get(sessionId)
      if (stored && snapshot.revision <= stored.revision) return null
      // A snapshot holds only the loaded messages, so the earlier ones are kept from the stored session.
      const earlier = stored?.messages.slice(0, snapshot.firstLoadedIndex) ?? []
      sessions.set(sessionId, {
        ...snapshot,
        messages: [...earlier, ...snapshot.messages.slice(0, snapshot.messages.length)],
        firstLoadedIndex: 0,
      })
      return null
    },
    async removeItem(sessionId) {
      if (!own.has(sessionId) && failure !== undefined) throw failure
      sessions.delete(sessionId)
    },
    async readEarlier(sessionId, index) {
      return { messages: sessions.get(sessionId)?.messages.slice(0, index) ?? [], firstLoadedIndex: 0 }
    },
    list: async ({ limit, before } = {}) =>
      [...sessions.values()]
        .map(({ head: { id, tabId, createdAt, updatedAt, messageCount } }) => ({
          id,
          tabId,
          createdAt,
          updatedAt,
          messageCount,
          isOpenElsewhere: false,
        }))
        .sort(compareSummaries)
        .filter((session) => !before || compareSummaries(session, before) > 0)
        .slice(0, limit),
    async removeExpired(before, keep) {
      const expired = [...sessions.values()].filter(
        ({ head }) => head.updatedAt < before && !keep.includes(head.id),
      )
      for (const { head } of expired) sessions.delete(head.id)
      return expired.length
    },
  }
}

/** Creates a token vault in memory. */
export function createMemoryTokens(): AgentStorage['tokens'] {
  let held: StoredToken | null = null
  let openSession: string | null = null
  return {
    read: () => held,
    async save(persistedSessionId, token) {
      held = { persistedSessionId, expiresAt: token.expiresAt, open: async () => token }
      openSession = null
    },
    clear() {
      held = openSession = null
    },
    openSession: () => openSession,
    setOpenSession(sessionId) {
      held = null
      openSession = sessionId
    },
  }
}

/**
 * Creates a storage that keeps everything in memory, for tests and stories of your app. Pass it to a second agent to
 * restore the sessions of the first, as after a reload.
 *
 * @param tabId Value of `session.tabId`. @default a random id
 * @example
 * const storage = memoryStorage()
 * const voiceAgent = createVoiceAgent({ apiEndpoint, transport: scriptedTransport(), persistence: { storage } })
 */
export function memoryStorage(tabId?: string): VoiceStorage {
  const { records, tab } = createNullStorage(tabId)
  const create = () => ({ records: createMemoryRecords(), tokens: createMemoryTokens() })
  const scopes = new Map<string | null, ReturnType<typeof create>>()
  let currentScope: string | null = null
  let current = create()
  let callIntent: CallIntent = null
  return {
    records: {
      ...records,
      create: (...args) => current.records.create(...args),
      getItem: (...args) => current.records.getItem(...args),
      setItem: (...args) => current.records.setItem(...args),
      removeItem: (...args) => current.records.removeItem(...args),
      list: (...args) => current.records.list(...args),
      readEarlier: (...args) => current.records.readEarlier(...args),
      removeExpired: (...args) => current.records.removeExpired(...args),
    },
    tokens: {
      read: () => current.tokens.read(),
      save: (...args) => current.tokens.save(...args),
      clear: () => current.tokens.clear(),
      openSession: () => current.tokens.openSession(),
      setOpenSession: (sessionId) => current.tokens.setOpenSession(sessionId),
    },
    tab: {
      ...tab,
      setCallIntent(intent) {
        callIntent = intent
      },
      callIntent: () => callIntent,
    },
    async eraseAll() {
      current = create()
    },
    async reopen({ scope = currentScope }) {
      scopes.set(currentScope, current)
      currentScope = scope
      current = scopes.get(scope) ?? create()
    },
  }
}
