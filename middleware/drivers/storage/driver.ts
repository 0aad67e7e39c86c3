import { nanoid } from '@reduxjs/toolkit'
import type { PersistMigrate } from 'redux-persist'
import {
  asVoiceAgentError,
  type KeyProtection,
  type StorageStatus,
  toVoiceError,
  VoiceAgentError,
  type VoiceError,
  type VoiceErrorCode,
} from '../../../store/index.js'
import type { CommandNamed, CommandRunners, Event } from '../../live/events.js'
import { withTimeout } from '../../waiting.js'
import type { TokenDriver } from '../token/driver.js'
import type { StoredToken } from '../token/ports.js'
import { isFresh } from '../token/token-source.js'
import type { AgentStorage, RestoreDepth } from './ports.js'
import { READ_LIMIT_MS, readSession, renameStored, storageUnanswered } from './stored-session.js'

/** Milliseconds after which an unresponsive storage counts as failed, so that every request is answered. */
const STORAGE_LIMIT_MS = 15_000
/** Shorter limit for a session's last save, so that its release begins in its turn. A later one would close the session if it was read again. */
const LAST_SAVE_LIMIT_MS = 10_000
/** Shorter limits for each step of creating a session, because a call waits for it: normally, and after the storage has timed out. */
const CREATE_LIMIT_MS = 5_000
const SILENT_LIMIT_MS = 1_000

interface CreatedRecords {
  id: string
  /** Null if unknown. */
  keyProtection: KeyProtection | null
}

/** Runs commands, and feeds the event that each one results in, if there is one. */
export const createAnswering =
  (feed: (event: Event) => void, warn: (error: unknown) => void) =>
  <OfType>(work: (command: OfType) => Promise<Event | null>) =>
  (command: OfType) =>
    void work(command).then((event) => event && feed(event), warn)

/** Resolves with the error of `work`, or null. */
export const errorOf = (work: Promise<unknown>, fallback: VoiceErrorCode): Promise<VoiceAgentError | null> =>
  work.then(
    () => null,
    (thrown: unknown) => asVoiceAgentError(thrown, fallback),
  )

export interface StorageDriver {
  runners: CommandRunners<
    | 'openStorage'
    | 'readTabToken'
    | 'openTabToken'
    | 'createSession'
    | 'checkSession'
    | 'readSession'
    | 'reloadIfNewer'
    | 'releaseSession'
    | 'deleteSession'
    | 'renameSession'
    | 'saveRenamed'
    | 'readEarlier'
    | 'flush'
  >
  /** Rejects with `storage-unreachable` if `work` exceeds the storage's time limit. */
  inTime<T>(work: Promise<T>): Promise<T>
  /** Runs work on a session after all earlier work on it. */
  inTurn<T>(sessionId: string, work: () => Promise<T>): Promise<T>
  /** Reads messages before the loaded ones: one segment, or all of them. */
  readEarlier(sessionId: string, index: number, depth: RestoreDepth): Promise<Event>
  /** Resolves when all current work on sessions has ended. */
  settled(): Promise<unknown>
  /** Resolves when all requested deletions have ended. */
  removed(): Promise<unknown>
  /** Id of the tab that this one was duplicated from; null if it was not duplicated, or if that is unknown. */
  originalTabId(): string | null
  /** Opens the storage and identifies the tab. Null after disposal. */
  open(): Promise<Extract<Event, { type: 'storageOpened' }> | null>
}

/** Runs the transition's storage commands. Work on one session runs in request order. */
export function createStorageDriver({
  storage: { records, tokens, tab },
  version,
  migrate,
  signal,
  feed,
  warn,
  flush,
  saveErrorOf,
  onReleased,
  tokenDriver,
}: {
  storage: AgentStorage
  version: number
  migrate: PersistMigrate | undefined
  /** Aborts when the agent is disposed. */
  signal: AbortSignal
  feed(event: Event): void
  warn(error: unknown): void
  /** Saves pending changes. `isForced`: even while DevTools show a past state. */
  flush(options: { isForced: boolean }): Promise<void>
  /** Error of the last save if it was for this session and failed; null otherwise. */
  saveErrorOf(sessionId: string): unknown
  onReleased(sessionId: string): void
  tokenDriver: Pick<TokenDriver, 'waitFor' | 'setToken' | 'current'>
}): StorageDriver {
  /** Last work on each session, so that a read can't overtake an earlier release. */
  const tails = new Map<string, Promise<unknown>>()
  let removals: Promise<unknown> = Promise.resolve()
  let tabToken: StoredToken | null = null
  /** True if the last read timed out. */
  let isSilent = false
  let ownTabId: string | null = null
  let originalTabId: string | null = null

  const inTime = <T>(work: Promise<T>, ms = STORAGE_LIMIT_MS): Promise<T> =>
    withTimeout(ms, work, storageUnanswered)

  /** @param isLimited False for work with its own time limits. @default true */
  function inTurn<T>(sessionId: string, work: () => Promise<T>, isLimited = true): Promise<T> {
    const before = tails.get(sessionId) ?? Promise.resolve()
    // Limited, because work that hangs must not block later work. The limit starts with the work: if work timed out while waiting, it would run
    // after later work.
    const done = before.then(() => (isLimited ? inTime(work()) : work()))
    const tail = done.catch(() => undefined)
    tails.set(sessionId, tail)
    void tail.then(() => {
      if (tails.get(sessionId) === tail) tails.delete(sessionId)
    })
    return done
  }

  async function open(): ReturnType<StorageDriver['open']> {
    // The agent's end closes the storage as soon as its last tasks are done.
    if (signal.aborted) return null
    const report = (storage: StorageStatus, error: VoiceError | null) => {
      if (!signal.aborted) feed({ type: 'storageReported', storage, error })
    }
    // The page works without its storage, and reports that.
    const opening = inTime(records.open(report)).catch((error: unknown) => {
      warn(error)
      report('memory', toVoiceError(error, 'storage-unavailable'))
    })
    // In parallel with the database, so that a page that is reloaded before it has opened can still leave its call to the next page.
    const claiming = inTime(tab.claim()).catch((error: unknown) => {
      warn(error)
      // Without a claim, this may be a duplicated tab, which must not restore anything.
      return { tabId: nanoid(), isDuplicate: true, copiedFrom: undefined }
    })
    const [{ tabId, isDuplicate, copiedFrom = null }] = await Promise.all([claiming, opening])
    if (signal.aborted) return null
    ownTabId = tabId
    originalTabId = copiedFrom
    return { type: 'storageOpened', tabId, isDuplicate }
  }

  function openTabToken({ jobId, epoch }: CommandNamed<'openTabToken'>): Promise<Event> {
    const opening = decryptTabToken(jobId, epoch)
    if (tabToken) tokenDriver.waitFor(epoch, tabToken.persistedSessionId, opening)
    return opening
  }

  async function decryptTabToken(jobId: number, epoch: number): Promise<Event> {
    try {
      if (!tabToken) throw new VoiceAgentError('token-malformed', 'The stored token is gone.')
      const { expiresAt } = tabToken
      const opened = await inTime(tabToken.open(), READ_LIMIT_MS)
      const token = { ...opened, expiresAt: Math.min(expiresAt, opened.expiresAt) }
      return { type: 'tabTokenOpened', jobId, isFresh: tokenDriver.setToken(epoch, token) }
    } catch (thrown) {
      return { type: 'tabTokenUnreadable', jobId, error: asVoiceAgentError(thrown, 'session-unreadable') }
    }
  }

  /** Runs a step of creating a session. Continues without its result if it times out, because a call waits for the session. */
  async function step<T>(work: Promise<T>, otherwise: T): Promise<T> {
    const unanswered = storageUnanswered()
    try {
      return await withTimeout(isSilent ? SILENT_LIMIT_MS : CREATE_LIMIT_MS, work, () => unanswered)
    } catch (error) {
      if (error !== unanswered) throw error
      isSilent = true
      warn(error)
      return otherwise
    }
  }

  const createKey = async (id: string): Promise<KeyProtection | null> => (await records.create(id)) ?? null

  /** Creates a session. Returns null if one with this id is or may be stored, because its conversation must not be overwritten. */
  async function createUnlessStored(id: string): Promise<CreatedRecords | null> {
    const creating = createKey(id).then(
      (keyProtection) => ({ id, keyProtection }),
      (error: unknown) => {
        const { code } = toVoiceError(error, 'storage-unavailable')
        if (code !== 'session-exists' && code !== 'session-open-elsewhere') throw error
        return null
      },
    )
    let isLate = false
    const unanswered = { id, keyProtection: null }
    const created = step(creating, unanswered).then((answer) => {
      isLate = answer === unanswered
      return isLate ? null : answer
    })
    // A session created too late is not used in this page, so let other tabs open it.
    const releaseLate = async () => {
      if ((await creating) && isLate) await records.release(id)
    }
    releaseLate().catch(() => undefined)
    return created
  }

  /** Creates the key first, so that all data of the session can be encrypted with it. */
  async function createRecords(sessionId: string): Promise<CreatedRecords> {
    const created = await createUnlessStored(sessionId)
    if (created) return created
    const id = nanoid()
    return { id, keyProtection: await step(createKey(id), null) }
  }

  async function create({ jobId, epoch, sessionId }: CommandNamed<'createSession'>): Promise<Event> {
    try {
      const work = async () => {
        const { id, keyProtection } = await createRecords(sessionId)
        // Without its token, the next page would not know that this session belongs to the tab.
        const token = tokenDriver.current(epoch)
        if (token) await step(tokens.save(id, token), undefined)
        return { sessionId: id, keyProtection }
      }
      const created = await inTurn(sessionId, work, false)
      return { type: 'sessionCreated', jobId, ...created, at: Date.now() }
    } catch (thrown) {
      const error = asVoiceAgentError(thrown, 'storage-unavailable')
      return { type: 'sessionNotCreated', jobId, error, at: Date.now() }
    }
  }

  async function check({ jobId, sessionId }: CommandNamed<'checkSession'>): Promise<Event> {
    const stored = await inTime(records.list()).catch((error: unknown) => {
      warn(error)
      return []
    })
    const isRestorable = stored.some(({ id, isOpenElsewhere }) => id === sessionId && !isOpenElsewhere)
    return { type: 'sessionChecked', jobId, isRestorable, at: Date.now() }
  }

  async function read({ sessionId }: CommandNamed<'readSession'>): Promise<Event> {
    try {
      const work = () => readSession(sessionId, records, { version, migrate })
      const stored = await inTurn(sessionId, work, false)
      isSilent = false
      return { type: 'sessionRead', sessionId, stored }
    } catch (thrown) {
      const error = asVoiceAgentError(thrown, 'session-unreadable')
      if (error.code === 'storage-unreachable') isSilent = true
      return { type: 'sessionUnreadable', sessionId, error }
    }
  }

  async function reload({ sessionId }: CommandNamed<'reloadIfNewer'>): Promise<Event | null> {
    const stored = await inTurn(sessionId, () => records.reloadIfNewer(sessionId)).catch(warn)
    return stored ? { type: 'sessionReloaded', stored } : null
  }

  async function release({ sessionId, requestIds }: CommandNamed<'releaseSession'>): Promise<Event> {
    // Starts synchronously, so that it captures the session before the next one replaces it.
    const flushed = flush({ isForced: true })
    const save = async () => {
      await flushed
      // Reopens a lost connection. Once the session is released, another tab may write it, so this is the last chance to save it.
      if (saveErrorOf(sessionId) !== null) await flush({ isForced: true })
    }
    const releasing = inTurn(sessionId, async () => {
      await inTime(save(), LAST_SAVE_LIMIT_MS).catch(warn)
      await records.release(sessionId)
    })
    // Not after a release that ends too late, because a later read may have opened the session again.
    await releasing.then(() => onReleased(sessionId), warn)
    return { type: 'sessionReleased', requestIds }
  }

  async function remove({ requestId, sessionId }: CommandNamed<'deleteSession'>): Promise<Event> {
    const removing = inTurn(sessionId, () => records.removeItem(sessionId))
    removals = Promise.allSettled([removals, removing])
    return { type: 'sessionDeleted', requestId, error: await errorOf(removing, 'storage-unreachable') }
  }

  async function rename(command: CommandNamed<'renameSession'>): Promise<Event> {
    const { requestId, sessionId, title, isOpening } = command
    if (isOpening) {
      await inTurn(sessionId, async () => undefined).catch(warn)
      return { type: 'renameDue', requestId, sessionId, title }
    }
    const work = () => renameStored(sessionId, title, records)
    const error = await errorOf(inTurn(sessionId, work, false), 'change-failed')
    return { type: 'storedRenamed', requestId, error }
  }

  async function saveRenamed({ requestId, sessionId }: CommandNamed<'saveRenamed'>): Promise<Event> {
    const thrown = await inTime(flush({ isForced: false })).then(
      () => saveErrorOf(sessionId),
      (late: unknown) => late,
    )
    const error = thrown === null ? null : asVoiceAgentError(thrown, 'storage-write-failed')
    return { type: 'storedRenamed', requestId, error }
  }

  async function readEarlier(sessionId: string, index: number, depth: RestoreDepth): Promise<Event> {
    try {
      const range = await inTime(records.readEarlier(sessionId, index, depth))
      return { type: 'earlierRead', sessionId, index, range }
    } catch (thrown) {
      const error = asVoiceAgentError(thrown, 'session-unreadable')
      return { type: 'earlierUnreadable', sessionId, index, error }
    }
  }

  /** Finds the tab's session if its token could not be stored. */
  async function findSessionOfTab(): Promise<string | null> {
    if (ownTabId === null || !tab.isTokenMissing()) return null
    return inTime(records.findSessionOfTab(ownTabId)).catch((error: unknown) => {
      warn(error)
      return null
    })
  }

  /** Runs synchronously if there is a token, so that no other session can interfere. */
  async function readTabToken({ jobId }: CommandNamed<'readTabToken'>): Promise<Event> {
    tabToken = tokens.read()
    const callIntent = tab.callIntent()
    const token = tabToken && {
      expiresAt: tabToken.expiresAt,
      isFresh: isFresh(tabToken.expiresAt),
    }
    const openSession = token ? null : tokens.openSession()
    const sessionId = tabToken?.persistedSessionId ?? openSession ?? (await findSessionOfTab())
    return { type: 'tabTokenRead', jobId, token, sessionId, isTokenless: openSession !== null, callIntent }
  }

  async function flushNow({ requestId }: CommandNamed<'flush'>): Promise<Event> {
    await inTime(flush({ isForced: false })).catch(warn)
    return { type: 'flushed', requestId }
  }

  const answering = createAnswering(feed, warn)

  return {
    inTime,
    inTurn,
    readEarlier,
    settled: () => Promise.allSettled(tails.values()),
    removed: () => removals,
    originalTabId: () => originalTabId,
    open,
    runners: {
      openStorage: answering(open),
      readTabToken: answering(readTabToken),
      openTabToken: answering(openTabToken),
      createSession: answering(create),
      checkSession: answering(check),
      readSession: answering(read),
      reloadIfNewer: answering(reload),
      releaseSession: answering(release),
      deleteSession: answering(remove),
      renameSession: answering(rename),
      saveRenamed: answering(saveRenamed),
      readEarlier: answering(({ sessionId, index }) => readEarlier(sessionId, index, 'newest')),
      flush: answering(flushNow),
    },
  }
}
