import type { AgentStorage, VoiceStorage } from '../../../../middleware/drivers/storage/ports.js'
import { withTimeout } from '../../../../middleware/waiting.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { type DatabaseOptions, DEFAULT_DATABASE_NAME, openRecords } from './database/open-database.js'
import type { EngineEvents, StorageOptions } from './engine.js'
import { createEra, type Era, late, type Place } from './era.js'
import { asOpenError } from './records/storage-errors.js'
import type { OpenSessionRecords } from './sessions/session-records.js'
import { StorageStatusReporter } from './storage-status.js'
import { createDeletions, notifyErasure } from './tabs/deletion-channel.js'
import { removePageEntries } from './tabs/session-storage.js'

/** Milliseconds in which changes of sessions are collected. A closing page announces its sessions before its locks are free. */
const COLLECT_MS = 100
/** Milliseconds that the next era waits for the previous one to end. */
const LEAVE_LIMIT_MS = 10_000
/** The same for an era that is about to be erased and need not be saved. */
const ABANDON_LIMIT_MS = 2_000

/** Returns false if it is certain that the database does not exist, because opening it would create it. */
async function mayExist({
  databaseName = DEFAULT_DATABASE_NAME,
  driver,
  store,
}: DatabaseOptions): Promise<boolean> {
  if (driver !== undefined || store !== undefined) return true
  try {
    const databases = await globalThis.indexedDB.databases()
    return databases.some(({ name }) => name === databaseName)
  } catch {
    // Older browsers can't list them.
    return true
  }
}

/**
 * Deletes everything that this package has stored in one database, and in this tab's sessionStorage, and notifies the other tabs.
 *
 * Needs no key, and opens its own connection, so it works whatever state the page's connection is in.
 * If it rejects, nothing was deleted.
 */
async function eraseStored(options: DatabaseOptions): Promise<void> {
  const { databaseName = DEFAULT_DATABASE_NAME } = options
  if (await mayExist(options)) {
    try {
      const store = await openRecords(options)
      const generation = await store.erase().finally(() => store.close())
      const others = createDeletions(databaseName)
      others.announceErasure(generation)
      others.close()
    } catch (error) {
      // Without IndexedDB nothing was ever stored.
      if (options.driver !== undefined || options.store !== undefined || globalThis.indexedDB !== undefined)
        throw error
    }
  }
  removePageEntries(databaseName)
  notifyErasure(databaseName)
}

/** Like {@link eraseStored}, for a storage that the app passed in. */
async function eraseCustom(storage: VoiceStorage): Promise<void> {
  if (storage.eraseAll) await storage.eraseAll()
  else for (const { id } of await storage.records.list()) await storage.records.removeItem(id)
  storage.tokens.clear()
}

/**
 * Creates a tab's storage: encrypted sessions in IndexedDB, the encrypted token in sessionStorage, the tab's identity.
 *
 * The first call opens the database. If that fails, everything stays in memory and the status becomes `memory`.
 *
 * @example
 * const storage = createStorage({ databaseName: 'my-app', restore: 'all' })
 * const sessions = await storage.records.list()
 */
export function createStorage(options: StorageOptions = {}): AgentStorage {
  const { storage: customStorage, scope = null, consent = true } = options
  const report = new StorageStatusReporter()
  let onLost = () => {}
  let onErased = () => {}
  let onDeleted: EngineEvents['onDeleted'] = () => {}
  let onChanged: (sessionIds: string[]) => void = () => {}
  let onAlmostFull: EngineEvents['onAlmostFull'] = () => {}
  const changed = new Set<string>()
  let isClosed = false
  let place: Place = { scope, consent }
  /** Sessions of previous eras, which a late save must not write into this one. */
  const formerSessions = new Set<string>()
  let era = beginEra(customStorage && scope !== null ? reopenCustom({ scope }) : null)

  customStorage?.onErased?.(() => onErased())
  customStorage?.onChanged?.((sessionIds) => onChanged(sessionIds))

  function collectChange(sessionId: string): void {
    if (changed.size === 0) {
      setTimeout(() => {
        const sessionIds = [...changed]
        changed.clear()
        if (!isClosed) onChanged(sessionIds)
      }, COLLECT_MS)
    }
    changed.add(sessionId)
  }

  function beginEra(after: Promise<unknown> | null): Era {
    const begun: Era = createEra({
      options,
      place,
      report,
      after,
      onLost: () => onLost(),
      onDeleted: (sessionIds, reason) => onDeleted(sessionIds, reason),
      onChanged: collectChange,
      onAlmostFull: (fill) => onAlmostFull(fill),
      onErased: () => {
        if (begun === era) void leaveErased()
      },
    })
    return begun
  }

  /** Ends this era with `leave` and begins one at `place`, which opens once `leave` is done. */
  function replaceEra(leave: (former: Era) => Promise<void>, keepsSessions = false): Promise<void> {
    const former = era
    if (!keepsSessions) for (const sessionId of former.sessions) formerSessions.add(sessionId)
    const left = withTimeout(LEAVE_LIMIT_MS, leave(former), late)
    era = beginEra(left)
    return left
  }

  /** Ends the era, because another page has erased everything. */
  async function leaveErased(): Promise<void> {
    const left = replaceEra(async (former) => {
      removePageEntries((await former.findOptions()).databaseName ?? DEFAULT_DATABASE_NAME)
      await former.abandon()
    })
    onErased()
    await left.catch(() => {})
  }

  async function reopenCustom(to: Partial<Place>): Promise<void> {
    if (!customStorage?.reopen) throw new VoiceAgentError('invalid-option', 'This storage has no reopen().')
    await customStorage.reopen({ scope: to.scope ?? null })
  }

  function current(): Era {
    // Reject calls after close(): they would reopen the storage and leak it.
    if (isClosed) throw new VoiceAgentError('disposed')
    return era
  }

  /** Runs a task synchronously if the database is open, otherwise after opening it. */
  async function withRecords<T>(task: (records: OpenSessionRecords) => Promise<T>): Promise<T> {
    const { opened, ensureOpen } = current()
    return task((opened ?? (await ensureOpen())).records)
  }

  /** Runs a task that the user requested. Its error says what the user can do. */
  const withUserFacingErrors = <T>(task: (records: OpenSessionRecords) => Promise<T>) =>
    withRecords(task).catch((error: unknown) => {
      const detail = "Stored conversations can't be reached. Try again, or reload."
      throw asOpenError(error, detail)
    })

  /** Runs a task that creates or opens a session. */
  function beginSession<T>(sessionId: string, task: (records: OpenSessionRecords) => Promise<T>): Promise<T> {
    formerSessions.delete(sessionId)
    if (!isClosed) era.sessions.add(sessionId)
    return withRecords(task)
  }

  const records: AgentStorage['records'] = {
    async open(onStatus) {
      report.listen(onStatus)
      await current().ensureOpen()
      return report.status
    },
    onLost(listener) {
      onLost = listener
    },
    onDeleted(listener) {
      onDeleted = listener
    },
    create: (sessionId) => beginSession(sessionId, async (open) => (await open.create(sessionId)) ?? null),
    getItem: (sessionId) => beginSession(sessionId, (open) => open.getItem(sessionId)),
    async setItem(sessionId, snapshot) {
      if (formerSessions.has(sessionId)) throw new VoiceAgentError('superseded')
      return withRecords((open) => open.setItem(sessionId, snapshot))
    },
    removeItem: (sessionId) => withUserFacingErrors((open) => open.removeItem(sessionId)),
    stage(snapshot) {
      if (formerSessions.has(snapshot.head.id)) return
      void withRecords(async (open) => open.stage(snapshot)).catch(() => undefined)
    },
    flushSync: () => era.opened?.records.flushSync(),
    reloadIfNewer: (sessionId) => withRecords((open) => open.reloadIfNewer(sessionId)),
    findSessionOfTab: (tabId) => withRecords((open) => open.findSessionOfTab(tabId)),
    release: (sessionId) => withRecords((open) => open.release(sessionId)),
    quarantine: (sessionId, error) => era.opened?.records.quarantine(sessionId, error),
    readEarlier: (sessionId, index, depth) =>
      withRecords((open) => open.readEarlier(sessionId, index, depth)),
    list: (options) => withUserFacingErrors((open) => open.list(options)),
    removeExpired: (before, keep) => withUserFacingErrors((open) => open.removeExpired(before, keep)),
    async close() {
      isClosed = true
      await era.close()
    },
  }

  return {
    records,
    tokens: {
      read: () => era.engine?.tokens.read() ?? null,
      save: (sessionId, token) =>
        new Promise((resolve, reject) => {
          // Runs synchronously or in order, so that a later clear() comes after it.
          era.run(({ tokens }) => void tokens.save(sessionId, token).then(resolve, reject))
        }),
      clear: () => era.run(({ tokens }) => tokens.clear()),
      openSession: () => era.engine?.tokens.openSession() ?? null,
      setOpenSession: (sessionId) => era.run(({ tokens }) => tokens.setOpenSession(sessionId)),
    },
    tab: {
      claim: async () => (await current().ready()).tab.claim(),
      release: () => era.run(({ tab }) => tab.release()),
      setCallIntent: (intent) => era.setCallIntent(intent),
      callIntent: () => era.engine?.tab.callIntent() ?? null,
      isTokenMissing: () => era.engine?.tab.isTokenMissing() ?? false,
    },
    async eraseAll() {
      current()
      if (customStorage) return eraseCustom(customStorage)
      await replaceEra(async (former) => {
        // Stops writing first. Does not wait for a database that hangs while opening.
        const abandoned = withTimeout(ABANDON_LIMIT_MS, former.abandon(), late).catch(() => {})
        await eraseStored(await former.findOptions())
        await abandoned
      })
    },
    async reopen(to) {
      current()
      const former = place
      place = { ...place, ...to }
      const isSameUser = place.scope === former.scope
      if (isSameUser && place.consent === former.consent) return
      // Also cancels a save that is still encrypting.
      if (place.consent !== true) era.run(({ tokens }) => tokens.clear())
      await replaceEra(async (leaving) => {
        if (!customStorage) await leaving.close()
        else leaving.end()
        if (customStorage && !isSameUser) await reopenCustom(place)
      }, isSameUser)
    },
    onErased(listener) {
      onErased = listener
    },
    onChanged(listener) {
      onChanged = listener
    },
    onAlmostFull(listener) {
      onAlmostFull = listener
    },
    async channelOf(sessionId) {
      const { opened, ensureOpen, findOptions } = current()
      if (customStorage) return (await customStorage.channelOf?.(sessionId)) ?? null
      const { databaseName = DEFAULT_DATABASE_NAME } = await findOptions()
      const key = await (opened ?? (await ensureOpen())).findKey(sessionId, 'encrypt')
      return key ? { name: `redux-voice-agent:${databaseName}:mirror:${sessionId}`, key } : null
    },
    async tools() {
      const { opened, ensureOpen } = current()
      return (opened ?? (await ensureOpen())).tools()
    },
  }
}
