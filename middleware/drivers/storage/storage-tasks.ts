import { VoiceAgentError } from '../../../store/index.js'
import type { CommandNamed, CommandRunners, Event } from '../../live/events.js'
import type { AgentToken } from '../token/ports.js'
import { createAnswering, errorOf, type StorageDriver } from './driver.js'
import type { AgentStorage, StoragePlace } from './ports.js'

type TaskType = 'eraseAll' | 'reopenStorage' | 'withdrawConsent' | 'adoptSession'
export interface StorageTaskDriver {
  runners: CommandRunners<TaskType>
  /** Resolves when all requested erasures and moves of the storage have finished. */
  settled(): Promise<unknown>
}

/** Erases the whole storage, or reopens it at another place, one task at a time, in request order. */
export function createStorageTaskDriver({
  storage,
  storageDriver,
  drop,
  currentToken,
  feed,
  warn,
}: {
  storage: AgentStorage
  storageDriver: Pick<StorageDriver, 'inTime' | 'inTurn' | 'readEarlier' | 'settled' | 'open'>
  /** Drops unsaved changes. */
  drop(): void
  currentToken(epoch: number): AgentToken | null
  feed(event: Event): void
  warn(error: unknown): void
}): StorageTaskDriver {
  const { records, tokens } = storage
  const { inTime, inTurn } = storageDriver
  let last: Promise<unknown> = Promise.resolve()

  /** Runs work after the previous work, which has a time limit. Resolves with its error, or null. */
  function alone(work: () => Promise<void>): Promise<VoiceAgentError | null> {
    const done = errorOf(last.then(work), 'storage-unavailable')
    last = done
    return done
  }

  async function finish(taskId: number, error: VoiceAgentError | null): Promise<Event | null> {
    const opened = await storageDriver.open()
    return opened && { ...opened, type: 'storageTaskDone', taskId, error }
  }

  const eraseFailed = (cause: unknown) => new VoiceAgentError('erase-failed', undefined, { cause })

  async function erase(): Promise<void> {
    await inTime(storage.eraseAll()).catch((cause: unknown) => {
      throw eraseFailed(cause)
    })
  }

  async function reopen(place: StoragePlace): Promise<void> {
    // Waits for pending work at the old place, or gives up on it.
    await inTime(storageDriver.settled()).catch(warn)
    // Moves on even if the old place can't be closed cleanly.
    await inTime(storage.reopen(place)).catch(warn)
  }

  async function withdraw(session: { id: string; index: number } | null): Promise<void> {
    if (session && session.index > 0) feed(await storageDriver.readEarlier(session.id, session.index, 'all'))
    drop()
    tokens.clear()
    const removed = session ? inTurn(session.id, () => records.removeItem(session.id)) : Promise.resolve()
    const failure = await removed.then(() => null, eraseFailed)
    // Stops storing data even if the stored data could not be deleted.
    await reopen({ consent: false })
    if (failure) throw failure
  }

  async function eraseAll({ taskId }: CommandNamed<'eraseAll'>): Promise<Event | null> {
    drop()
    return finish(taskId, await alone(erase))
  }

  async function reopenStorage({ taskId, isErased, place }: CommandNamed<'reopenStorage'>) {
    if (isErased) drop()
    return finish(taskId, await alone(async () => (isErased ? undefined : reopen(place))))
  }

  async function withdrawConsent({ taskId, session }: CommandNamed<'withdrawConsent'>) {
    return finish(taskId, await alone(() => withdraw(session)))
  }

  async function adoptSession(command: CommandNamed<'adoptSession'>): Promise<Event> {
    const { sessionId, epoch, requestIds } = command
    const adopting = inTurn(sessionId, async () => {
      await records.create(sessionId)
      const token = currentToken(epoch)
      if (token) await tokens.save(sessionId, token)
    })
    return { type: 'sessionAdopted', requestIds, error: await errorOf(adopting, 'storage-unavailable') }
  }

  const answering = createAnswering(feed, warn)

  return {
    settled: () => last,
    runners: {
      eraseAll: answering(eraseAll),
      reopenStorage: answering(reopenStorage),
      withdrawConsent: answering(withdrawConsent),
      adoptSession: answering(adoptSession),
    },
  }
}
