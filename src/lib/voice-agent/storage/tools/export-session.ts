import type { FileOptions } from '../../../../../middleware/drivers/storage/ports.js'
import { sessionMissing, VoiceAgentError } from '../../../../../store/index.js'
import { NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import { headKey, sessionOwner, versionOf } from '../records/record.js'
import { type Segment, segmentStart } from '../sessions/segments.js'
import {
  type EncryptedHead,
  fetchSession,
  findHead,
  openHead,
  readSegments,
  readSession,
} from '../sessions/session-reader.js'
import type { FileEnd, FileSession } from './file-content.js'
import { checkFileOptions, createFileWriter } from './file-format.js'
import { writeRecord } from './file-records.js'
import type { ToolPorts } from './ports.js'

/** Number of segments in memory at a time. */
const SEGMENTS_PER_READ = 16
/** Attempts to read a session that another tab is writing. Only its last segments change. */
const MAX_ATTEMPTS = 5

/** The session changed while it was read. */
class ChangedError extends Error {
  override readonly name = 'ChangedError'
}

/**
 * Exports a stored session as one encrypted file. Works in blocks, so that memory does not grow with its length. Segments
 * that can't be decrypted keep their position as lost segments.
 *
 * @throws VoiceAgentError `session-missing`, `session-unreadable`, `key-wrong`, `key-unavailable`, `invalid-option`
 */
export async function exportSession(
  ports: ToolPorts,
  sessionId: string,
  options: FileOptions,
): Promise<Blob> {
  const { passphrase, signal } = checkFileOptions(options)
  for (let attempt = 1; ; attempt++) {
    try {
      return await exportOnce(ports, sessionId, passphrase, signal)
    } catch (error) {
      if (!(error instanceof ChangedError)) throw error
      if (attempt < MAX_ATTEMPTS) continue
      const detail =
        'This conversation changes faster than it can be exported. Try again when the call has ended.'
      throw new VoiceAgentError('session-busy', detail)
    }
  }
}

async function exportOnce(
  { store, keys, version }: ToolPorts,
  sessionId: string,
  passphrase: string,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  // Reads the head and the last segment in one transaction. Earlier segments seldom change.
  const fetched = await fetchSession(store, sessionId, 'newest')
  const [head, keyRecord] = await Promise.all([fetched.head, fetched.key])
  if (!head) throw sessionMissing()
  if (head.schema > version) throw new NewerRecordError('head')
  if (!keyRecord) throw new UnreadableRecordError('key')
  const { key } = await keys.openOnce(sessionOwner(sessionId), keyRecord)
  const content = await openHead(key, head)
  const newest = await readSession(store, key, head, 'newest', fetched.run)
  const { layout } = newest
  let { versions } = newest
  const { segmentCount, messageCount } = head
  const last = segmentCount - 1
  // The last segment's length is known only from the head.
  const lengths = new Map([...layout.lengths, [last, messageCount - segmentStart(layout, last)] as const])
  const first = Math.min(segmentCount, ...newest.segments.map(({ seq }) => seq), ...layout.lost)
  let hasLost = layout.lost.size > 0

  const writer = await createFileWriter(passphrase)
  const { id, createdAt, updatedAt, startedAt, endedAt, reconnectAttempts, draft, title, toolCallIds } =
    content.head
  const session: FileSession = {
    id,
    schema: head.schema,
    createdAt,
    updatedAt,
    startedAt,
    endedAt,
    reconnectAttempts,
    messageCount,
    segmentCount,
    lengths: [...layout.lengths].filter(([seq]) => seq !== last),
    ...(draft === undefined ? {} : { draft }),
    ...(title === undefined ? {} : { title }),
    ...(toolCallIds === undefined ? {} : { toolCallIds }),
  }
  await writeRecord(writer, { session })
  const end: FileEnd = { segments: 0, messages: 0 }
  async function add(segments: readonly Segment[]): Promise<void> {
    for (const { seq, messages } of segments) {
      await writeRecord(writer, { seq, messages })
      end.segments++
      end.messages += messages.length
    }
  }
  for (let from = 0; from < first; from += SEGMENTS_PER_READ) {
    signal?.throwIfAborted()
    const read = await readSegments(store, key, {
      sessionId,
      from,
      to: Math.min(first, from + SEGMENTS_PER_READ),
      schema: head.schema,
      layout: { lengths, lost: layout.lost },
      versions,
      revision: head.revision,
    })
    versions = read.versions
    hasLost ||= read.lost.length > 0
    await add(read.segments)
  }
  await add(newest.segments)
  // A segment with another version may be from a later save.
  if (hasLost) await assertUnchanged(head, await findHead(store, sessionId))
  await writeRecord(writer, { end })
  signal?.throwIfAborted()
  return writer.finish()
}

async function assertUnchanged(before: EncryptedHead, after: EncryptedHead | null): Promise<void> {
  if (!after) throw sessionMissing()
  if (versionOf(before) !== versionOf(after)) throw new ChangedError(headKey(before.sessionId))
}
