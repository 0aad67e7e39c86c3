import { useEffect, useState } from 'react'
import type { SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import type { AgentSource } from './agent-source.js'

const noTitles: ReadonlyMap<string, string> = new Map()
const noChanges: ReadonlyMap<string, number> = new Map()

/**
 * Returns the names or first words of the listed conversations, and updates them when this tab or another one changes them. Empty until read.
 */
export function useConversationTitles(
  { agent }: AgentSource,
  sessions: readonly SessionSummary[],
): ReadonlyMap<string, string> {
  const [titles, setTitles] = useState(noTitles)
  /** Number of changes to each conversation since the list was opened. */
  const [changes, setChanges] = useState(noChanges)
  // Another user's list starts empty.
  if (sessions.length === 0 && titles.size > 0) setTitles(noTitles)
  useEffect(
    () =>
      agent?.on('sessionsChanged', ({ sessionIds }) =>
        setChanges(
          (before) =>
            new Map([...before, ...sessionIds.map((id) => [id, (before.get(id) ?? 0) + 1] as const)]),
        ),
      ),
    [agent],
  )
  const [read, setRead] = useState(noChanges)
  const due = sessions.filter(
    ({ id, messageCount }) =>
      (messageCount > 0 && !titles.has(id)) || (changes.get(id) ?? 0) !== (read.get(id) ?? 0),
  )
  // Includes the count, up to 4: a conversation that another tab just began has no words before one of its first messages.
  const wanted = JSON.stringify(
    due.map(({ id, messageCount }) => [id, Math.min(messageCount, 4), changes.get(id) ?? 0]),
  )
  useEffect(() => {
    const asked = JSON.parse(wanted) as [string, number, number][]
    if (!agent || asked.length === 0) return
    let isOver = false
    const ids = asked.map(([id]) => id)
    agent.sessionManager.readTitles(ids).then(
      (found) => {
        if (isOver) return
        // A requested conversation that was not found has lost its title.
        setTitles((before) => new Map([...[...before].filter(([id]) => !ids.includes(id)), ...found]))
        setRead((before) => new Map([...before, ...asked.map(([id, , change]) => [id, change] as const)]))
      },
      // The list then shows only the days.
      () => undefined,
    )
    return () => {
      isOver = true
    }
  }, [agent, wanted])
  return titles
}
