import type { CartItem, Turn } from './brain/answer.js'

/** The agent's memory of a session, over all its calls. */
export interface AgentSession {
  readonly id: string
  history: Turn[]
  /** Null until a client sends a cart. */
  cart: CartItem[] | null
  /** Sentences of the last answer that were not spoken because the call was lost. */
  unspoken: string[]
  /** The last texts that were received, in their order, to recognise a second copy. */
  received: { id: string; content: string | null }[]
  /** The peer connection of the last call. */
  pcId: string | null
  /** Time when the last call was lost, in milliseconds since the epoch; null during a call. */
  detachedAt: number | null
}

export interface SessionsOptions {
  /** Seconds that a session is kept in memory after its call was lost. */
  resumeSeconds: number
  /** If there are more, the oldest sessions without a call are removed. @default 500 */
  maxSessions?: number
  now: () => number
}

/** Keeps sessions in memory during a call and for `resumeSeconds` after it. */
export function createSessions({ resumeSeconds, maxSessions = 500, now }: SessionsOptions) {
  const sessions = new Map<string, AgentSession>()

  const isExpired = (session: AgentSession) =>
    session.detachedAt !== null && session.detachedAt + resumeSeconds * 1000 <= now()

  const evict = () => {
    for (const [id, session] of sessions) if (isExpired(session)) sessions.delete(id)
    if (sessions.size <= maxSessions) return
    const idle = [...sessions.values()].filter(({ detachedAt }) => detachedAt !== null)
    idle.sort((a, b) => (a.detachedAt ?? 0) - (b.detachedAt ?? 0))
    for (const { id } of idle.slice(0, sessions.size - maxSessions)) sessions.delete(id)
  }

  return {
    resumeSeconds,

    find(id: string): AgentSession | undefined {
      evict()
      return sessions.get(id)
    },

    /** Starts a session with `history`, and replaces an existing one with the same id. */
    start(id: string, history: Turn[] = []): AgentSession {
      const session: AgentSession = {
        id,
        history,
        cart: null,
        unspoken: [],
        received: [],
        pcId: null,
        detachedAt: null,
      }
      sessions.delete(id)
      sessions.set(id, session)
      evict()
      return session
    },

    attach(session: AgentSession, pcId: string): void {
      session.pcId = pcId
      session.detachedAt = null
    },

    detach(session: AgentSession): void {
      session.detachedAt = now()
    },
  }
}

export type Sessions = ReturnType<typeof createSessions>
