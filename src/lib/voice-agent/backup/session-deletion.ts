import { keyRecordKey, sessionOwner } from '../storage/records/record.js'
import { findHead } from '../storage/sessions/session-reader.js'
import { BackupError } from './backup-error.js'
import { groupPart, type SessionState, type StateChanges, sessionPart } from './backup-state.js'
import { listObjects } from './download-session.js'
import { keepReplaced, removeSession, type SessionPorts, whileOwned } from './local-sessions.js'
import type { Clock, Entry } from './manifest.js'
import { joinClocks, type Merged } from './merge.js'
import type { Repository } from './repository.js'
import { GROUP_SIZE } from './session-objects.js'

/** Changes that a deletion adds to a batch. */
interface DeletionBatch {
  entries: Entry[]
  state: StateChanges
  removed: string[]
}

function tombstoneOf(id: string, clock: Clock): Entry {
  const now = Date.now()
  return { id, clock, root: null, head: '', createdAt: now, updatedAt: now, messageCount: 0 }
}

/** Returns the names of the session's objects that this device knows, and the changes that delete its state. */
async function findObjects({ state }: SessionPorts, id: string, known: SessionState | null) {
  const removed: string[] = []
  const changes: StateChanges = new Map()
  if (known) {
    const { image, replaced } = known
    removed.push(image.root, ...image.nodes, ...replaced)
    changes.set(sessionPart(id), null)
    for (let group = 0; group <= Math.floor(image.closed / GROUP_SIZE); group++) {
      const names = (await state.read(groupPart(id, group)))?.names ?? []
      removed.push(...names.filter((name) => name !== ''))
      changes.set(groupPart(id, group), null)
    }
  }
  return { removed, changes }
}

/** Deletes a session here and in the backup. Other devices delete it when they sync. */
export async function deleteSession(
  ports: SessionPorts,
  repository: Repository,
  id: string,
  session: Merged | undefined,
): Promise<void> {
  const isHere = (await findHead(ports.store, id)) !== null
  const known = await ports.state.read(sessionPart(id))
  if (!session && !isHere) throw new BackupError('backup-session-missing')
  if (session && session.deletedAt !== null && !isHere) return
  const { device } = repository
  const clock = joinClocks(session?.clock ?? {}, known?.clock ?? {})
  const tombstone = tombstoneOf(id, { ...clock, [device]: (clock[device] ?? 0) + 1 })
  const { removed, changes } = await findObjects(ports, id, known)
  for (const { root } of session?.versions ?? [])
    if (root !== null) removed.push(...(await listObjects(repository.hashed, repository.vault, id, root)))
  const publish = () =>
    repository.publish({ entries: [tombstone], state: changes, removed: [...new Set(removed)] })
  if (isHere) {
    const done = await whileOwned(ports, id, async () => {
      await publish()
      await removeSession(ports, id)
      return true
    })
    if (!done) throw new BackupError('backup-session-open')
  } else await publish()
  await repository.collectGarbage()
}

/**
 * Deletes a session that another device has deleted: here, and this device's version in the backup with the next batch.
 *
 * @param own This device's entry for the session, if it has one.
 */
export async function applyDeletion(
  ports: SessionPorts,
  id: string,
  { clock, deletedAt }: Merged,
  own: Entry | undefined,
  batch: DeletionBatch,
  report: { deleted: string[] },
): Promise<void> {
  const { state, store } = ports
  const known = await state.read(sessionPart(id))
  if (await findHead(store, id)) {
    const key = await store.get(keyRecordKey(sessionOwner(id)))
    const began = key?.kind === 'key' ? key.updatedAt : 0
    // An import, or a server that reuses ids, has begun another conversation since. Only its id was deleted.
    const isUnknown = known === null || (known.removedKeyTime ?? began) !== began
    const isOther = isUnknown && began > (deletedAt ?? began)
    const done = await whileOwned(ports, id, async () => {
      if (isOther) await keepReplaced(ports, id, { records: [] })
      // Noted first, because the state is deleted only with the next manifest, which may fail.
      else if (known) await state.write(new Map([[sessionPart(id), { ...known, removedKeyTime: began }]]))
      await removeSession(ports, id)
      return true
    })
    if (!done) throw new BackupError('backup-session-open')
    if (!isOther) report.deleted.push(id)
  }
  if (own && own.root !== null) batch.entries.push(tombstoneOf(id, joinClocks(clock, own.clock)))
  const { removed, changes } = await findObjects(ports, id, known)
  batch.removed.push(...removed)
  for (const [part, value] of changes) batch.state.set(part, value)
}
