import { toTitle, VoiceAgentError, withTitle } from '../../../store/index.js'
import { withTimeout } from '../../waiting.js'
import type { SessionRecords } from './ports.js'
import { readTimeout } from './read-session.js'

/** Milliseconds that the write may take. */
const writeTimeout = 15_000

const late = () => new VoiceAgentError('storage-unreachable', 'The storage did not answer in time.')

/**
 * Gives a session that is not open in this page a name. Acquires it meanwhile, so that no other tab writes it, and leaves everything else as
 * it is, also the time of its last update.
 *
 * @throws VoiceAgentError `session-missing`, `session-open-elsewhere`, `change-failed`, or an error of the storage
 */
export async function renameStored(
  sessionId: string,
  title: string | null,
  records: Pick<SessionRecords, 'getItem' | 'setItem' | 'release'>,
): Promise<void> {
  let isOver = false
  const reading = (async () => {
    const stored = await records.getItem(sessionId)
    // Read too late: the request was refused, and another tab may open the session.
    if (isOver && stored) await records.release(sessionId)
    return stored
  })()
  try {
    const stored = await withTimeout(readTimeout, reading, late)
    if (!stored) throw new VoiceAgentError('session-missing')
    const head = withTitle(stored.head, toTitle(title))
    const writing = records.setItem(sessionId, {
      ...stored,
      head,
      revision: stored.revision + 1,
      isRename: true,
    })
    writing.catch(() => undefined)
    // Waits for the write, however late that is: until then, no other tab may write the session.
    await withTimeout(writeTimeout, records.release(sessionId), late)
    await writing
  } catch (error) {
    isOver = true
    const isUnwritten = error instanceof VoiceAgentError && error.code === 'storage-write-failed'
    // Unlike a save, it is not repeated.
    throw isUnwritten ? new VoiceAgentError('change-failed', undefined, { cause: error }) : error
  }
}
