import type {
  KeyReport,
  StorageOrphan,
  StorageReport,
  StoredSessionReport,
} from '../../../../../middleware/drivers/storage/ports.js'
import { sessionMissing, toVoiceError } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import { decrypt, NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import {
  type EncryptedRecord,
  FORMAT_VERSION,
  headKey,
  headOf,
  idOfOwner,
  type KeyRecord,
  keyRecordKey,
  type StoredRecord,
  sessionOwner,
  sizeOf,
  versionOf,
} from '../records/record.js'
import { fromHead, layoutOf, lostRanges, NO_VERSIONS } from '../sessions/segments.js'
import { type EncryptedHead, findHead, openHead, readSegments } from '../sessions/session-reader.js'
import type { ToolPorts } from './ports.js'

/** Number of records in memory at a time. */
const RECORDS_PER_READ = 64

/** Reads all records whose keys begin with `prefix`, in key order and in blocks. */
export async function* scan(
  store: RecordStore,
  prefix: string,
): AsyncGenerator<readonly [key: string, record: StoredRecord]> {
  let from = prefix
  for (;;) {
    const records = await store.readRange(from, `${prefix}\uffff`, RECORDS_PER_READ)
    yield* records
    const last = [...records.keys()].at(-1)
    if (last === undefined) return
    // The next possible key.
    from = `${last}\0`
  }
}

/** Number of segments in memory at a time. */
const SEGMENTS_PER_READ = 16
/** Attempts to read a session that another tab is writing. */
const MAX_ATTEMPTS = 3

/** Records of a session, without their content. */
interface Group {
  /** Null if the session's name is malformed: this package never creates such a record. */
  sessionId: string | null
  head: StoredRecord | null
  records: number
  bytes: number
  isNewer: boolean
}

/** Reads everything that is stored, without changing it. Reports readable records by key, and orphans. */
export async function check(ports: ToolPorts): Promise<StorageReport> {
  const { store, journal, ownership } = ports
  const [owned, elsewhere] = await Promise.all([ownership.listOwned(), ownership.listOwnedElsewhere()])
  const keys = new Map<string, KeyReport>()
  const marks: string[] = []
  const markers: string[] = []
  const heads = new Set<string>()
  const groups = new Set<string>()
  const report: StorageReport = {
    formatVersion: FORMAT_VERSION,
    sessions: [],
    keys: [],
    orphans: [],
    unknownRecords: 0,
  }
  const isInUse = (owner: string) => owned?.has(idOfOwner(owner) ?? '') ?? false
  /** Adds an orphan. It is unproven without Web Locks, because a page may still be writing the rest. */
  function addOrphan({ isProven, ...orphan }: StorageOrphan): void {
    report.orphans.push({ ...orphan, isProven: isProven && owned !== null })
  }

  for await (const [key, record] of scan(store, 'key/')) {
    const owner = key.slice('key/'.length)
    if (record.kind !== 'key' || key !== keyRecordKey(record.owner)) report.unknownRecords++
    else keys.set(owner, keyReport(record))
  }
  for await (const [key] of scan(store, 'mark/')) marks.push(key.slice('mark/'.length))
  for await (const [key] of scan(store, 'kept/')) markers.push(key.slice('kept/'.length))

  for await (const [owner, group] of groupsOf(ports)) {
    groups.add(owner)
    const { sessionId, records, bytes, isNewer } = group
    if (sessionId === null) {
      report.unknownRecords += records
      continue
    }
    const head = headOf(headKey(sessionId), group.head)
    if (head) {
      heads.add(owner)
      const isOpenElsewhere = elsewhere?.has(sessionId) ?? false
      const session = await checkSession(ports, head, keys.get(owner))
      report.sessions.push({ ...session, bytes, isOpenElsewhere })
    } else if (!isInUse(owner)) {
      // Records under a key may be a conversation that lost its head.
      const reason = keys.has(owner) || group.head ? 'no-head' : 'no-key'
      const isProven = reason === 'no-key' && !isNewer
      addOrphan({ kind: 'records', owner, records, bytes, reason, isProven })
    }
  }
  for await (const [key, record] of scan(store, 'value/')) {
    const owner = key.split('/').slice(0, 2).join('/')
    groups.add(owner)
    const known = keys.get(owner)
    if (known && 'data' in record) count(known, await isOpenedBy(ports, owner, record))
  }

  for (const owner of keys.keys())
    if (!groups.has(owner) && !isInUse(owner))
      // A closed tab that is reopened may have messages encrypted with it in its journal.
      addOrphan({ kind: 'key', owner, records: 1, bytes: 0, reason: 'unused', isProven: false })
  for (const owner of marks)
    if (idOfOwner(owner) !== null && !groups.has(owner) && !keys.has(owner) && !isInUse(owner))
      addOrphan({ kind: 'mark', owner, records: 1, bytes: 0, reason: 'no-session', isProven: true })
  for (const owner of markers)
    if (idOfOwner(owner) !== null && !heads.has(owner) && !isInUse(owner))
      addOrphan({ kind: 'marker', owner, records: 1, bytes: 0, reason: 'no-session', isProven: true })
  for (const sessionId of new Set(journal.entries().map((entry) => entry.sessionId))) {
    const owner = sessionOwner(sessionId)
    if (!keys.has(owner) && !isInUse(owner))
      addOrphan({ kind: 'journal', owner, records: 1, bytes: 0, reason: 'no-key', isProven: true })
  }
  return { ...report, keys: [...keys.values()] }
}

function keyReport({ owner, ...record }: KeyRecord): KeyReport {
  const protection = 'key' in record ? 'plain' : 'wrapped'
  return { owner, protection, error: null, opened: 0, refused: 0 }
}

function count(key: KeyReport, error: unknown): void {
  if (error === null) key.opened++
  else key.refused++
}

/** Collects the records of each session, in the order of their keys. */
async function* groupsOf({ store }: ToolPorts): AsyncGenerator<readonly [owner: string, group: Group]> {
  let current: [string, Group] | null = null
  for await (const [key, record] of scan(store, 'session/')) {
    const owner = key.split('/').slice(0, 2).join('/')
    if (current?.[0] !== owner) {
      if (current) yield current
      current = [owner, { sessionId: idOfOwner(owner), head: null, records: 0, bytes: 0, isNewer: false }]
    }
    const [, group] = current
    if (key === `${owner}/head`) group.head = record
    group.records++
    group.bytes += sizeOf(record)
    group.isNewer ||= !(record.v <= FORMAT_VERSION)
  }
  if (current) yield current
}

/** Opens the owner's key without caching it. @throws UnreadableRecordError, VoiceAgentError `key-wrong`, `key-unavailable` */
export async function openKey({ store, keys }: ToolPorts, owner: string): Promise<CryptoKey> {
  const record = await store.get(keyRecordKey(owner))
  if (!record) throw new UnreadableRecordError('key', undefined, 'The key of this conversation is gone.')
  return (await keys.openOnce(owner, record)).key
}

/** Resolves with null if the owner's key decrypts the record, or with the error. */
async function isOpenedBy(ports: ToolPorts, owner: string, record: StoredRecord): Promise<unknown> {
  try {
    await decrypt(await openKey(ports, owner), record as EncryptedRecord)
    return null
  } catch (error) {
    return error
  }
}

type CheckedSession = Omit<StoredSessionReport, 'bytes' | 'isOpenElsewhere'>

/** Decrypts a whole session, in blocks. */
async function checkSession(
  ports: ToolPorts,
  head: EncryptedHead,
  known: KeyReport | undefined,
): Promise<CheckedSession> {
  const { sessionId: id, v: formatVersion, messageCount } = head
  const session: CheckedSession = { id, error: null, formatVersion, messageCount, lost: [] }
  try {
    if (!known) throw new UnreadableRecordError('key', undefined, 'The key of this conversation is gone.')
    if (formatVersion > FORMAT_VERSION || head.schema > ports.version) throw new NewerRecordError('head')
    const key = await openKey(ports, known.owner).catch((error: unknown) => {
      known.error = toVoiceError(error, 'session-unreadable')
      throw error
    })
    const { lost, opened } = await readAll(ports, key, head)
    known.opened += opened
    known.refused += lost.length
    session.lost = lost
  } catch (error) {
    if (known && !known.error && !(error instanceof NewerRecordError)) known.refused++
    session.error = toVoiceError(error, 'session-unreadable')
  }
  return session
}

async function readAll(
  { store }: ToolPorts,
  key: CryptoKey,
  first: EncryptedHead,
): Promise<Pick<StoredSessionReport, 'lost'> & { opened: number }> {
  let head = first
  for (let attempt = 1; ; attempt++) {
    const { sessionId, segmentCount, schema, revision } = head
    const content = await openHead(key, head)
    const layout = layoutOf(head, content.lengths)
    let versions = content.versions ? fromHead(content.versions) : NO_VERSIONS
    const lost: number[] = []
    for (let from = 0; from < segmentCount; from += SEGMENTS_PER_READ) {
      const to = Math.min(segmentCount, from + SEGMENTS_PER_READ)
      const range = { sessionId, from, to, schema, layout, versions, revision }
      const read = await readSegments(store, key, range)
      versions = read.versions
      lost.push(...read.lost)
    }
    const now = lost.length > 0 ? await findHead(store, sessionId) : head
    if (now === null) throw sessionMissing()
    if (attempt === MAX_ATTEMPTS || versionOf(now) === versionOf(head))
      return { lost: lostRanges(layout, lost), opened: 1 + segmentCount - lost.length }
    head = now
  }
}
