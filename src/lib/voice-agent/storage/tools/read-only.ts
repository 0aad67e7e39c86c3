import type { ReadOnlySession, ReadOnlySnapshot } from '../../../../../middleware/drivers/storage/ports.js'
import { type Message, sessionMissing, toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { callListener } from '../../agent/emitter.js'
import { NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import { sessionOwner, versionOf } from '../records/record.js'
import type { StoredImage } from '../sessions/disk-image.js'
import {
  EMPTY_LAYOUT,
  type Layout,
  lostRanges,
  type SegmentVersions,
  segmentVersion,
  unloadedCountBefore,
} from '../sessions/segments.js'
import {
  type EncryptedHead,
  fetchSession,
  findHead,
  type ReadSegments,
  readSegments,
  readSession,
} from '../sessions/session-reader.js'
import type { ToolPorts } from './ports.js'

/** Milliseconds between checks if the other tab still has the session: a tab that is closed or crashes does not announce it. */
const OWNER_INTERVAL_MS = 2_000
/** Attempts to read a session while another tab saves it. Its next save triggers another read. */
const MAX_ATTEMPTS = 3

/** The session as last read. */
interface Image {
  head: EncryptedHead
  key: CryptoKey
  layout: Layout
  versions: SegmentVersions
  /** First loaded segment. */
  from: number
  /** Loaded segments by number, with their versions, to detect changes. */
  segments: ReadonlyMap<number, { messages: readonly Message[]; version: string | undefined }>
}

/**
 * Reads a session that another tab may have open, and follows its saves. Acquires nothing and writes nothing.
 *
 * @throws VoiceAgentError `session-missing`, `session-unreadable`, `key-wrong`, `key-unavailable`, `storage-unavailable`
 */
export async function openReadOnly(ports: ToolPorts, sessionId: string): Promise<ReadOnlySession> {
  const { store, ownership, changes, closed } = ports
  const listeners = new Set<() => void>()
  /** Last queued task: reads run one after another. */
  let tail: Promise<unknown> = Promise.resolve()
  let isReadDue = false
  let isClosed = false
  let readAgain = () => {}
  // Listens before the first read, because another tab may save during it.
  const stopListening = changes.listen((changed) => {
    if (changed !== sessionId || isReadDue || isClosed) return
    isReadDue = true
    readAgain()
  })
  let [image, snapshot] = await readFirst().catch((error: unknown) => {
    stopListening()
    throw error
  })
  readAgain = () => void inTurn(update)
  if (isReadDue) readAgain()

  async function readFirst(): Promise<[Image, ReadOnlySnapshot]> {
    const read = await readImage(ports, sessionId, null)
    const first = await toSnapshot(read, null)
    // The page has left its user, or everything was erased.
    if (closed.aborted) throw new VoiceAgentError('storage-unavailable')
    return [read, first]
  }

  async function isOpenElsewhere(): Promise<boolean> {
    return (await ownership.listOwnedElsewhere())?.has(sessionId) ?? false
  }

  async function toSnapshot(read: Image, error: unknown): Promise<ReadOnlySnapshot> {
    const { head, layout, from, segments } = read
    const inOrder = [...segments].filter(([seq]) => seq >= from).sort(([a], [b]) => a - b)
    return {
      messages: inOrder.flatMap(([, { messages }]) => messages),
      firstLoadedIndex: unloadedCountBefore(layout, from),
      hasEarlier: from > 0,
      messageCount: head.messageCount,
      updatedAt: head.updatedAt,
      lost: lostRanges(layout, layout.lost),
      isOpenElsewhere: await isOpenElsewhere(),
      error: error === null ? null : toVoiceError(error, 'session-unreadable'),
    }
  }

  function show(next: ReadOnlySnapshot): void {
    if (isClosed) return
    snapshot = next
    for (const listener of [...listeners]) callListener(listener)
  }

  /** Clears the content of a session that was deleted, or whose user left. */
  function empty(error: unknown): void {
    const nothing = { messages: [], firstLoadedIndex: 0, hasEarlier: false, messageCount: 0, lost: [] }
    show({ ...snapshot, ...nothing, isOpenElsewhere: false, error: toVoiceError(error, 'session-missing') })
  }

  async function update(): Promise<void> {
    isReadDue = false
    try {
      image = await readImage(ports, sessionId, image)
      if (!closed.aborted) show(await toSnapshot(image, null))
    } catch (error) {
      const isGone = error instanceof VoiceAgentError && error.code === 'session-missing'
      if (isGone) empty(error)
      else if (!closed.aborted) show(await toSnapshot(image, error))
    }
  }

  async function checkOwner(): Promise<void> {
    if (!(await isOpenElsewhere()) && snapshot.isOpenElsewhere) show({ ...snapshot, isOpenElsewhere: false })
  }

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = tail.then(task)
    tail = done.catch(() => {})
    return done
  }

  const ownerTimer = setInterval(() => {
    if (snapshot.isOpenElsewhere) void inTurn(checkOwner)
  }, OWNER_INTERVAL_MS)
  function onStorageClosed(): void {
    clearInterval(ownerTimer)
    empty(new VoiceAgentError('storage-unavailable'))
  }
  closed.addEventListener('abort', onStorageClosed)

  return {
    id: sessionId,
    get: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    loadEarlier: () =>
      inTurn(async () => {
        let { from } = image
        let found = 0
        while (from > 0 && found === 0 && !isClosed) {
          const read = await readSegments(store, image.key, rangeOf(image, --from, from + 1))
          image = withSegments({ ...image, from }, read)
          found = read.segments.length
        }
        show(await toSnapshot(image, null))
      }),
    close() {
      isClosed = true
      listeners.clear()
      stopListening()
      clearInterval(ownerTimer)
      closed.removeEventListener('abort', onStorageClosed)
      image = { ...image, segments: new Map() }
      snapshot = { ...snapshot, messages: [] }
    },
  }
}

function rangeOf({ head, layout, versions }: Image, from: number, to: number) {
  const { sessionId, schema, revision } = head
  return { sessionId, from, to, schema, layout, versions, revision }
}

function withSegments(
  image: Image,
  { segments, lost, versions }: Pick<StoredImage, 'segments' | 'versions'> & Pick<ReadSegments, 'lost'>,
): Image {
  const merged = new Map(image.segments)
  for (const { seq, messages } of segments)
    merged.set(seq, { messages, version: segmentVersion(versions, seq) })
  const layout = { ...image.layout, lost: new Set([...image.layout.lost, ...lost]) }
  return { ...image, versions, segments: merged, layout }
}

async function readImage(ports: ToolPorts, sessionId: string, before: Image | null): Promise<Image> {
  for (let attempt = 1; ; attempt++) {
    const image = await readOnce(ports, sessionId, before)
    if (image.layout.lost.size === 0 || attempt === MAX_ATTEMPTS) return image
    const now = await findHead(ports.store, sessionId)
    if (now && versionOf(now) === versionOf(image.head)) return image
  }
}

async function readOnce(
  { store, keys, version }: ToolPorts,
  sessionId: string,
  before: Image | null,
): Promise<Image> {
  const fetched = await fetchSession(store, sessionId, 'newest')
  const [head, keyRecord] = await Promise.all([fetched.head, fetched.key])
  if (!head) throw sessionMissing()
  if (before && versionOf(head) === versionOf(before.head)) return before
  if (head.schema > version) throw new NewerRecordError('head')
  if (head.schema < version) {
    const detail = 'This conversation was stored by an earlier version of this app. Open it to read it.'
    throw new UnreadableRecordError('head', undefined, detail)
  }
  if (!keyRecord) throw new UnreadableRecordError('key')
  const { key } = await keys.openOnce(sessionOwner(sessionId), keyRecord)
  const newest = await readSession(store, key, head, 'newest', fetched.run)
  const { segmentCount, layout, versions } = newest
  const first = Math.min(segmentCount, ...newest.segments.map(({ seq }) => seq), ...layout.lost)
  const from = Math.min(first, before?.from ?? first)
  const empty: Image = {
    head,
    key,
    layout: { ...EMPTY_LAYOUT, ...layout },
    versions,
    from,
    segments: new Map(),
  }
  const image = withSegments(empty, { ...newest, lost: [...layout.lost] })

  // Keeps loaded earlier segments, unless this head lists another version of them.
  const known = new Map([...(before?.segments ?? [])].filter(([seq]) => seq < first))
  const isCurrent = (seq: number) => {
    const expected = segmentVersion(versions, seq)
    return known.has(seq) && (expected === undefined || expected === known.get(seq)?.version)
  }
  const wasLost = (seq: number) => before?.layout.lost.has(seq) ?? false
  let stale = from
  while (stale < first && (isCurrent(stale) || wasLost(stale))) stale++
  const kept = [...known].filter(([seq]) => seq < stale)
  const lost = [...(before?.layout.lost ?? [])].filter((seq) => seq < stale)
  const merged: Image = {
    ...image,
    segments: new Map([...kept, ...image.segments]),
    layout: { ...image.layout, lost: new Set([...lost, ...image.layout.lost]) },
  }
  if (stale === first) return merged
  return withSegments(merged, await readSegments(store, key, rangeOf(merged, stale, first)))
}
