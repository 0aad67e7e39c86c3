import { versionOf } from '../storage/records/record.js'
import { BLOCK_SIZE, type HeadVersions } from '../storage/sessions/segments.js'
import { fromBytes } from '../storage/stores/record-bytes.js'
import { BackupError } from './backup-error.js'
import {
  asObject,
  GROUP_SIZE,
  type Group,
  type HashedObjects,
  mapParallel,
  type Node,
  type PlainRecord,
  type Root,
  type SessionImage,
} from './session-objects.js'
import type { Vault } from './vault.js'

/** A downloaded and verified session. */
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

/**
 * Downloads and verifies a whole session before any of it is used.
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

/** Lists a session's objects as far as they can be read. */
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
