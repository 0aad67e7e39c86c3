import type { RecordStore } from '../storage/database/record-store.js'
import type { KeyVault } from '../storage/keys/key-vault.js'
import { decrypt, UnreadableRecordError } from '../storage/records/cipher.js'
import {
  blockKey,
  type EncryptedRecord,
  keyRecordKey,
  segmentKey,
  sessionOwner,
  versionOf,
} from '../storage/records/record.js'
import type { HeadContent } from '../storage/sessions/encrypted-batch.js'
import { BLOCK_SIZE, blockOf } from '../storage/sessions/segments.js'
import { type EncryptedHead, findHead, openHead } from '../storage/sessions/session-reader.js'
import { BACKUP_VERSION } from './manifest.js'
import type { Bytes } from './object-store.js'
import {
  encode,
  encryptRecord,
  GROUP_SIZE,
  type Group,
  type HashedObjects,
  mapParallel,
  type Node,
  type PlainRecord,
  type Root,
  type SessionImage,
  toPlain,
} from './session-objects.js'
import type { Vault } from './vault.js'

/** Number of segments in memory at a time. */
const SEGMENTS_PER_READ = 16
/** Attempts to read a session that another tab is writing. */
const MAX_ATTEMPTS = 5

/** An uploaded session. */
export interface Collected {
  image: SessionImage
  groups: ReadonlyMap<number, Group>
  /** Names of segments and groups that the root no longer needs. Another device's root may still need them. */
  replaced: string[]
  head: EncryptedHead
  title: string | undefined
}

/** The session changed while it was read. */
class ChangedError extends Error {}

/** Omits the call and the selected microphone, which belong to this device: another device must not send a text queued here. */
function withoutCall({ iv, ...header }: EncryptedHead, { head, ...content }: HeadContent): PlainRecord {
  const { outbox: _outbox, devices: _devices, ...kept } = head
  const idle = { ...kept, connectionStatus: 'disconnected', conversationStatus: 'idle' }
  const json = new TextEncoder().encode(JSON.stringify({ ...content, head: idle }))
  return { ...header, iv, data: json.buffer }
}

/** Ports for reading the local store and uploading. */
export interface UploadPorts {
  store: RecordStore
  keys: KeyVault
  vault: Vault
  hashed: HashedObjects
  /** Called with names that are unique to this upload, before their objects are put. */
  plan(names: readonly string[]): Promise<void>
}

/** Reads a group of the session from this device's state. */
export type LoadGroup = (group: number) => Promise<Group | null>

/**
 * Uploads a session's segments that changed since the last upload, and a new root. The cost does not depend on the conversation's
 * length.
 *
 * @param known The last upload; null if there is none.
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
  const { key } = await keys.openOnce(owner, keyRecord)
  const content = await openHead(key, head)
  const { versions } = content
  // Format 1 has no versions. The session's next save converts it.
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

  // Finds closed segments whose current version was not uploaded.
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

  // Groups refer to their predecessors, so all groups after the first changed one are rewritten.
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
  // A record with another version may be from a later save.
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
