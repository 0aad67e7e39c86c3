import { type Message, toTitle } from '../../../../../store/index.js'
import { decrypt } from '../records/cipher.js'
import { headKey, keyRecordKey, segmentKey, sessionOwner } from '../records/record.js'
import { openHead } from '../sessions/session-reader.js'
import type { ToolPorts } from './ports.js'

/** Maximum characters of a title made from the first words. */
const MAX_LENGTH = 80

/** Reads the names of sessions, or else their first words. Omits sessions that can't be read or have no words. Changes nothing. */
export async function readTitles(
  ports: ToolPorts,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const titles = new Map<string, string>()
  // One at a time, because a list is longer than its visible part.
  for (const id of sessionIds) {
    const title = await readTitle(ports, id).catch(() => '')
    if (title !== '') titles.set(id, title)
  }
  return titles
}

async function readTitle({ store, keys, version }: ToolPorts, sessionId: string): Promise<string> {
  const owner = sessionOwner(sessionId)
  const [head, keyRecord, segment] = await store.readMany([
    headKey(sessionId),
    keyRecordKey(owner),
    segmentKey(sessionId, 0),
  ])
  if (head?.kind !== 'head' || head.schema !== version || !keyRecord) return ''
  const { key } = await keys.openOnce(owner, keyRecord)
  // The key authenticates the record's own fields, so compare them with the expected place.
  if (head.sessionId !== sessionId) return ''
  const given = toTitle((await openHead(key, head)).head.title)
  if (given !== null) return given
  if (segment?.kind !== 'messages' || segment.sessionId !== sessionId || segment.seq !== 0) return ''
  if (segment.schema !== version) return ''
  return firstWords((await decrypt(key, segment)) as Message[])
}

/** Returns the user's first words, or else the agent's, cut between words. */
function firstWords(messages: readonly Message[]): string {
  const withWords = messages.filter(
    ({ role, text }) => text.trim() !== '' && role !== 'tool' && role !== 'system',
  )
  const { text = '' } = withWords.find(({ role }) => role === 'user') ?? withWords[0] ?? {}
  const words = text.trim().replace(/\s+/g, ' ')
  if (words.length <= MAX_LENGTH) return words
  const cut = words.slice(0, MAX_LENGTH)
  return `${cut.replace(/\s\S*$/, '')}…`
}
