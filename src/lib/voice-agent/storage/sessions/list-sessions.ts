import type { ListOptions, SessionSummary } from '../../../../../middleware/drivers/storage/ports.js'
import type { RecordStore } from '../database/record-store.js'
import {
  type EncryptedRecord,
  type HeadHeader,
  headKey,
  headOf,
  type IndexPosition,
  idOfHead,
} from '../records/record.js'
import type { Ownership } from '../tabs/ownership.js'

type Head = EncryptedRecord<HeadHeader>

/** Lists stored sessions by their heads, last updated first. Loads no key and decrypts nothing. Skips malformed records. */
export async function listHeads(store: RecordStore, { limit, before }: ListOptions): Promise<Head[]> {
  const after = before ? { value: before.updatedAt, key: headKey(before.id) } : null
  if (limit !== undefined) return listPage(store, limit, after)
  // This index holds only heads.
  const heads = [...(await store.readIndex('tabId'))].flatMap(([key, record]) => headOf(key, record) ?? [])
  return heads.sort(compareSummaries).filter((head) => !before || compareSummaries(head, before) > 0)
}

/** Reads the newest entries of an index that also contains the keys, until there are enough heads. */
async function listPage(store: RecordStore, limit: number, from: IndexPosition | null): Promise<Head[]> {
  const heads: Head[] = []
  let after = from
  for (;;) {
    // A session has two entries, its head and its key.
    const size = 2 * (limit - heads.length) + 1
    const entries = await store.readIndexPage('updatedAt', { direction: 'prev', limit: size, after })
    const keys = entries.map(({ key }) => key).filter((key) => idOfHead(key) !== null)
    const records = keys.length > 0 ? await store.readMany(keys) : []
    heads.push(...records.flatMap((record, index) => headOf(keys[index] ?? '', record) ?? []))
    if (heads.length >= limit || entries.length < size) return heads.slice(0, limit)
    after = entries.at(-1) ?? after
  }
}

type Place = Pick<SessionSummary, 'updatedAt'> & ({ id: string } | { sessionId: string })

/** Orders sessions by their last update, the latest first; equal times by key, like the index. */
export function compareSummaries(a: Place, b: Place): number {
  return b.updatedAt - a.updatedAt || (keyOf(a) < keyOf(b) ? 1 : -1)
}

const keyOf = (place: Place) => headKey('id' in place ? place.id : place.sessionId)

/** Finds the session that the tab with this id updated last; null if there is none. */
export async function findSessionOfTab(store: RecordStore, tabId: string): Promise<string | null> {
  const records = await store.readIndex('tabId', { only: tabId })
  const heads = [...records].flatMap(([key, record]) => headOf(key, record) ?? [])
  const [newest] = heads.sort((a, b) => b.updatedAt - a.updatedAt)
  return newest?.sessionId ?? null
}

/** Lists stored sessions in the form that the app receives. */
export async function listSessions(
  store: RecordStore,
  ownership: Pick<Ownership, 'listOwnedElsewhere'>,
  options: ListOptions,
): Promise<SessionSummary[]> {
  const [heads, elsewhere] = await Promise.all([listHeads(store, options), ownership.listOwnedElsewhere()])
  return heads.map(({ sessionId, tabId, createdAt, updatedAt, messageCount, recoveredFrom }) => ({
    id: sessionId,
    tabId,
    createdAt,
    updatedAt,
    messageCount,
    isOpenElsewhere: elsewhere?.has(sessionId) ?? false,
    ...(recoveredFrom === undefined ? {} : { recoveredFrom }),
  }))
}
