import { nanoid } from '@reduxjs/toolkit'
import type { FileOptions, SessionSummary } from '../../../../../middleware/drivers/storage/ports.js'
import type { Message, SessionHead } from '../../../../../store/index.js'
import { type Changes, createClosedError, type WriteOptions } from '../database/record-store.js'
import { createIv, encrypt } from '../records/cipher.js'
import {
  blockKey,
  FORMAT_VERSION,
  type HeadHeader,
  headKey,
  keyRecordKey,
  markKey,
  type StoredRecord,
  segmentKey,
  sessionOwner,
  versionOf,
} from '../records/record.js'
import { asChangeError } from '../records/storage-errors.js'
import type { HeadContent, MarkContent } from '../sessions/encrypted-batch.js'
import { BLOCK_SIZE } from '../sessions/segments.js'
import { acquireFree, type Ownership } from '../tabs/ownership.js'
import { createLengths, type FileSession, parseEnd, parseSegment, parseSession } from './file-content.js'
import { checkFileOptions, fileErrors, type OpenedFile, openFile } from './file-format.js'
import { readRecords } from './file-records.js'
import { type ToolPorts, withOwnOwnership } from './ports.js'

/** Number of segments per transaction. */
const SEGMENTS_PER_WRITE = 16
/** Revision of an imported session. */
const REVISION = 1

/** Called with the segments of a file, in order. */
type OnSegment = (seq: number, messages: readonly Message[]) => Promise<void>

/**
 * Stores the session from an exported file under a new key.
 *
 * Reads the file twice. The first pass checks all of it and writes nothing. The second pass writes the segments in blocks,
 * and the head and the key in the last transaction. Until then, the segments are not a session, and no key decrypts them.
 *
 * @throws VoiceAgentError `passphrase-wrong`, `file-truncated`, `file-damaged`, `file-newer`, `storage-quota`, `storage-write-failed`,
 *   `key-wrong`, `key-unavailable`, `invalid-option`
 */
export async function importSession(
  ports: ToolPorts,
  file: Blob,
  options: FileOptions,
): Promise<SessionSummary> {
  const { passphrase, signal } = checkFileOptions(options)
  const opened = await openFile(file, passphrase)
  const session = await readAll(opened, signal, async () => {})
  if (session.schema > ports.version) throw fileErrors.newer()
  return withOwnOwnership(ports, async (ownership) => {
    const id = await acquireId(ports, ownership, session.id)
    return store(ports, opened, session, id, signal)
  })
}

/** Reads and checks a whole file. */
async function readAll(
  file: OpenedFile,
  signal: AbortSignal | undefined,
  onSegment: OnSegment,
): Promise<FileSession> {
  let session: FileSession | null = null
  let lengthOf = (_: number) => 0
  let next = 0
  const read = { segments: 0, messages: 0 }
  let isEnded = false
  for await (const record of readRecords(file)) {
    signal?.throwIfAborted()
    if (isEnded) throw fileErrors.damaged()
    if (session === null) {
      session = parseSession(record)
      lengthOf = createLengths(session)
      continue
    }
    const end = parseEnd(record)
    if (end) {
      isEnded = end.segments === read.segments && end.messages === read.messages
      if (!isEnded) throw fileErrors.damaged()
      continue
    }
    const { seq, messages } = parseSegment(record)
    if (seq < next || seq >= session.segmentCount || messages.length !== lengthOf(seq))
      throw fileErrors.damaged()
    next = seq + 1
    read.segments++
    read.messages += messages.length
    await onSegment(seq, messages)
  }
  if (session === null || !isEnded) throw fileErrors.damaged()
  return session
}

/** Acquires the session's id, or a new one if a session with this id is stored, open or journalled, even partly. */
async function acquireId(
  { store, journal }: ToolPorts,
  ownership: Ownership,
  wanted: string,
): Promise<string> {
  const owner = sessionOwner(wanted)
  const isJournalled = journal.entries().some(({ sessionId }) => sessionId === wanted)
  if (!isJournalled && (await acquireFree(ownership, wanted))) {
    // Checks while it owns the id, so that no other tab can start a session with it.
    const [records, others] = await Promise.all([
      store.readRange(`${owner}/`, `${owner}/\uffff`, 1),
      store.readMany([keyRecordKey(owner), markKey(owner)]),
    ])
    if (records.size === 0 && others.every((record) => record === null)) return wanted
    await ownership.release(wanted)
  }
  const id = nanoid()
  await ownership.acquire(id)
  return id
}

async function store(
  { store: records, keys, closed, unfinished }: ToolPorts,
  file: OpenedFile,
  session: FileSession,
  id: string,
  signal: AbortSignal | undefined,
): Promise<SessionSummary> {
  const owner = sessionOwner(id)
  const place = { head: headKey(id), key: keyRecordKey(owner) }
  const made = await keys.makeKey(owner)
  const part = { v: FORMAT_VERSION, sessionId: id }
  /** Versions of the segments of each block; `''` for a lost segment. */
  const blocks = Array.from(
    { length: Math.max(1, Math.ceil(session.segmentCount / BLOCK_SIZE)) },
    (_, block) =>
      Array.from({ length: Math.min(BLOCK_SIZE, session.segmentCount - block * BLOCK_SIZE) }, () => ''),
  )
  let changes = new Map<string, StoredRecord>()

  async function add(seq: number, messages: readonly Message[]): Promise<void> {
    const iv = createIv()
    const header = { ...part, kind: 'messages' as const, seq, schema: session.schema, revision: REVISION }
    changes.set(segmentKey(id, seq), await encrypt(made.key, header, messages, iv))
    const versions = blocks[Math.floor(seq / BLOCK_SIZE)]
    if (versions) versions[seq % BLOCK_SIZE] = versionOf({ iv })
    if (changes.size < SEGMENTS_PER_WRITE) return
    await write()
    changes = new Map()
  }

  async function write(options?: WriteOptions): Promise<void> {
    signal?.throwIfAborted()
    // The written segments have been removed, and nothing would remove later ones.
    if (closed.aborted) throw createClosedError()
    await records.write(changes, options)
  }

  /** Deletes the written segments, unless a session with this id exists by now. */
  async function removeWritten(): Promise<void> {
    const expected: Changes = new Map([
      [place.head, null],
      [place.key, null],
    ])
    await records.write(new Map([[place.head, null]]), { removePrefixes: [`${owner}/`], expected })
  }

  unfinished.add(removeWritten)
  try {
    await readAll(file, signal, add)
    const lastBlock = blocks.length - 1
    const blockVersions: string[] = []
    for (const [block, versions] of blocks.slice(0, lastBlock).entries()) {
      const record = await encrypt(made.key, { ...part, kind: 'versions' as const, block }, versions)
      changes.set(blockKey(id, block), record)
      blockVersions.push(versionOf(record))
    }
    const head = headOf(session, id)
    const content: HeadContent = {
      head,
      _persist: { version: session.schema, rehydrated: true },
      ...(session.lengths.length > 0 ? { lengths: session.lengths } : {}),
      versions: { blocks: blockVersions, last: blocks[lastBlock] ?? [] },
      ancestors: [],
    }
    const { tabId, createdAt, updatedAt, messageCount } = head
    const header: Omit<HeadHeader, 'version'> = {
      ...part,
      kind: 'head',
      schema: session.schema,
      tabId,
      createdAt,
      updatedAt,
      messageCount,
      revision: REVISION,
      segmentCount: session.segmentCount,
    }
    const mark: MarkContent = { revision: REVISION }
    changes.set(markKey(owner), await encrypt(made.key, { v: FORMAT_VERSION, kind: 'mark', owner }, mark))
    changes.set(place.key, made.record)
    changes.set(place.head, await encrypt(made.key, header, content))
    const expected: Changes = new Map([...made.expected, [place.head, null], [place.key, null]])
    await write({ durability: 'strict', expected })
    return { id, tabId, createdAt, updatedAt, messageCount, isOpenElsewhere: false }
  } catch (thrown) {
    await removeWritten().catch(() => {})
    signal?.throwIfAborted()
    throw asChangeError(thrown)
  } finally {
    unfinished.delete(removeWritten)
  }
}

/**
 * Returns the head of the imported session. It belongs to no tab, has no call for a restore to reconnect, and counts as updated now, so that
 * it doesn't expire.
 */
function headOf(session: FileSession, id: string): SessionHead {
  const { createdAt, startedAt, endedAt, reconnectAttempts, messageCount, draft, title, toolCallIds } =
    session
  return {
    id,
    tabId: nanoid(),
    createdAt,
    updatedAt: Date.now(),
    connectionStatus: 'disconnected',
    conversationStatus: 'idle',
    startedAt,
    endedAt: endedAt ?? (startedAt === null ? null : session.updatedAt),
    reconnectAttempts,
    messageCount,
    ...(draft === undefined ? {} : { draft }),
    ...(title === undefined ? {} : { title }),
    ...(toolCallIds === undefined ? {} : { toolCallIds }),
  }
}
