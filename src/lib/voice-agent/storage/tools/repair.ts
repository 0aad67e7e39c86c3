import type { RepairReport, StorageOrphan } from '../../../../../middleware/drivers/storage/ports.js'
import type { Changes } from '../database/record-store.js'
import { headKey, idOfOwner, keptKey, keyRecordKey, markKey } from '../records/record.js'
import { acquireFree } from '../tabs/ownership.js'
import { check } from './check.js'
import { type ToolPorts, withOwnOwnership } from './ports.js'

/**
 * Deletes proven orphans. Repeats each proof (no head and no key) while this page owns the session's id, in the transaction that
 * deletes.
 */
export async function repair(ports: ToolPorts): Promise<RepairReport> {
  const { orphans } = await check(ports)
  const report: RepairReport = { removed: [], left: [] }
  for (const orphan of orphans) {
    const isRemoved = orphan.isProven && (await removeOwned(ports, orphan))
    report[isRemoved ? 'removed' : 'left'].push(orphan)
  }
  return report
}

async function removeOwned(ports: ToolPorts, orphan: StorageOrphan): Promise<boolean> {
  const id = idOfOwner(orphan.owner)
  if (id === null) return false
  return withOwnOwnership(ports, async (ownership) => {
    const isOwned = await acquireFree(ownership, id)
    // If that fails, something was stored under the id meanwhile, or the disk failed: keep the orphan.
    return isOwned && remove(ports, orphan, id).catch(() => false)
  })
}

async function remove(
  { store, journal }: ToolPorts,
  { kind, owner }: StorageOrphan,
  id: string,
): Promise<boolean> {
  const place = { head: headKey(id), key: keyRecordKey(owner), mark: markKey(owner), marker: keptKey(owner) }
  const gone = (...keys: string[]): Changes => new Map(keys.map((key) => [key, null]))
  const durability = 'strict'
  if (kind === 'records') {
    const expected = gone(place.head, place.key)
    await store.write(gone(place.mark, place.marker), {
      removePrefixes: [`${owner}/`],
      expected,
      durability,
    })
    return true
  }
  if (kind === 'marker') {
    await store.write(gone(place.marker), { expected: gone(place.head), durability })
    return true
  }
  if (kind === 'mark') {
    if ((await store.readRange(`${owner}/`, `${owner}/\uffff`, 1)).size > 0) return false
    await store.write(gone(place.mark), { expected: gone(place.head, place.key), durability })
    return true
  }
  if (kind !== 'journal' || (await store.get(place.key))) return false
  journal.forget(id)
  return true
}
