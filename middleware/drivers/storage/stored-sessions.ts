import { VoiceAgentError } from '../../../store/index.js'
import type { StorageDriver } from './driver.js'
import type { LeavingDriver } from './leaving.js'
import type {
  ListOptions,
  PageLifecycle,
  PersistenceTiming,
  SessionSummary,
  StorageTools,
  VoiceStorage,
} from './ports.js'
import type { Saving } from './saving.js'

const unsavedText = "The last messages couldn't be saved yet, so the file would lack them. Try again."

/** Work on stored sessions that changes nothing of the open one, so that no intent asks for it. */
export interface StoredSessions {
  /** @throws VoiceAgentError `storage-unavailable`, `invalid-option` */
  list(options?: ListOptions): Promise<SessionSummary[]>
  /** Deletes the expired sessions. Resolves with their number. */
  cleanUp(): Promise<number>
  /** Does the same whenever the browser is idle, until none is left. */
  cleanUpWhenIdle(): void
  /** Saves what this page has, and loads the tools. */
  tools(): Promise<StorageTools>
  /** Cancels the clean-up that waits. */
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

/** Cuts a list to the page that was asked for, because a storage of the app's own may not know the options. */
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
  stored,
  leaving,
  saving,
  page,
  timing,
  openId,
  signal,
  warn,
}: {
  storage: VoiceStorage
  stored: Pick<StorageDriver, 'inTime'>
  leaving: Pick<LeavingDriver, 'settled'>
  /** Null if nothing is stored. */
  saving: Saving | null
  page: Pick<PageLifecycle, 'whenIdle'>
  timing: PersistenceTiming
  /** Id of the session that is open in this page, which stays. */
  openId(): string | undefined
  /** Aborts when the agent is disposed of. */
  signal: AbortSignal
  warn(error: unknown): void
}): StoredSessions {
  const { records } = storage
  let cancelCleanUp = () => {}

  async function removeSomeExpired(): Promise<number> {
    await leaving.settled()
    const id = openId()
    const keep = id === undefined ? [] : [id]
    return stored.inTime(records.removeExpired(Date.now() - timing.retentionMs, keep))
  }

  // Specification, "Automatic Cleanup": once a page, when it is known which session is its own.
  function cleanUpWhenIdle() {
    if (signal.aborted) return
    cancelCleanUp = page.whenIdle(() => {
      removeSomeExpired().then((removed) => removed > 0 && cleanUpWhenIdle(), warn)
    })
  }

  return {
    async list(options = {}) {
      checkListOptions(options)
      await leaving.settled()
      return pageOf(await stored.inTime(records.list(options)), options)
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
      await leaving.settled()
      // A failed save is in the state already. Tools work on what is stored.
      if (saving) await stored.inTime(saving.flush()).catch(() => {})
      if (!storage.tools) throw new VoiceAgentError('storage-unavailable')
      const tools = await storage.tools()
      return {
        ...tools,
        async exportSession(sessionId, options) {
          // A file without the last words would look complete.
          if (saving?.isUnsaved(sessionId)) throw new VoiceAgentError('storage-write-failed', unsavedText)
          return tools.exportSession(sessionId, options)
        },
      }
    },
    dispose: () => cancelCleanUp(),
  }
}
