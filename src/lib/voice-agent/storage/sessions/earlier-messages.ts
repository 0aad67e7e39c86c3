import type { MessageRange, RestoreDepth } from '../../../../../middleware/drivers/storage/ports.js'
import type { Message } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import { UnreadableRecordError } from '../records/cipher.js'
import { sessionOwner } from '../records/record.js'
import { asUnreadable } from '../records/storage-errors.js'
import type { DiskImage } from './disk-image.js'
import { firstSegment, lostRanges, unloadedCountBefore } from './segments.js'
import { readSegments } from './session-reader.js'

interface EarlierRequest {
  sessionId: string
  /** Index of the first loaded message in the whole conversation. */
  index: number
  depth: RestoreDepth
}

interface EarlierPorts {
  store: RecordStore
  keys: KeyVault
  /** The app's `persistence.version`. */
  version: number
}

async function readBefore(
  { store, keys, version }: EarlierPorts,
  image: Pick<DiskImage, 'layout' | 'versions' | 'addEarlier'>,
  { sessionId, index, depth }: EarlierRequest,
): Promise<MessageRange> {
  let from = firstSegment(image.layout, index) ?? 0
  if (from === 0) return { messages: [], firstLoadedIndex: index }
  const held = await keys.find(sessionOwner(sessionId))
  if (!held) throw new UnreadableRecordError('key')
  const messages: Message[] = []
  const lost: number[] = []
  // Skips lost segments until there is something to show.
  while (from > 0 && messages.length === 0) {
    const to = from
    from = depth === 'all' ? 0 : to - 1
    const { layout, versions } = image
    // Segments that are not loaded were written before anything that this page has written.
    const revision = Number.POSITIVE_INFINITY
    const range = { sessionId, from, to, schema: version, layout, versions, revision }
    const read = await readSegments(store, held.key, range)
    image.addEarlier(read)
    messages.unshift(...read.segments.flatMap((segment) => segment.messages))
    lost.push(...read.lost)
  }
  return {
    messages,
    firstLoadedIndex: unloadedCountBefore(image.layout, from),
    ...(lost.length > 0 ? { lost: lostRanges(image.layout, lost) } : {}),
  }
}

/**
 * Reads the segment before the loaded messages, or all segments before them. Returns no messages if there are none.
 *
 * A failure does not quarantine the session, because segments that are not loaded are never overwritten.
 */
export const readEarlier = (...args: Parameters<typeof readBefore>): Promise<MessageRange> =>
  readBefore(...args).catch((error: unknown) => {
    throw asUnreadable(error)
  })
