import type { RecordStore } from '../storage/database/record-store.js'
import type { KeyVault } from '../storage/keys/key-vault.js'
import { decrypt, UnreadableRecordError } from '../storage/records/cipher.js'
import {
  additionalData,
  blockKey,
  type EncryptedRecord,
  keyRecordKey,
  type StoredRecord,
  segmentKey,
  sessionOwner,
  versionOf,
} from '../storage/records/record.js'
import type { HeadContent } from '../storage/sessions/encrypted-batch.js'
import { BLOCK_SIZE, blockOf, type HeadVersions } from '../storage/sessions/segments.js'
import { type EncryptedHead, findHead, openHead } from '../storage/sessions/session-reader.js'
import { fromBytes, toBytes } from '../storage/stores/record-bytes.js'
import { BackupError } from './backup-error.js'
import { BACKUP_VERSION } from './manifest.js'
import { type Bytes, copyOf, hashOf, type Objects } from './object-store.js'
import type { Vault } from './vault.js'

/** Closed segments whose names share an object. The root names the others, so its size does not grow with the conversation. */
export const GROUP_SIZE = 16
/** Segments that are in memory together. */
const SEGMENTS_PER_READ = 16
/** Requests under way together. */
const PARALLEL = 8
/** Attempts to read a session that a tab is writing. */
const MAX_ATTEMPTS = 5

/** A record of the local store with its content decrypted: `data` is JSON. */
export type PlainRecord = EncryptedRecord

/** How a session lies in the store, as this device knows it. */
export interface SessionImage {
  /** Version of the head that is in the root. */
  head: string
  /** Name of the root. */
  root: string
  /** Closed segments: all but the last. */
  closed: number
  versions: HeadVersions
  /** Names of the objects of full groups. */
  nodes: string[]
}

/** Versions and object names of a group's segments. `''` for a lost one. */
export interface Group {
  versions: string[]
  names: string[]
}

/** Object that names the segments of a full group, and the group before it. */
interface Node {
  v: number
  kind: 'node'
  session: string
  group: number
  names: string[]
  previous: string | null
  /** Object of the record with the versions of a block that this group completes; null if it completes none. */
  block: string | null
}

/** Object at which reading begins. */
interface Root {
  v: number
  kind: 'root'
  session: string
  closed: number
  /** Names of the closed segments behind the last full group. */
  names: string[]
  /** Name of the last full group. */
  node: string | null
  /** Names of records of blocks that no full group has. */
  blocks: [block: number, name: string][]
  head: ArrayBuffer
  /** The last segment. Absent if there is none, or if it was lost. */
  tail?: ArrayBuffer
}

/** A session that was uploaded. */
export interface Collected {
  image: SessionImage
  groups: ReadonlyMap<number, Group>
  /** Names of segments and groups that the root no longer needs. A root of another device may still need them. */
  replaced: string[]
  head: EncryptedHead
  title: string | undefined
}

/** The session changed while it was read. */
class ChangedError extends Error {}

const objectName = (vault: Vault, hash: string) => `object/${vault.id}/${hash}`
const encode = (fields: object) => copyOf(toBytes(fields as StoredRecord))

/** Decrypts a record, and returns null if its key does not open it. */
export async function toPlain(key: CryptoKey, record: EncryptedRecord): Promise<PlainRecord | null> {
  const { iv, data } = record
  try {
    const algorithm = { name: 'AES-GCM', iv, additionalData: additionalData(record) }
    return { ...record, data: await crypto.subtle.decrypt(algorithm, key, data) }
  } catch {
    return null
  }
}

/** Encrypts an object: 12 bytes of the IV, then the ciphertext. @param iv Never used before with this key for other bytes. */
async function encryptObject(key: CryptoKey, plain: Bytes, iv: ArrayBuffer): Promise<Bytes> {
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain)
  const bytes = new Uint8Array(12 + data.byteLength)
  bytes.set(new Uint8Array(iv))
  bytes.set(new Uint8Array(data), 12)
  return bytes
}

/**
 * A record's IV names one version of it, so the same version gives the same object on each device. The key is another one than the local
 * key, so the IV may be used with it.
 */
const encryptRecord = (key: CryptoKey, record: PlainRecord) => encryptObject(key, encode(record), record.iv)

const randomIv = () => crypto.getRandomValues(new Uint8Array(12)).buffer

/** Writes and reads objects that are named by their hash. @throws BackupError `backup-incomplete`, `backup-altered`, `backup-newer` */
export function hashedObjects(objects: Objects, vault: Vault) {
  return {
    nameOf: async (bytes: Bytes) => hashOf(bytes),
    put: (hash: string, bytes: Bytes) => objects.put(objectName(vault, hash), bytes),
    delete: (hash: string) => objects.delete(objectName(vault, hash)),
    async open(key: CryptoKey, hash: string): Promise<StoredRecord> {
      const bytes = await objects.getHashed(objectName(vault, hash), hash)
      let plain: ArrayBuffer
      try {
        const iv = bytes.slice(0, 12).buffer
        plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, bytes.slice(12))
      } catch {
        throw new BackupError('backup-altered')
      }
      return fromBytes(new Uint8Array(plain))
    },
    encrypt: (key: CryptoKey, fields: object) => encryptObject(key, encode(fields), randomIv()),
  }
}

/** Leaves out the call and the chosen microphone, which belong to this device: another one must not send a text that waits here. */
function withoutCall({ iv, ...header }: EncryptedHead, { head, ...content }: HeadContent): PlainRecord {
  const { outbox: _outbox, devices: _devices, ...kept } = head
  const idle = { ...kept, connectionStatus: 'disconnected', conversationStatus: 'idle' }
  const json = new TextEncoder().encode(JSON.stringify({ ...content, head: idle }))
  return { ...header, iv, data: json.buffer }
}

export type HashedObjects = ReturnType<typeof hashedObjects>

/** Ports for reading the local store and uploading. */
export interface UploadPorts {
  store: RecordStore
  keys: KeyVault
  vault: Vault
  hashed: HashedObjects
  /** Called with names that are unique to this upload, before their objects are put. */
  plan(names: readonly string[]): Promise<void>
}

/** Reads the groups of a session that this device remembers. */
export type LoadGroup = (group: number) => Promise<Group | null>

/**
 * Uploads the segments of a session that changed since the last upload, and a new root. Its cost does not depend on the length of the
 * conversation.
 *
 * @param known The last upload; null for none.
 * @returns null if the session is not stored
 * @throws UnreadableRecordError, VoiceAgentError `key-wrong`, `key-unavailable`; BackupError `backup-unreachable`
 */
export async function uploadSession(
  ports: UploadPorts,
  sessionId: string,
  known: SessionImage | null,
  loadGroup: LoadGroup,
): Promise<Collected | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await uploadOnce(ports, sessionId, known, loadGroup)
    } catch (error) {
      if (!(error instanceof ChangedError) || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

async function uploadOnce(
  { store, keys, vault, hashed, plan }: UploadPorts,
  sessionId: string,
  known: SessionImage | null,
  loadGroup: LoadGroup,
): Promise<Collected | null> {
  const owner = sessionOwner(sessionId)
  const [head, keyRecord] = await Promise.all([findHead(store, sessionId), store.get(keyRecordKey(owner))])
  if (!head) return null
  if (!keyRecord) throw new UnreadableRecordError('key')
  const { key } = await keys.open(owner, keyRecord)
  // Another tab may replace the key.
  keys.evict(owner)
  const content = await openHead(key, head)
  const { versions } = content
  // Format 1 has no versions. The next save of the session converts it.
  if (!versions) throw new UnreadableRecordError('head')
  const plainHead = withoutCall(head, content)
  const sessionKey = await vault.sessionKey(sessionId)
  const closed = Math.max(0, head.segmentCount - 1)
  const before = known ?? { closed: 0, versions: { blocks: [], last: [] }, nodes: [] }
  let isComplete = true

  async function read(place: string, version: string | undefined): Promise<PlainRecord | null> {
    const record = (await store.get(place)) as EncryptedRecord | null
    const isExpected = record !== null && record.iv instanceof ArrayBuffer && versionOf(record) === version
    const plain = isExpected ? await toPlain(key, record) : null
    if (!plain) isComplete = false
    return plain
  }

  async function put(record: PlainRecord | null): Promise<string> {
    if (!record) return ''
    const bytes = await encryptRecord(sessionKey, record)
    const name = await hashed.nameOf(bytes)
    await hashed.put(name, bytes)
    return name
  }

  const versionsOfBlock = async (block: number): Promise<readonly string[]> => {
    if (block >= versions.blocks.length) return versions.last
    const record = (await store.get(blockKey(sessionId, block))) as EncryptedRecord | null
    if (record?.kind !== 'versions' || versionOf(record) !== versions.blocks[block]) {
      isComplete = false
      return []
    }
    return decrypt(key, record).then(
      (content) => content as string[],
      () => [],
    )
  }

  const groups = new Map<number, Group>()
  async function groupOf(index: number): Promise<Group> {
    const group = groups.get(index) ?? (known && (await loadGroup(index))) ?? { versions: [], names: [] }
    groups.set(index, group)
    return group
  }

  // Finds the closed segments that were not uploaded in this version.
  let firstChanged = Math.floor(Math.min(before.closed, closed) / GROUP_SIZE)
  const wanted: { seq: number; version: string }[] = []
  const lastBlock = blockOf(Math.max(0, closed - 1))
  for (let block = 0; block <= lastBlock && closed > 0; block++) {
    const isSame = block < versions.blocks.length && before.versions.blocks[block] === versions.blocks[block]
    const first = block * BLOCK_SIZE
    const last = Math.min(closed, first + BLOCK_SIZE)
    if (isSame && last <= before.closed) continue
    const inBlock = await versionsOfBlock(block)
    for (let seq = isSame ? Math.max(first, before.closed) : first; seq < last; seq++) {
      const version = inBlock[seq % BLOCK_SIZE] ?? ''
      const group = await groupOf(Math.floor(seq / GROUP_SIZE))
      const stored = seq < before.closed ? group.versions[seq % GROUP_SIZE] : undefined
      if (stored === version) continue
      wanted.push({ seq, version })
    }
  }
  const replaced: string[] = []
  for (let from = 0; from < wanted.length; from += SEGMENTS_PER_READ) {
    const run = wanted.slice(from, from + SEGMENTS_PER_READ)
    const names = await mapParallel(run, async ({ seq, version }) =>
      put(await read(segmentKey(sessionId, seq), version)),
    )
    for (const [index, { seq, version }] of run.entries()) {
      const group = await groupOf(Math.floor(seq / GROUP_SIZE))
      const name = names[index] ?? ''
      const old = group.names[seq % GROUP_SIZE]
      if (old !== name) firstChanged = Math.min(firstChanged, Math.floor(seq / GROUP_SIZE))
      if (old && old !== name) replaced.push(old)
      group.versions[seq % GROUP_SIZE] = name === '' ? '' : version
      group.names[seq % GROUP_SIZE] = name
    }
  }

  // The groups behind the first one that changed name the ones before them, so they are written again.
  const unique: { name: string; bytes: Bytes }[] = []
  async function add(fields: object): Promise<string> {
    const bytes = await hashed.encrypt(sessionKey, fields)
    const name = await hashed.nameOf(bytes)
    unique.push({ name, bytes })
    return name
  }
  const full = Math.floor(closed / GROUP_SIZE)
  const nodes = before.nodes.slice(0, Math.min(firstChanged, full))
  replaced.push(...before.nodes.slice(nodes.length))
  const blocksIn = (group: number) => ((group + 1) * GROUP_SIZE) / BLOCK_SIZE
  const putBlock = async (block: number) =>
    put(await read(blockKey(sessionId, block), versions.blocks[block]))
  for (let index = nodes.length; index < full; index++) {
    const { names } = await groupOf(index)
    const completed = blocksIn(index)
    const isBlock = Number.isInteger(completed) && completed <= versions.blocks.length
    const node: Node = {
      v: BACKUP_VERSION,
      kind: 'node',
      session: sessionId,
      group: index,
      names: names.slice(0, GROUP_SIZE),
      previous: nodes.at(-1) ?? null,
      block: isBlock ? (await putBlock(completed - 1)) || null : null,
    }
    nodes.push(await add(node))
  }
  const partial = await groupOf(full)
  partial.versions.length = partial.names.length = closed % GROUP_SIZE
  const blocks: [number, string][] = []
  for (let block = Math.floor((full * GROUP_SIZE) / BLOCK_SIZE); block < versions.blocks.length; block++)
    blocks.push([block, await putBlock(block)])
  const version = head.segmentCount > 0 ? (await versionsOfBlock(blockOf(closed)))[closed % BLOCK_SIZE] : ''
  const tail = version ? await read(segmentKey(sessionId, closed), version) : null
  // A record of another version may be of a later save.
  if (!isComplete) {
    const now = await findHead(store, sessionId)
    if (!now || versionOf(now) !== versionOf(head)) throw new ChangedError()
  }
  const root: Root = {
    v: BACKUP_VERSION,
    kind: 'root',
    session: sessionId,
    closed,
    names: partial.names,
    node: nodes.at(-1) ?? null,
    blocks: blocks.filter(([, name]) => name !== ''),
    head: encode(plainHead).buffer,
    ...(tail ? { tail: encode(tail).buffer } : {}),
  }
  const rootName = await add(root)
  await plan(unique.map(({ name }) => name))
  await mapParallel(unique, ({ name, bytes }) => hashed.put(name, bytes))
  const image = { head: versionOf(head), root: rootName, closed, versions, nodes }
  return { image, groups, replaced, head, title: content.head.title }
}

/** Runs a task for each item, a few at a time. Rejects with the first failure, after all that were begun have ended. */
export async function mapParallel<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async () => {
    while (next < items.length) {
      const index = next++
      try {
        results[index] = await task(items[index] as T)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(PARALLEL, items.length) }, work))
  for (const result of settled) if (result.status === 'rejected') throw result.reason
  return results
}

/** A session that was downloaded and verified. */
export interface Downloaded {
  head: PlainRecord & { kind: 'head' }
  records: PlainRecord[]
  image: SessionImage
  groups: ReadonlyMap<number, Group>
}

interface Layout {
  root: Root
  /** Names of full groups, in order. */
  nodes: string[]
  /** Names of all closed segments, in order. */
  names: string[]
  blocks: [block: number, name: string][]
}

async function readLayout(hashed: HashedObjects, key: CryptoKey, id: string, name: string): Promise<Layout> {
  const root = asObject<Root>(await hashed.open(key, name), 'root', id)
  const nodes: string[] = []
  const lists: string[][] = [root.names]
  const blocks = [...root.blocks]
  let previous = root.node
  for (let group = Math.floor(root.closed / GROUP_SIZE) - 1; group >= 0; group--) {
    if (previous === null) throw new BackupError('backup-altered')
    const node = asObject<Node>(await hashed.open(key, previous), 'node', id)
    if (node.group !== group) throw new BackupError('backup-altered')
    nodes.unshift(previous)
    lists.unshift(node.names)
    if (node.block !== null) blocks.push([((group + 1) * GROUP_SIZE) / BLOCK_SIZE - 1, node.block])
    previous = node.previous
  }
  return { root, nodes, names: lists.flat(), blocks }
}

/** The key authenticates content that this package wrote, so only its place is compared. */
function asObject<T extends Root | Node>(record: StoredRecord, kind: T['kind'], session: string): T {
  const object = record as unknown as T
  if (object.v > BACKUP_VERSION) throw new BackupError('backup-newer')
  if (object.kind !== kind || object.session !== session) throw new BackupError('backup-altered')
  return object
}

/**
 * Downloads all of a session, and verifies it, before anything of it is used.
 *
 * @throws BackupError `backup-incomplete`, `backup-altered`, `backup-newer`, `backup-unreachable`
 */
export async function downloadSession(
  hashed: HashedObjects,
  vault: Vault,
  sessionId: string,
  rootName: string,
): Promise<Downloaded> {
  const key = await vault.sessionKey(sessionId)
  const { root, nodes, names, blocks } = await readLayout(hashed, key, sessionId, rootName)
  const head = fromBytes(new Uint8Array(root.head)) as PlainRecord
  if (head.kind !== 'head' || head.sessionId !== sessionId) throw new BackupError('backup-altered')
  const segments = await mapParallel(names, async (name) =>
    name === '' ? null : ((await hashed.open(key, name)) as PlainRecord),
  )
  const records: PlainRecord[] = []
  const groups = new Map<number, Group>()
  for (const [seq, name] of names.entries()) {
    const segment = segments[seq] ?? null
    const group = groups.get(Math.floor(seq / GROUP_SIZE)) ?? { versions: [], names: [] }
    groups.set(Math.floor(seq / GROUP_SIZE), group)
    group.names.push(name)
    group.versions.push(segment ? versionOf(segment) : '')
    if (!segment) continue
    if (segment.kind !== 'messages' || segment.sessionId !== sessionId || segment.seq !== seq)
      throw new BackupError('backup-altered')
    records.push(segment)
  }
  if (root.tail) records.push(fromBytes(new Uint8Array(root.tail)) as PlainRecord)
  for (const [block, name] of blocks) {
    const record = (await hashed.open(key, name)) as PlainRecord
    if (record.kind !== 'versions' || record.block !== block) throw new BackupError('backup-altered')
    records.push(record)
  }
  const { versions } = JSON.parse(new TextDecoder().decode(head.data)) as { versions: HeadVersions }
  const image = { head: versionOf(head), root: rootName, closed: root.closed, versions, nodes }
  return { head, records, image, groups }
}

/** Lists the objects of a session, as far as they can be read. */
export async function listObjects(
  hashed: HashedObjects,
  vault: Vault,
  sessionId: string,
  rootName: string,
): Promise<string[]> {
  const key = await vault.sessionKey(sessionId)
  try {
    const { nodes, names, blocks } = await readLayout(hashed, key, sessionId, rootName)
    return [rootName, ...nodes, ...names.filter((name) => name !== ''), ...blocks.map(([, name]) => name)]
  } catch (error) {
    if (error instanceof BackupError && error.code === 'backup-unreachable') throw error
    return [rootName]
  }
}
