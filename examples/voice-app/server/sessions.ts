import { setTimeout as delay } from 'node:timers/promises'
import { ApiError } from './errors.js'
import type { Neighbours } from './neighbours.js'
import type { AgentMemory, Owner, SessionStore } from './session-store.js'

/** A session that has a call. */
export interface AgentSession extends AgentMemory {
  readonly id: string
}

/** A session that this process has claimed. */
export interface HeldSession {
  /** Memory of the last call; null for a session that is not known. */
  readonly remembered: AgentMemory | null
  /** Writes the memory soon. Changes during a write are written together after it. */
  save(memory: AgentMemory): void
  /** Frees the session for every process, with the memory that was saved last. */
  release(): Promise<void>
}

interface Held {
  id: string
  epoch: number
  /** The newest memory; null until there is one. */
  memory: AgentMemory | null
  /** True if the record is missing a change to the memory. */
  isUnsaved: boolean
  isSaving: boolean
  isReleased: boolean
  /** Calls back when another process has claimed the session. */
  onLost: () => void
}

export interface SessionsOptions {
  store: SessionStore
  /** The other processes; none if the store has no other process. */
  neighbours?: Neighbours | undefined
}

/** Milliseconds within which another process must release a session. Less than the 15 s for which a client waits. */
const claimMs = 10_000

/** Claims sessions for this process, renews the claims, and writes the agent's memory. */
export function createSessions({ store, neighbours }: SessionsOptions) {
  const held = new Set<Held>()
  const self = () => ({ id: neighbours?.id ?? '', url: neighbours?.url() ?? '' })

  const drop = (entry: Held) => {
    if (!held.delete(entry)) return
    if (!entry.isReleased) entry.onLost()
  }

  /** Writes until nothing is left to write. A failed write is retried with the next renewal. */
  const write = async (entry: Held) => {
    if (entry.isSaving) return
    entry.isSaving = true
    try {
      while (entry.memory && entry.isUnsaved && !entry.isReleased && held.has(entry)) {
        entry.isUnsaved = false
        const lease = await store.save(entry.id, entry.epoch, entry.memory)
        if (lease === 'lost') drop(entry)
        else if (lease === 'empty') throw new Error('The next renewal creates a record.')
      }
    } catch {
      // The call continues without the store.
      entry.isUnsaved = true
    } finally {
      entry.isSaving = false
    }
  }

  const free = async (entry: Held) => {
    await store.release(entry.id, entry.epoch, entry.memory)
    held.delete(entry)
  }

  const renew = async (entry: Held) => {
    try {
      // A release that failed is retried: the memory is useful until another process claims the session.
      if (entry.isReleased) return await free(entry)
      const lease = await store.renew(entry.id, entry.epoch, self())
      if (lease === 'lost') return drop(entry)
      if (lease === 'empty') entry.isUnsaved = true
      await write(entry)
    } catch {
      // Without the store no other process can claim the session either.
    }
  }
  const renewing =
    store.leaseMs === null
      ? undefined
      : setInterval(() => {
          for (const entry of held) void renew(entry)
        }, store.leaseMs / 3)
  renewing?.unref()

  /** Asks the owner to release a session. If it does not respond, its lease must expire first. */
  const takeFrom = async ({ url, leaseMs }: Owner, id: string, pcId: string | null, longestMs: number) => {
    const isReleased = await neighbours?.release(url, { sessionId: id, pcId }).then(
      () => true,
      () => false,
    )
    if (!isReleased) await delay(Math.min(leaseMs, longestMs))
  }

  return {
    isKnown: (id: string): Promise<boolean> => store.has(id),
    /** Returns the address of the process that has the session's call; null if none has. */
    async ownerOf(id: string): Promise<string | null> {
      const owner = await store.ownerOf(id)
      return owner && owner.id !== self().id ? owner.url : null
    },

    /**
     * Claims a session. Another process that has it ends its call.
     *
     * @param pcId The peer connection that the client names: a client of another one is told that its session has moved.
     * @throws ApiError 503 `session_busy` or `store_unavailable`
     */
    async claim(id: string, pcId: string | null, onLost: () => void): Promise<HeldSession> {
      const deadline = performance.now() + claimMs
      for (const entry of held) if (entry.id === id && entry.isReleased) await free(entry)
      let claim = await store.claim(id, self())
      while ('owner' in claim) {
        const longestMs = deadline - performance.now()
        if (longestMs <= 0) throw new ApiError(503, 'session_busy', 'The session is in use: try again.', 1)
        await takeFrom(claim.owner, id, pcId, longestMs)
        claim = await store.claim(id, self())
      }
      const { epoch, memory } = claim
      const entry: Held = {
        id,
        epoch,
        memory: null,
        isUnsaved: false,
        isSaving: false,
        isReleased: false,
        onLost,
      }
      held.add(entry)
      return {
        remembered: memory,
        save(memory) {
          entry.memory = memory
          entry.isUnsaved = true
          void write(entry)
        },
        async release() {
          entry.isReleased = true
          if (held.has(entry)) await free(entry).catch(() => {})
        },
      }
    },

    /** Frees a session that belongs to this process according to its record, but has no call here. */
    async disown(id: string): Promise<void> {
      const claim = await store.claim(id, self())
      if ('epoch' in claim) await store.release(id, claim.epoch, null)
    },

    async close(): Promise<void> {
      clearInterval(renewing)
      await store.close()
    },
  }
}

export type Sessions = ReturnType<typeof createSessions>
