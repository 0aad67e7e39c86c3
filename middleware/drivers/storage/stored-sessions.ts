import { VoiceAgentError } from '../../../store/index.js'
import type { StorageDriver } from './driver.js'
import type {
  AgentStorage,
  ListOptions,
  PageLifecycle,
  PersistenceTiming,
  SessionSummary,
  StorageTools,
} from './ports.js'
import type { Saving } from './saving.js'
import type { StorageTaskDriver } from './storage-tasks.js'

const unsavedText = "The last messages couldn't be saved yet, so the file would lack them. Try again."

/** Operations on stored sessions that don't affect the open one, so they need no intent. */
export interface StoredSessions {
  /** @throws VoiceAgentError `storage-unavailable`, `invalid-option` */
  list(options?: ListOptions): Promise<SessionSummary[]>
  /** Deletes expired sessions. Resolves with their number. */
  cleanUp(): Promise<number>
  /** Like `cleanUp`, but works while the browser is idle. */
  cleanUpWhenIdle(): void
  /** Saves this page's state, and loads the tools. */
  tools(): Promise<StorageTools>
  /** Cancels a pending clean-up. */
  dispose(): void
}

/** @throws VoiceAgentError `invalid-option` */
function checkListOptions({ limit, before }: ListOptions): void {
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
    throw new VoiceAgentError('invalid-option', 'limit must be a whole number above 0.')
  const isPlace =
    before === undefined || (typeof before?.id === 'string' && Number.isFinite(before.updatedAt))
  if (!isPlace) throw new VoiceAgentError('invalid-option', '`before` must be a session from the list.')
}

/** Cuts a list to the requested page, because a custom storage may ignore the options. */
function pageOf(sessions: SessionSummary[], { limit, before }: ListOptions): SessionSummary[] {
  const last = sessions.findIndex(({ id }) => id === before?.id)
  const isBehind = ({ updatedAt }: SessionSummary) => !before || last >= 0 || updatedAt <= before.updatedAt
  return sessions
    .slice(last + 1)
    .filter(isBehind)
    .slice(0, limit)
}

export function createStoredSessions({
  storage,
  storageDriver,
  tasks,
  saving,
  page,
  timing,
  openId,
  signal,
  warn,
}: {
  storage: Pick<AgentStorage, 'records' | 'tools'>
  storageDriver: Pick<StorageDriver, 'inTime'>
  tasks: Pick<StorageTaskDriver, 'settled'>
  /** Null if nothing is stored. */
  saving: Saving | null
  page: Pick<PageLifecycle, 'whenIdle'>
  timing: PersistenceTiming
  /** Id of the session that is open in this page, and must not be deleted. */
  openId(): string | undefined
  /** Aborts when the agent is disposed of. */
  signal: AbortSignal
  warn(error: unknown): void
}): StoredSessions {
  const { records } = storage
  let cancelCleanUp = () => {}

  async function removeSomeExpired(): Promise<number> {
    await tasks.settled()
    const id = openId()
    const keep = id === undefined ? [] : [id]
    return storageDriver.inTime(records.removeExpired(Date.now() - timing.retentionMs, keep))
  }

  // Once per page, after its own session is known.
  function cleanUpWhenIdle() {
    if (signal.aborted) return
    cancelCleanUp = page.whenIdle(() => {
      removeSomeExpired().then(
        (removed) => removed > 0 && cleanUpWhenIdle(),
        (error: unknown) => {
          // The end of the agent interrupts it.
          if (!signal.aborted) warn(error)
        },
      )
    })
  }

  return {
    async list(options = {}) {
      checkListOptions(options)
      await tasks.settled()
      return pageOf(await storageDriver.inTime(records.list(options)), options)
    },
    async cleanUp() {
      let total = 0
      for (;;) {
        const removed = await removeSomeExpired()
        total += removed
        if (removed === 0 || signal.aborted) return total
      }
    },
    cleanUpWhenIdle,
    async tools() {
      await tasks.settled()
      // The state already shows a failed save. The tools work on stored data.
      if (saving) await storageDriver.inTime(saving.flush()).catch(() => {})
      const tools = await storage.tools()
      return {
        ...tools,
        async exportSession(sessionId, options) {
          // A file without the last messages would look complete.
          if (saving?.isUnsaved(sessionId)) throw new VoiceAgentError('storage-write-failed', unsavedText)
          return tools.exportSession(sessionId, options)
        },
      }
    },
    dispose: () => cancelCleanUp(),
  }
}
