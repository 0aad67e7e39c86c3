import { useEffect, useState } from 'react'
import type { SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import type { AgentSource } from './agent-source.js'

const noTitles: ReadonlyMap<string, string> = new Map()
const noChanges: ReadonlyMap<string, number> = new Map()

/**
 * Reads the names or first words of the listed conversations, and again what this tab or another one changes. Empty until they are read.
 */
export function useConversationTitles(
  { agent }: AgentSource,
  sessions: readonly SessionSummary[],
): ReadonlyMap<string, string> {
  const [titles, setTitles] = useState(noTitles)
  /** Number of changes of each conversation since the list was opened. */
  const [changes, setChanges] = useState(noChanges)
  // The list of another user begins empty.
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
  // A conversation that another tab has begun gets its words with one of its first messages.
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
        // A conversation without a title has lost the one that it had.
        setTitles((before) => new Map([...[...before].filter(([id]) => !ids.includes(id)), ...found]))
        setRead((before) => new Map([...before, ...asked.map(([id, , change]) => [id, change] as const)]))
      },
      // The list shows the days alone.
      () => undefined,
    )
    return () => {
      isOver = true
    }
  }, [agent, wanted])
  return titles
}
