import { withTimeout } from '../../../../../middleware/waiting.js'
import {
  type EncryptedRecord,
  type HeadHeader,
  headKey,
  headOf,
  idOfHead,
  keptKey,
  keyRecordKey,
  segmentsPrefix,
  sessionOwner,
  sizeOf,
} from '../records/record.js'
import type { Cleanup, CleanupPorts, Live } from './session-cleanup.js'

/** A stored conversation that no tab has open, and that the app may delete to make room. */
export interface QuotaCandidate {
  id: string
  /** Estimated bytes on disk. */
  bytes: number
  /** Milliseconds since the epoch. */
  updatedAt: number
  messageCount: number
}

/**
 * Chooses the conversations to delete because the disk is full: the ids of some candidates. Called only if deleting candidates
 * could make enough room, and at most once a minute.
 */
export type OnQuotaExceeded = (request: {
  /** Estimated bytes that are missing. */
  neededBytes: number
  /** At most a hundred conversations, least recently updated first. */
  candidates: readonly QuotaCandidate[]
}) => readonly string[] | Promise<readonly string[]>

/** Maximum number of candidates to measure and offer, and of index entries to scan for them. */
const MAX_CANDIDATES = 100
const MAX_ENTRIES = 1000
/** Factor for the database's own overhead. */
const MARGIN = 1.1
/** Milliseconds that the app has to choose. */
const CHOICE_LIMIT_MS = 10_000
/** Milliseconds to wait after an attempt that freed nothing. */
const PAUSE_MS = 60_000

interface Candidate extends QuotaCandidate {
  /** True if its key is gone, so that it can no longer be read. */
  isOrphaned: boolean
}

interface RoomPorts
  extends Pick<CleanupPorts, 'store' | 'ownership' | 'remove' | 'isQuarantined' | 'isInUse' | 'onDeleted'> {
  cleanup: Cleanup
  onQuotaExceeded: OnQuotaExceeded | undefined
}

/** Creates the function that frees disk space for a failed write. It resolves with true if the write is worth retrying, and never rejects. */
export function createRoom(ports: RoomPorts): (neededBytes: number) => Promise<boolean> {
  let pausedUntil = 0
  return async (neededBytes) => {
    if (performance.now() < pausedUntil) return false
    try {
      if (await makeRoom(ports, neededBytes)) return true
    } catch {
      // The disk failed too, so nothing is freed.
    }
    pausedUntil = performance.now() + PAUSE_MS
    return false
  }
}

/**
 * Deletes stored sessions so that `needed` bytes fit: expired and orphaned ones, or those that the app chooses. Deletes nothing if
 * that would not make enough room.
 *
 * @returns True if sessions were deleted, so that the write is worth retrying.
 */
async function makeRoom(ports: RoomPorts, needed: number): Promise<boolean> {
  const { cleanup } = ports
  return cleanup.runExclusively(async () => {
    const live = await cleanup.findLive()
    // Without Web Locks it is unknown which sessions are still being written.
    if (!live.tabs || !live.sessions) return false
    const [missing, before, candidates] = await Promise.all([
      estimateMissing(needed),
      cleanup.expiredBefore(),
      findCandidates(ports, live),
    ])
    if (totalOf(candidates) < missing) return false
    const isExpired = ({ isOrphaned, updatedAt }: Candidate) =>
      isOrphaned || (before !== null && updatedAt < before)
    const chosen = takeUntil(candidates.filter(isExpired), missing)
    if (totalOf(chosen) < missing) {
      const offered = candidates.filter((candidate) => !chosen.includes(candidate))
      chosen.push(...(await choose(ports.onQuotaExceeded, Math.ceil(missing - totalOf(chosen)), offered)))
    }
    return totalOf(chosen) >= missing && (await remove(ports, live, chosen, missing))
  }, false)
}

/** Takes candidates until they free enough bytes. */
function takeUntil(candidates: readonly Candidate[], missing: number): Candidate[] {
  const enough = candidates.findIndex((_, index) => totalOf(candidates.slice(0, index + 1)) >= missing)
  return candidates.slice(0, enough < 0 ? candidates.length : enough + 1)
}

/** Subtracts the free bytes, if the browser reports them. They can be negative. An estimate that the write fits is wrong. */
async function estimateMissing(needed: number): Promise<number> {
  const wanted = needed * MARGIN
  try {
    const { usage = 0, quota = usage } = await globalThis.navigator.storage.estimate()
    const missing = wanted - (quota - usage)
    return missing > 0 ? missing : wanted
  } catch {
    return wanted
  }
}

/** Finds the least recently updated closed sessions. Estimates their sizes from their first segments. */
async function findCandidates(
  { store, isQuarantined, isInUse }: RoomPorts,
  live: Live,
): Promise<Candidate[]> {
  const found: Candidate[] = []
  const entries = await store.readIndexPage('updatedAt', { direction: 'next', limit: MAX_ENTRIES })
  for (const { key } of entries) {
    const id = idOfHead(key)
    if (id === null || live.sessions?.has(id) || isQuarantined(id) || isInUse(id)) continue
    const owner = sessionOwner(id)
    const prefix = segmentsPrefix(id)
    const keys = [headKey(id), keyRecordKey(owner), keptKey(owner)]
    const { records, run } = await store.readTogether(keys, {
      lower: prefix,
      upper: `${prefix}\uffff`,
      take: 2,
    })
    const [stored, keyRecord, kept] = await Promise.all(records)
    const head = headOf(key, stored)
    if (!head || kept || live.tabs?.has(head.tabId)) continue
    const segments = (await run).map(sizeOf)
    found.push({ ...describe(id, head, segments), isOrphaned: keyRecord === null })
    if (found.length === MAX_CANDIDATES) break
  }
  return found
}

function describe(
  id: string,
  head: EncryptedRecord<HeadHeader>,
  segments: readonly number[],
): QuotaCandidate {
  const mean = segments.reduce((sum, size) => sum + size, 0) / Math.max(1, segments.length)
  const bytes = Math.round(sizeOf(head) + mean * Math.max(segments.length, head.segmentCount || 0))
  return { id, bytes, updatedAt: head.updatedAt, messageCount: head.messageCount }
}

/** Asks the app. A response that is late or not a list of candidates chooses none. */
async function choose(
  ask: OnQuotaExceeded | undefined,
  neededBytes: number,
  candidates: readonly Candidate[],
): Promise<Candidate[]> {
  if (!ask) return []
  const offered = candidates.map(({ isOrphaned: _, ...candidate }) => candidate)
  const asked = (async () => ask({ neededBytes, candidates: offered }))()
  const ids: unknown = await withTimeout(CHOICE_LIMIT_MS, asked, () => new Error('late')).catch(() => [])
  return Array.isArray(ids) ? candidates.filter(({ id }) => ids.includes(id)) : []
}

/** Deletes the chosen sessions, unless too many of them are in use by now. */
async function remove(
  ports: RoomPorts,
  live: Live,
  chosen: readonly Candidate[],
  missing: number,
): Promise<boolean> {
  let acquired: Candidate[] = []
  const absences = ports.ownership.absences()
  for (const candidate of chosen) {
    // Skips a session that was updated after it was offered.
    if (await ports.cleanup.acquire(candidate.id, live, candidate.updatedAt + 1)) acquired.push(candidate)
  }
  acquired = acquired.filter(({ id }) => !ports.isInUse(id))
  const ids = acquired.map(({ id }) => id)
  // Other pages may have used them while this one was in the back/forward cache.
  if (totalOf(acquired) < missing || ports.ownership.absences() !== absences) {
    for (const id of ids) await ports.ownership.release(id)
    return false
  }
  await ports.remove(ids)
  ports.onDeleted(ids, 'quota')
  return true
}

const totalOf = (candidates: readonly QuotaCandidate[]) =>
  candidates.reduce((sum, { bytes }) => sum + bytes, 0)
