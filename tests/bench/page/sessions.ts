import { openDB } from 'idb'
import { createStorage } from '../../../src/lib/voice-agent/storage/index.js'
import { storeSession } from './voice-agent.js'

const DAY_MS = 86_400_000
/** Sessions that one cleanup step deletes. */
const STEP = 100

const nameOf = (count: number) => `bench-sessions-${count}`

/** Costs of page operations with that many stored sessions, in milliseconds. */
export interface SessionCosts {
  /** Opening the database and reading the tab's own session. */
  load: number
  /** The first page of the list. */
  list: number
  /** The second page of the list. */
  nextPage: number
  /** A cleanup step that finds nothing old, as in almost every page load. */
  idleStep: number
  /** A cleanup step that deletes a hundred old sessions. */
  step: number
}

/** Stores heads and keys of closed sessions, each updated a second before the previous one. */
async function put(databaseName: string, prefix: string, count: number, newest: number): Promise<void> {
  const algorithm = { name: 'AES-GCM', length: 256 }
  const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  const db = await openDB(databaseName)
  for (let from = 0; from < count; from += 5_000) {
    const { store, done } = db.transaction('records', 'readwrite')
    for (let index = from; index < Math.min(count, from + 5_000); index++) {
      const sessionId = `${prefix}${index}`
      const updatedAt = newest - index * 1_000
      const fields = { sessionId, tabId: `tab-${index}`, createdAt: updatedAt, updatedAt, messageCount: 10 }
      const ciphertext = { iv: new ArrayBuffer(12), data: new ArrayBuffer(500) }
      const head = { v: 1, kind: 'head', schema: 1, revision: 1, segmentCount: 1, ...fields, ...ciphertext }
      void store.put(head, `session/${sessionId}/head`)
      const keyRecord = { v: 1, kind: 'key', owner: `session/${sessionId}`, updatedAt: updatedAt - 500, key }
      void store.put(keyRecord, `key/session/${sessionId}`)
    }
    await done
  }
  db.close()
}

export async function seedSessions(count: number): Promise<void> {
  const databaseName = nameOf(count)
  await storeSession([{ id: 'm', role: 'user', text: 'Hello', status: 'final', createdAt: 1 }], databaseName)
  await put(databaseName, 'stored-', count, Date.now())
}

async function putProof(databaseName: string, before: number): Promise<void> {
  const db = await openDB(databaseName)
  const now = Date.now()
  const mark = { at: now - 2 * DAY_MS, before, page: 'earlier', from: null }
  const proof = { v: 1, kind: 'meta', name: 'expiry', lastSeen: now, highest: now, sinceJump: now, mark }
  await db.put('records', proof, 'meta/expiry')
  db.close()
}

export async function measureSessions(count: number): Promise<SessionCosts> {
  const databaseName = nameOf(count)
  const costs: Partial<SessionCosts> = {}
  const timed = async <T>(name: keyof SessionCosts, work: () => Promise<T>): Promise<T> => {
    const start = performance.now()
    const result = await work()
    costs[name] = performance.now() - start
    return result
  }
  // Much older than everything stored.
  const before = Date.now() - 1_000 * DAY_MS
  await putProof(databaseName, before)
  const { records, tab } = createStorage({ databaseName })
  await timed('load', async () => {
    await records.open(() => {})
    await tab.claim()
    await records.getItem('bench')
  })
  const first = await timed('list', () => records.list({ limit: 50 }))
  const last = first.at(-1)
  await timed('nextPage', () => records.list({ limit: 50, ...(last ? { before: last } : {}) }))
  await timed('idleStep', () => records.removeExpired(before, []))
  await put(databaseName, 'old-', STEP, before - DAY_MS)
  await putProof(databaseName, before)
  const removed = await timed('step', () => records.removeExpired(before, []))
  if (removed !== STEP) throw new Error(`The step deleted ${removed} sessions.`)
  tab.release()
  await records.close()
  return costs as SessionCosts
}
