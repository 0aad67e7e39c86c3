import type { FoundMessage, SearchOptions } from '../../../../../middleware/drivers/storage/ports.js'
import { check } from '../../options/check-options.js'
import { sessionOwner } from '../records/record.js'
import { listHeads } from '../sessions/list-sessions.js'
import { segmentStart } from '../sessions/segments.js'
import { type EncryptedHead, fetchSession, readSession } from '../sessions/session-reader.js'
import type { ToolPorts } from './ports.js'

const DEFAULT_LIMIT = 50

/** Makes case and the encoding of accents irrelevant. */
const fold = (text: string) => text.normalize('NFKC').toLocaleLowerCase()

/**
 * Finds messages in all stored sessions: most recently updated session first, last message first. Skips sessions that can't be
 * read. Changes nothing.
 *
 * @throws VoiceAgentError `invalid-option` if the query is not a string
 */
export async function search(
  ports: ToolPorts,
  query: string,
  { limit = DEFAULT_LIMIT, signal }: SearchOptions,
): Promise<FoundMessage[]> {
  check({ query }, (value) => typeof value === 'string', 'a string')
  const words = fold(query.trim())
  const found: FoundMessage[] = []
  if (words === '') return found
  for (const head of await listHeads(ports.store, {})) {
    signal?.throwIfAborted()
    const messages = await readMessages(ports, head).catch(() => [])
    const matching = messages.filter(({ message }) => fold(message.text).includes(words))
    found.push(...matching.reverse())
    if (found.length >= limit) break
  }
  signal?.throwIfAborted()
  return found.slice(0, limit)
}

async function readMessages(
  { store, keys, version }: ToolPorts,
  { sessionId, schema }: EncryptedHead,
): Promise<FoundMessage[]> {
  if (schema !== version) return []
  const fetched = await fetchSession(store, sessionId, 'all')
  const [head, keyRecord] = await Promise.all([fetched.head, fetched.key])
  if (!head || !keyRecord) return []
  const { key } = await keys.openOnce(sessionOwner(sessionId), keyRecord)
  const { segments, layout } = await readSession(store, key, head, 'all', fetched.run)
  return segments.flatMap(({ seq, messages }) => {
    const start = segmentStart(layout, seq)
    return messages.map((message, offset) => ({ sessionId, index: start + offset, message }))
  })
}
