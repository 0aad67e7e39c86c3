import { nanoid } from '@reduxjs/toolkit'
import type { PersistMigrate } from 'redux-persist'
import {
  asVoiceAgentError,
  type KeyProtection,
  type StorageStatus,
  toVoiceError,
  VoiceAgentError,
  type VoiceError,
} from '../../../store/index.js'
import type { Command, CommandRunners, Event } from '../../live/state.js'
import { withTimeout } from '../../waiting.js'
import type { AgentToken, StoredToken } from '../token/ports.js'
import type { VoiceStorage } from './ports.js'
import { readSession } from './read-session.js'

type CommandNamed<Type extends Command['type']> = Extract<Command, { type: Type }>

/** Milliseconds after which a storage that does not answer counts as failed, so that every request is answered. */
const storageTimeout = 15_000

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
    | 'readEarlier'
    | 'flush'
  >
  /** Rejects with `storage-unavailable` if `work` takes longer than the storage may. */
  inTime<T>(work: Promise<T>): Promise<T>
  /** Runs work on a session after all that was requested for it before. */
  inTurn<T>(sessionId: string, work: () => Promise<T>): Promise<T>
  /** Resolves when the present work on all sessions has ended. */
  settled(): Promise<unknown>
  /** Opens the storage and identifies the tab. Null after disposal. */
  open(): Promise<Extract<Event, { type: 'storageOpened' }> | null>
}

/** Answers the transition's questions to the storage. Work on one session runs in the order of its requests. */
export function createStorageDriver({
  storage: { records, tokens, tab },
  version,
  migrate,
  signal,
  feed,
  warn,
  flush,
  onReleased,
  setToken,
  currentToken,
}: {
  storage: VoiceStorage
  version: number
  migrate: PersistMigrate | undefined
  /** Aborts when the agent is disposed. */
  signal: AbortSignal
  feed(event: Event): void
  warn(error: unknown): void
  /** Saves pending changes. `isForced`: even while DevTools show the past. */
  flush(options: { isForced: boolean }): Promise<void>
  onReleased(sessionId: string): void
  setToken(epoch: number, token: AgentToken): boolean
  currentToken(epoch: number): AgentToken | null
}): StorageDriver {
  /** Last work on each session, so that a read can't overtake an earlier release. */
  const tails = new Map<string, Promise<unknown>>()
  let tabToken: StoredToken | null = null

  const late = () =>
    new VoiceAgentError('storage-unavailable', 'The storage did not answer in time.', { recoverable: true })
  const inTime: StorageDriver['inTime'] = (work) => withTimeout(storageTimeout, work, late)

  function inTurn<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    const before = tails.get(sessionId) ?? Promise.resolve()
    // Work that hangs must not block later work.
    const done = inTime(before.catch(() => undefined).then(work))
    const tail = done.catch(() => undefined)
    tails.set(sessionId, tail)
    void tail.then(() => {
      if (tails.get(sessionId) === tail) tails.delete(sessionId)
    })
    return done
  }

  async function open(): ReturnType<StorageDriver['open']> {
    const report = (storage: StorageStatus, error: VoiceError | null) => {
      if (!signal.aborted) feed({ type: 'storageReported', storage, error })
    }
    // The page works without its storage, and says so.
    await inTime(records.open(report)).catch((error: unknown) => {
      warn(error)
      report('memory', toVoiceError(error, 'storage-unavailable'))
    })
    // A page that has closed must not take the tab's identity from the next one.
    if (signal.aborted) return null
    const { tabId, isDuplicate } = await inTime(tab.claim()).catch((error: unknown) => {
      warn(error)
      // Without a claim this may be a duplicated tab, which restores nothing.
      return { tabId: nanoid(), isDuplicate: true }
    })
    return { type: 'storageOpened', tabId, isDuplicate }
  }

  async function openTabToken({ jobId, epoch }: CommandNamed<'openTabToken'>): Promise<Event> {
    try {
      if (!tabToken) throw new VoiceAgentError('token-malformed', 'The stored token is gone.')
      const { expiresAt } = tabToken
      const opened = await inTime(tabToken.open())
      const token = { ...opened, expiresAt: Math.min(expiresAt, opened.expiresAt) }
      const isFresh = setToken(epoch, token)
      return { type: 'tabTokenOpened', jobId, expiresAt: token.expiresAt, isFresh }
    } catch (thrown) {
      return { type: 'tabTokenUnreadable', jobId, error: asVoiceAgentError(thrown, 'session-unreadable') }
    }
  }

  /** Creates the key first, so that all data of the session can be encrypted with it. */
  async function createRecords(id: string): Promise<{ id: string; keyProtection: KeyProtection | null }> {
    try {
      return { id, keyProtection: (await records.create(id)) ?? null }
    } catch (error) {
      const { code } = toVoiceError(error, 'storage-unavailable')
      if (code !== 'session-exists' && code !== 'session-open-elsewhere') throw error
      // The server named a stored session, whose conversation must not be overwritten.
      const ownId = nanoid()
      return { id: ownId, keyProtection: (await records.create(ownId)) ?? null }
    }
  }

  async function create({ jobId, epoch, sessionId }: CommandNamed<'createSession'>): Promise<Event> {
    try {
      const created = await inTurn(sessionId, async () => {
        const { id, keyProtection } = await createRecords(sessionId)
        // Without its token the next page would not know that this session belongs to the tab.
        const token = currentToken(epoch)
        if (token) await tokens.save(id, token)
        return { sessionId: id, keyProtection }
      })
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
    let isLate = false
    const reading = inTurn(sessionId, async () => {
      const stored = await readSession(sessionId, records, { version, migrate })
      // No request waits for it now, so another tab may open it.
      if (isLate && stored) await records.release(sessionId)
      return stored
    })
    try {
      return { type: 'sessionRead', sessionId, stored: await reading }
    } catch (thrown) {
      isLate = true
      return { type: 'sessionUnreadable', sessionId, error: asVoiceAgentError(thrown, 'session-unreadable') }
    }
  }

  async function reload({ sessionId }: CommandNamed<'reloadIfNewer'>): Promise<Event | null> {
    const stored = await inTurn(sessionId, () => records.reloadIfNewer(sessionId)).catch(warn)
    return stored ? { type: 'sessionReloaded', stored } : null
  }

  async function release({ sessionId, requestIds }: CommandNamed<'releaseSession'>): Promise<Event> {
    // Starts in this task, so that it captures the session before the next one begins.
    const flushed = flush({ isForced: true })
    await inTurn(sessionId, async () => {
      await flushed
      await records.release(sessionId)
      onReleased(sessionId)
    }).catch(warn)
    return { type: 'sessionReleased', requestIds }
  }

  async function remove({ requestId, sessionId }: CommandNamed<'deleteSession'>): Promise<Event> {
    const error = await inTurn(sessionId, () => records.removeItem(sessionId)).then(
      () => null,
      (thrown: unknown) => asVoiceAgentError(thrown, 'storage-unavailable'),
    )
    return { type: 'sessionDeleted', requestId, error }
  }

  async function readEarlier({ sessionId, index }: CommandNamed<'readEarlier'>): Promise<Event> {
    try {
      const range = await inTime(records.readEarlier(sessionId, index, 'newest'))
      return { type: 'earlierRead', sessionId, index, range }
    } catch (thrown) {
      const error = asVoiceAgentError(thrown, 'session-unreadable')
      return { type: 'earlierUnreadable', sessionId, index, error }
    }
  }

  /** Reads in one task, so that nothing of another session comes between. */
  async function readTabToken({ jobId }: CommandNamed<'readTabToken'>): Promise<Event> {
    tabToken = tokens.read()
    const token = tabToken && { sessionId: tabToken.persistedSessionId }
    return { type: 'tabTokenRead', jobId, token, isCallDue: tab.consumePendingCall() }
  }

  async function flushNow({ requestId }: CommandNamed<'flush'>): Promise<Event> {
    await inTime(flush({ isForced: false })).catch(warn)
    return { type: 'flushed', requestId }
  }

  /** Feeds the answer, if there is one. */
  const answering =
    <OfType>(work: (command: OfType) => Promise<Event | null>) =>
    (command: OfType) =>
      void work(command).then((event) => event && feed(event), warn)

  return {
    inTime,
    inTurn,
    settled: () => Promise.allSettled(tails.values()),
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
      readEarlier: answering(readEarlier),
      flush: answering(flushNow),
    },
  }
}
