import type { CartItem, Turn } from './brain/answer.js'

/** The agent's memory of a session, over all its calls. It is JSON, so that another process can continue the session. */
export interface AgentMemory {
  history: Turn[]
  /** Null until a client sends a cart. */
  cart: CartItem[] | null
  /** Sentences of the last answer that were not spoken because the call was lost. */
  unspoken: string[]
  /** The last received texts, in order, to recognise duplicates. */
  received: { id: string; content: string | null }[]
  /** The peer connection of the last call. */
  pcId: string | null
}

export const emptyMemory = (): AgentMemory => ({
  history: [],
  cart: null,
  unspoken: [],
  received: [],
  pcId: null,
})

/** A server process that can have calls. */
export interface ServerProcess {
  id: string
  /** Address of its internal routes. */
  url: string
}

/** The process that has a session's call. */
export interface Owner extends ServerProcess {
  /** Milliseconds until the session is free if the process does not renew its lease; 0 if it is late. */
  leaseMs: number
}

/** Result of a claim: the session with its memory, or the process that has it. */
export type Claim = { epoch: number; memory: AgentMemory | null } | { owner: Owner }

/** State of a claim. `empty`: the record is gone, or has no memory; `lost`: another process has claimed the session. */
export type Lease = 'held' | 'empty' | 'lost'

/**
 * Keeps the records of the sessions: during a call, and for a limited time after it.
 *
 * Each claim raises the session's epoch, and the record ignores writes from an earlier one. So a process that was suspended for a while cannot
 * overwrite its successor's memory.
 *
 * Every method rejects with ApiError 503 `store_unavailable` if the records cannot be reached.
 */
export interface SessionStore {
  /** Milliseconds for which a claim holds without `renew`; null if no other process can claim. */
  readonly leaseMs: number | null
  /** True if there is a record of the session. */
  has(id: string): Promise<boolean>
  /** Returns the process with the session's call, even if its lease has expired: it may be late, and only it has the peer connection. */
  ownerOf(id: string): Promise<Owner | null>
  /** Atomically assigns a session to this process, if it is free or already this process's. */
  claim(id: string, process: ServerProcess): Promise<Claim>
  /** Writes the memory into the record, if it is there. */
  save(id: string, epoch: number, memory: AgentMemory): Promise<Lease>
  /** Renews the lease, in a new record if the old one is gone. */
  renew(id: string, epoch: number, process: ServerProcess): Promise<Lease>
  /** Frees the session, and keeps the memory for as long as a session is kept. Null keeps the memory that was last written. */
  release(id: string, epoch: number, memory: AgentMemory | null): Promise<void>
  close(): Promise<void>
}

export interface MemoryStoreOptions {
  /** Seconds that a session is kept after its call was lost. */
  resumeSeconds: number
  /** If there are more, the oldest sessions without a call are removed. @default 500 */
  maxSessions?: number
  now: () => number
}

/** Keeps the records in this process, which is the only one. */
export function createMemoryStore({
  resumeSeconds,
  maxSessions = 500,
  now,
}: MemoryStoreOptions): SessionStore {
  /** `freedAt` is null during a call. */
  const records = new Map<string, { epoch: number; memory: AgentMemory | null; freedAt: number | null }>()

  const evict = () => {
    for (const [id, { freedAt }] of records)
      if (freedAt !== null && freedAt + resumeSeconds * 1000 <= now()) records.delete(id)
    if (records.size <= maxSessions) return
    const idle = [...records].filter(([, { freedAt }]) => freedAt !== null)
    idle.sort(([, a], [, b]) => (a.freedAt ?? 0) - (b.freedAt ?? 0))
    for (const [id] of idle.slice(0, records.size - maxSessions)) records.delete(id)
  }
  const current = (id: string, epoch: number) => {
    const record = records.get(id)
    return record?.epoch === epoch ? record : undefined
  }

  return {
    leaseMs: null,
    async has(id) {
      evict()
      return records.has(id)
    },
    ownerOf: async () => null,
    async claim(id) {
      evict()
      const { epoch = 0, memory = null } = records.get(id) ?? {}
      records.set(id, { epoch: epoch + 1, memory, freedAt: null })
      return { epoch: epoch + 1, memory }
    },
    async save(id, epoch, memory) {
      const record = current(id, epoch)
      if (record) record.memory = memory
      return record ? 'held' : 'lost'
    },
    renew: async (id, epoch) => (current(id, epoch) ? 'held' : 'lost'),
    async release(id, epoch, memory) {
      const record = current(id, epoch)
      if (!record) return
      record.memory = memory ?? record.memory
      record.freedAt = now()
      evict()
    },
    async close() {},
  }
}
