import type { PersistMigrate } from 'redux-persist'
import { asVoiceAgentError, VoiceAgentError } from '../../../store/index.js'
import { type Clock, limited } from '../../clock.js'
import type { Command, Event } from '../../live/state.js'
import type { AgentToken, StoredToken } from '../token/ports.js'
import type { StoredSession, VoiceStorage } from './ports.js'
import { readSession } from './read-session.js'

type StorageCommand = Extract<
  Command,
  {
    type:
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
  }
>

/** Milliseconds after which storage that does not answer counts as failed: whoever waits is answered. */
const storageTimeout = 15_000

export interface StorageDriver {
  run(command: StorageCommand): void
}

/** Answers the transition's questions to the storage. Work on one session runs in the order in which it was asked for. */
export function createStorageDriver({
  storage: { records, tokens, tab },
  version,
  migrate,
  clock,
  signal,
  feed,
  flush,
  setToken,
  currentToken,
}: {
  storage: VoiceStorage
  version: number
  migrate: PersistMigrate | undefined
  clock: Clock
  /** Aborts when the agent is disposed of. */
  signal: AbortSignal
  feed(event: Event): void
  /** Writes what is unsaved. `isForced`: even while DevTools show the past. */
  flush(options: { isForced: boolean }): Promise<void>
  setToken(epoch: number, token: AgentToken): number
  currentToken(epoch: number): AgentToken | null
}): StorageDriver {
  /** The last work on each session, so that a read can't overtake the release before it. */
  const tails = new Map<string, Promise<unknown>>()
  let tabToken: StoredToken | null = null

  const late = () =>
    new VoiceAgentError('storage-unavailable', 'The storage did not answer in time.', { recoverable: true })
  const inTime = <T>(work: Promise<T>) => limited(clock, storageTimeout, work, late)

  function inTurn<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    const before = tails.get(sessionId) ?? Promise.resolve()
    // What hangs must not hold up what is asked for next.
    const done = inTime(before.catch(() => undefined).then(work))
    const tail = done.catch(() => undefined)
    tails.set(sessionId, tail)
    void tail.then(() => {
      if (tails.get(sessionId) === tail) tails.delete(sessionId)
    })
    return done
  }

  async function open(): Promise<void> {
    await records.open((status, error) => {
      if (!signal.aborted) feed({ type: 'storageReported', storage: status, error })
    })
    // A page that is gone must not take the tab's identity from the next one.
    if (signal.aborted) return
    const { tabId, isDuplicate } = await tab.claim()
    feed({ type: 'storageOpened', tabId, isDuplicate })
  }

  async function openTabToken(jobId: number, epoch: number): Promise<void> {
    try {
      if (!tabToken) throw new VoiceAgentError('token-malformed', 'The stored token is gone.')
      const { expiresAt } = tabToken
      const opened = await inTime(tabToken.open())
      const token = { ...opened, expiresAt: Math.min(expiresAt, opened.expiresAt) }
      const refreshAfterMs = setToken(epoch, token)
      feed({ type: 'tabTokenOpened', jobId, expiresAt: token.expiresAt, refreshAfterMs })
    } catch (thrown) {
      feed({ type: 'tabTokenUnreadable', jobId, error: asVoiceAgentError(thrown, 'session-unreadable') })
    }
  }

  async function create(jobId: number, epoch: number, sessionId: string): Promise<void> {
    try {
      await inTurn(sessionId, async () => {
        // The key first: whatever is stored of this session can be encrypted with it.
        await records.create(sessionId)
        // Without its token the next page would not know that this session is the tab's.
        const token = currentToken(epoch)
        if (token) await tokens.save(sessionId, token)
      })
      feed({ type: 'sessionCreated', jobId, sessionId, at: clock.now() })
    } catch (thrown) {
      const error = asVoiceAgentError(thrown, 'storage-unavailable')
      feed({ type: 'sessionNotCreated', jobId, error, at: clock.now() })
    }
  }

  async function read(sessionId: string): Promise<void> {
    let isLate = false
    const reading = inTurn(sessionId, async () => {
      const stored = await readSession(sessionId, records, { version, migrate })
      // Nothing waits for it now: another tab may open it.
      if (isLate && stored) await records.release(sessionId)
      return stored
    })
    try {
      const stored: StoredSession | null = await reading
      feed({ type: 'sessionRead', sessionId, stored })
    } catch (thrown) {
      isLate = true
      feed({ type: 'sessionUnreadable', sessionId, error: asVoiceAgentError(thrown, 'session-unreadable') })
    }
  }

  async function release(sessionId: string, requestIds: readonly string[]): Promise<void> {
    // Begun in this task, so that it captures the session before the next one begins.
    const flushed = flush({ isForced: true })
    await inTurn(sessionId, async () => {
      await flushed
      await records.release(sessionId)
    }).catch(() => undefined)
    feed({ type: 'sessionReleased', requestIds })
  }

  return {
    run(command) {
      switch (command.type) {
        case 'openStorage':
          return void open()
        case 'readTabToken': {
          tabToken = tokens.read()
          const isCallDue = tab.consumePendingCall()
          const token = tabToken && { sessionId: tabToken.persistedSessionId }
          return feed({ type: 'tabTokenRead', jobId: command.jobId, token, isCallDue })
        }
        case 'openTabToken':
          return void openTabToken(command.jobId, command.epoch)
        case 'createSession':
          return void create(command.jobId, command.epoch, command.sessionId)
        case 'checkSession': {
          const { jobId, sessionId } = command
          const answer = (isRestorable: boolean) =>
            feed({ type: 'sessionChecked', jobId, isRestorable, at: clock.now() })
          inTime(records.list()).then(
            (stored) =>
              answer(stored.some(({ id, isOpenElsewhere }) => id === sessionId && !isOpenElsewhere)),
            () => answer(false),
          )
          return
        }
        case 'readSession':
          return void read(command.sessionId)
        case 'reloadIfNewer':
          inTurn(command.sessionId, () => records.reloadIfNewer(command.sessionId)).then(
            (stored) => stored && feed({ type: 'sessionReloaded', stored }),
            () => undefined,
          )
          return
        case 'releaseSession':
          return void release(command.sessionId, command.requestIds)
        case 'deleteSession': {
          const { requestId, sessionId } = command
          inTurn(sessionId, () => records.removeItem(sessionId)).then(
            () => feed({ type: 'sessionDeleted', requestId, error: null }),
            (thrown: unknown) => {
              const error = asVoiceAgentError(thrown, 'storage-unavailable')
              feed({ type: 'sessionDeleted', requestId, error })
            },
          )
          return
        }
        case 'readEarlier': {
          const { sessionId, index } = command
          inTime(records.readEarlier(sessionId, index, 'newest')).then(
            (range) => feed({ type: 'earlierRead', sessionId, index, range }),
            (thrown: unknown) => {
              const error = asVoiceAgentError(thrown, 'session-unreadable')
              feed({ type: 'earlierUnreadable', sessionId, index, error })
            },
          )
          return
        }
        case 'flush': {
          const { requestId } = command
          const done = () => feed({ type: 'flushed', requestId })
          inTime(flush({ isForced: false })).then(done, done)
        }
      }
    },
  }
}
