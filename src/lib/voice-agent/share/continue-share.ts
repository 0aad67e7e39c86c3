import type { RestoreOutcome } from '../../../../middleware/index.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { SEGMENT_SIZE } from '../storage/sessions/segments.js'
import type { FileSession } from '../storage/tools/file-content.js'
import { createFileWriter } from '../storage/tools/file-format.js'
import { writeRecord } from '../storage/tools/file-records.js'
import type { OpenedShare } from './open-share.js'
import { createId, createSecret } from './share-crypto.js'
import { ShareError } from './share-error.js'

/** The part of an agent that continuing a share needs: `agent.sessionManager`, or `voiceAgent.sessionManager`. */
export interface ContinuingManager {
  importSession(file: Blob, options: { passphrase: string }): Promise<{ id: string }>
  restoreSession(sessionId: string, options: { reconnect: boolean }): Promise<RestoreOutcome>
  deleteSession(sessionId: string): Promise<void>
}

/** Options of {@link continueShare}. */
export interface ContinueOptions {
  /** The same as `persistence.version` of your agent. @default 1 */
  persistenceVersion?: number
}

/** One round is enough, because the passphrase is 32 random bytes and is dropped with the file. */
const ITERATIONS = 1

/**
 * Starts a new conversation for the reader with a share's messages, and opens it. Its call uses the reader's own session and token,
 * because a share contains none of the owner's.
 *
 * The user's and the agent's turns are imported like a conversation from a file. System messages and tool calls are left out: an agent
 * would obey the former. If the new conversation can't be opened, it is deleted again.
 *
 * @returns Id of the new session, which is open. Call `connect()` to start the call.
 * @throws ShareError `share-refused` if the role is not `continue`, `share-expired`, `share-empty`
 * @throws VoiceAgentError as `importSession`; `change-failed` if the new session can't be opened, `superseded` by a later request
 * @example
 * await continueShare(share, voiceAgent.sessionManager)
 * await voiceAgent.agent.connect()
 */
export async function continueShare(
  share: OpenedShare,
  manager: ContinuingManager,
  { persistenceVersion = 1 }: ContinueOptions = {},
): Promise<string> {
  if (share.role !== 'continue') throw new ShareError('share-refused')
  if (Date.now() >= share.expiresAt) throw new ShareError('share-expired')
  const messages = share.messages.filter(({ role }) => role === 'user' || role === 'assistant')
  const [first, last] = [messages.at(0), messages.at(-1)]
  if (!first || !last) throw new ShareError('share-empty')
  const segmentCount = Math.ceil(messages.length / SEGMENT_SIZE)
  const session: FileSession = {
    id: createId(),
    schema: persistenceVersion,
    createdAt: first.createdAt,
    updatedAt: last.createdAt,
    startedAt: first.createdAt,
    endedAt: last.createdAt,
    reconnectAttempts: 0,
    messageCount: messages.length,
    segmentCount,
    lengths: [],
    ...(share.title === null ? {} : { title: share.title }),
  }
  const passphrase = createSecret()
  const writer = await createFileWriter(passphrase, ITERATIONS)
  await writeRecord(writer, { session })
  for (let seq = 0; seq < segmentCount; seq++)
    await writeRecord(writer, {
      seq,
      messages: messages.slice(seq * SEGMENT_SIZE, (seq + 1) * SEGMENT_SIZE),
    })
  await writeRecord(writer, { end: { segments: segmentCount, messages: messages.length } })
  const { id } = await manager.importSession(await writer.finish(), { passphrase })
  try {
    const { conversation } = await manager.restoreSession(id, { reconnect: false })
    // `connect()` would start a call in the conversation that was open before.
    if (conversation !== 'restored') throw new VoiceAgentError('change-failed')
  } catch (error) {
    // Deletes it, because another attempt imports it again.
    await manager.deleteSession(id).catch(() => {})
    throw error
  }
  return id
}
