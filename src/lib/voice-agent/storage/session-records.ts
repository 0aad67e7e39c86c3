import type {
  MessageRange,
  RestoreDepth,
  SessionRecords,
  SessionSummary,
} from '../../../../middleware/persistence/ports.js'
import { type SessionHead, VoiceAgentError } from '../../../../store/index.js'
import { UnreadableRecordError } from './cipher.js'
import type { HeldKey } from './key-vault.js'
import { type HeadHeader, type StoredRecord, sessionOwner } from './record.js'
import { replayJournal } from './replay.js'
import { SEGMENT_SIZE } from './segments.js'
import { type LogPorts, SessionLog } from './session-log.js'
import { findHead, openHead, readSegments, readSession } from './session-reader.js'
import { asWriteError } from './storage-status.js'

export type OpenSessionRecords = Omit<SessionRecords, 'open'>

interface SessionRecordsPorts extends LogPorts {
  restore: RestoreDepth
  /** Tabs that are open now: what is theirs is not cleaned up. */
  liveTabs: () => Promise<ReadonlySet<string>>
}

/** Sessions as segment logs in one open database. */
export function createSessionRecords(ports: SessionRecordsPorts): OpenSessionRecords {
  const { store, keys, journal } = ports
  const logs = new Map<string, SessionLog>()

  function logOf(sessionId: string): SessionLog {
    const known = logs.get(sessionId)
    if (known) return known
    const log = new SessionLog(sessionId, ports)
    logs.set(sessionId, log)
    return log
  }

  async function keyOf(sessionId: string): Promise<HeldKey> {
    const held = await keys.find(sessionOwner(sessionId))
    if (!held) throw new UnreadableRecordError('key')
    return held
  }

  async function readOrQuarantine<T>(sessionId: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      // Slow, closed, corrupt: whatever the reason, what could not be read is not written over.
      const unreadable = asUnreadable(error)
      logOf(sessionId).quarantine(unreadable)
      throw unreadable
    }
  }

  async function remove(sessionId: string): Promise<void> {
    // The log stays, closed: a save that was already under way must not bring the session back.
    await logOf(sessionId).retire()
    journal.clear(sessionId)
    const owner = sessionOwner(sessionId)
    await keys.remove(owner)
    await store.removePrefix(`${owner}/`)
  }

  /** Keys of sessions that were created and never written to. */
  async function removeOrphans(old: StoredRecord[], keep: readonly string[]): Promise<void> {
    const kept = new Set(keep.map(sessionOwner))
    for (const record of old) {
      if (record.kind !== 'key' || !record.owner.startsWith('session/') || kept.has(record.owner)) continue
      if ((await store.get(`${record.owner}/head`)) === null) await keys.remove(record.owner)
    }
  }

  return {
    async create(sessionId) {
      if (logs.get(sessionId)?.isRetired) logs.delete(sessionId)
      try {
        await logOf(sessionId).prepare()
      } catch (thrown) {
        // The call goes on without: the token stays in memory, and the first save tries for a key again.
        ports.onWrite(asWriteError(thrown))
      }
    },

    getItem: (sessionId) =>
      readOrQuarantine(sessionId, async () => {
        await replayJournal(journal, store, keys)
        const head = await findHead(store, sessionId)
        if (!head) return null
        const held = await keyOf(sessionId)
        const session = await readSession(store, held.key, head, ports.restore)
        logOf(sessionId).adopt(session, held)
        return session.snapshot
      }),

    setItem: (sessionId, snapshot) => logOf(sessionId).write(snapshot),
    removeItem: remove,
    stage: (snapshot) => logOf(snapshot.head.id).stage(snapshot),

    keepStaged() {
      for (const log of logs.values()) log.keep()
    },

    async readEarlier(sessionId, index, depth): Promise<MessageRange> {
      const to = Math.floor(index / SEGMENT_SIZE)
      if (to <= 0) return { messages: [], firstLoadedIndex: 0 }
      const from = depth === 'all' ? 0 : to - 1
      try {
        const { key } = await keyOf(sessionId)
        const segments = await readSegments(store, key, { sessionId, from, to })
        logOf(sessionId).learn(segments)
        return {
          messages: segments.flatMap(({ messages }) => messages),
          firstLoadedIndex: from * SEGMENT_SIZE,
        }
      } catch (error) {
        // The session goes on: these segments are not in memory, so nothing can write over them.
        throw asUnreadable(error)
      }
    },

    async list(): Promise<SessionSummary[]> {
      const heads = (await store.readIndex('updatedAt')).filter(isHead)
      return heads.map(summaryOf).sort((a, b) => b.updatedAt - a.updatedAt)
    },

    readHead: (sessionId): Promise<SessionHead | null> =>
      readOrQuarantine(sessionId, async () => {
        const head = await findHead(store, sessionId)
        return head && (await openHead((await keyOf(sessionId)).key, head)).head
      }),

    async removeExpired(before, keep) {
      const [old, live] = await Promise.all([
        store.readIndex('updatedAt', { below: before }),
        ports.liveTabs(),
      ])
      let removed = 0
      for (const head of old.filter(isHead)) {
        if (keep.includes(head.sessionId) || live.has(head.tabId)) continue
        await remove(head.sessionId)
        removed++
      }
      await removeOrphans(old, keep)
      return removed
    },

    async close() {
      await Promise.all([...logs.values()].map((log) => log.flush()))
      store.close()
    },
  }
}

function isHead(record: StoredRecord): record is Extract<StoredRecord, { kind: 'head' }> {
  return record.kind === 'head'
}

function summaryOf({ sessionId, tabId, createdAt, updatedAt, messageCount }: HeadHeader): SessionSummary {
  return { id: sessionId, tabId, createdAt, updatedAt, messageCount }
}

function asUnreadable(error: unknown): VoiceAgentError {
  if (error instanceof VoiceAgentError && error.code === 'session-unreadable') return error
  return new VoiceAgentError('session-unreadable', undefined, { cause: error })
}
