/** Number of entries that are remembered. */
const capacity = 50

export interface RecentAction {
  /** Type of the action, without the path of the agent. */
  name: string
  /** Time of the last one, in milliseconds since the epoch. */
  at: number
  /** Number of actions of this type in a row. */
  count: number
}

/** Remembers the agent's last actions by type and time, and never their content. */
export interface RecentActions {
  add(name: string, at: number): void
  /** Oldest first. */
  list(): RecentAction[]
}

/** The cost of an action is constant: one entry of a ring is written or counted. */
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
      next = (next + 1) % capacity
    },
    list: () => [...ring.slice(next), ...ring.slice(0, next)].map((entry) => ({ ...entry })),
  }
}
