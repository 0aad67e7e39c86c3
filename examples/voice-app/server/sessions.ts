import type { CartItem, Turn } from './brain/answer.js'

/** What the agent remembers of one session, over all its calls. */
export interface AgentSession {
  readonly id: string
  history: Turn[]
  /** Null until a client has told. */
  cart: CartItem[] | null
  /** Sentences of the last answer that the loss of the call cut off. */
  unspoken: string[]
  /** The peer connection of the last call. */
  pcId: string | null
  /** Milliseconds since the epoch when the last call was lost, null while one is live. */
  detachedAt: number | null
}

export interface SessionsOptions {
  /** How long a session is remembered after its call was lost, in seconds. */
  resumeSeconds: number
  /** The oldest session without a call goes when there are more. @default 500 */
  maxSessions?: number
  now: () => number
}

/** The sessions in memory: found while a call is live and for the resume window after it. */
export function createSessions({ resumeSeconds, maxSessions = 500, now }: SessionsOptions) {
  const sessions = new Map<string, AgentSession>()

  const isForgotten = (session: AgentSession) =>
    session.detachedAt !== null && session.detachedAt + resumeSeconds * 1000 <= now()

  const forget = () => {
    for (const [id, session] of sessions) if (isForgotten(session)) sessions.delete(id)
    if (sessions.size <= maxSessions) return
    const idle = [...sessions.values()].filter(({ detachedAt }) => detachedAt !== null)
    idle.sort((a, b) => (a.detachedAt ?? 0) - (b.detachedAt ?? 0))
    for (const { id } of idle.slice(0, sessions.size - maxSessions)) sessions.delete(id)
  }

  return {
    resumeSeconds,

    find(id: string): AgentSession | undefined {
      forget()
      return sessions.get(id)
    },

    /** A session that remembers just `history`; whatever had that id before is dropped. */
    start(id: string, history: Turn[] = []): AgentSession {
      const session: AgentSession = { id, history, cart: null, unspoken: [], pcId: null, detachedAt: null }
      sessions.delete(id)
      sessions.set(id, session)
      forget()
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
