/** The agents of this page that share a database. */
interface Sharing {
  /** Numbers in use. */
  numbers: Set<number>
  /** Ends of the agents that are about to free their numbers. */
  leaving: Set<Promise<void>>
}

/** Returns the agents of a database. Stored globally, because a second copy of the package in the page must see them. */
function sharingOf(databaseName: string): Sharing {
  const global = globalThis as unknown as Record<symbol, Map<string, Sharing>>
  const key = Symbol.for('redux-voice-agent.numbers')
  const byName = global[key] ?? new Map<string, Sharing>()
  global[key] = byName
  const sharing = byName.get(databaseName) ?? { numbers: new Set(), leaving: new Set() }
  byName.set(databaseName, sharing)
  return sharing
}

/**
 * Number of an agent among those in this page that share a database. Agents are numbered in mounting order. A reload repeats this order,
 * so each agent finds its own conversation again.
 */
export interface AgentNumber {
  /** Takes the lowest free number, starting at 1. Waits only for agents that are leaving, and continues the conversation of the first one. */
  take(): number | Promise<number>
  /** Called with true once the agent is about to be disposed of; with false if it stays. */
  setLeaving(isLeaving: boolean): void
  /** Frees the number. */
  free(): void
}

export function createAgentNumber(databaseName: string): AgentNumber {
  const { numbers, leaving } = sharingOf(databaseName)
  let taken: number | null = null
  let isFreed = false
  let end: (() => void) | null = null

  function takeNow(): number {
    let number = 1
    while (numbers.has(number)) number++
    if (taken === null && !isFreed) {
      taken = number
      numbers.add(number)
    }
    return taken ?? number
  }

  /** Disposal has a time limit, so this wait has one, too. An agent that is leaving by now does not wait, because others wait for it. */
  async function takeLater(): Promise<number> {
    while (leaving.size > 0 && !end) await Promise.all(leaving)
    return takeNow()
  }

  function setLeaving(isLeaving: boolean): void {
    if (!isLeaving) {
      end?.()
      end = null
      return
    }
    if (end) return
    const left = new Promise<void>((resolve) => {
      end = () => {
        leaving.delete(left)
        resolve()
      }
    })
    leaving.add(left)
  }

  return {
    take: () => (leaving.size > 0 ? takeLater() : takeNow()),
    setLeaving,
    free() {
      isFreed = true
      if (taken !== null) numbers.delete(taken)
      setLeaving(false)
    },
  }
}
