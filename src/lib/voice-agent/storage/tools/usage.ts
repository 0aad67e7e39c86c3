import type { StorageUsage, UsageOptions } from '../../../../../middleware/drivers/storage/ports.js'
import { headKey, headOf, idOfOwner, sessionOwner, sizeOf } from '../records/record.js'
import { scan } from './check.js'
import type { ToolPorts } from './ports.js'

/** Measures stored sessions by the sizes of their records, and asks the browser for the rest. */
export async function measureUsage(ports: ToolPorts, { sessionIds }: UsageOptions): Promise<StorageUsage> {
  const [sessions, origin] = await Promise.all([
    sessionIds ? measureEach(ports, sessionIds) : measureAll(ports),
    askBrowser(),
  ])
  const totalBytes = sessions.reduce((sum, { bytes }) => sum + bytes, 0)
  return { sessions, totalBytes, ...origin }
}

async function measureAll({ store }: ToolPorts): Promise<StorageUsage['sessions']> {
  const sizes = new Map<string, number>()
  const stored = new Set<string>()
  for await (const [key, record] of scan(store, 'session/')) {
    const id = idOfOwner(key.split('/').slice(0, 2).join('/'))
    if (id === null) continue
    sizes.set(id, (sizes.get(id) ?? 0) + sizeOf(record))
    if (headOf(key, record)) stored.add(id)
  }
  return [...sizes].filter(([id]) => stored.has(id)).map(([id, bytes]) => ({ id, bytes }))
}

async function measureEach(
  { store }: ToolPorts,
  sessionIds: readonly string[],
): Promise<StorageUsage['sessions']> {
  const sessions: StorageUsage['sessions'] = []
  for (const id of sessionIds) {
    let bytes = 0
    let isStored = false
    for await (const [key, record] of scan(store, `${sessionOwner(id)}/`)) {
      bytes += sizeOf(record)
      isStored ||= key === headKey(id)
    }
    if (isStored) sessions.push({ id, bytes })
  }
  return sessions
}

/** Fields that the browser does not report are null. */
async function askBrowser(): Promise<Pick<StorageUsage, 'usedBytes' | 'quotaBytes' | 'isPersisted'>> {
  // Undefined on insecure origins, despite its type.
  const storage = globalThis.navigator?.storage as StorageManager | undefined
  const [estimate, isPersisted] = await Promise.all([
    storage?.estimate?.().catch(() => undefined),
    storage?.persisted?.().catch(() => undefined),
  ])
  return {
    usedBytes: estimate?.usage ?? null,
    quotaBytes: estimate?.quota ?? null,
    isPersisted: isPersisted ?? null,
  }
}
