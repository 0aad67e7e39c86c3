/** Number of entries to remember. */
const CAPACITY = 50

export interface RecentAction {
  /** Type of the action, without the agent's path. */
  name: string
  /** Time of the last of them, in milliseconds since the epoch. */
  at: number
  /** Number of consecutive actions of this type. */
  count: number
}

/** Remembers the type and time of the agent's last actions, never their content. */
export interface RecentActions {
  add(name: string, at: number): void
  /** Oldest first. */
  list(): RecentAction[]
}

/** Ring buffer, so that the cost per action is constant. */
export function createRecentActions(): RecentActions {
  const ring: RecentAction[] = []
  let next = 0
  let latest: RecentAction | null = null
  return {
    add(name, at) {
      if (latest?.name === name) {
        latest.count++
        latest.at = at
        return
      }
      latest = { name, at, count: 1 }
      ring[next] = latest
      next = (next + 1) % CAPACITY
    },
    list: () => [...ring.slice(next), ...ring.slice(0, next)].map((entry) => ({ ...entry })),
  }
}
