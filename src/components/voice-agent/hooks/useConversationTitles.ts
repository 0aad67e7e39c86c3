import { useEffect, useState } from 'react'
import type { SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import type { AgentSource } from './agent-source.js'

const noTitles: ReadonlyMap<string, string> = new Map()

/** Reads the first words of the listed conversations, each once. Empty until they are read. */
export function useConversationTitles(
  { agent }: AgentSource,
  sessions: readonly SessionSummary[],
): ReadonlyMap<string, string> {
  const [titles, setTitles] = useState(noTitles)
  // The list of another user begins empty.
  if (sessions.length === 0 && titles.size > 0) setTitles(noTitles)
  const untitled = sessions.filter(({ id, messageCount }) => messageCount > 0 && !titles.has(id))
  // A conversation that another tab has begun gets its words with one of its first messages.
  const wanted = JSON.stringify(untitled.map(({ id, messageCount }) => [id, Math.min(messageCount, 4)]))
  useEffect(() => {
    const ids = (JSON.parse(wanted) as [string, number][]).map(([id]) => id)
    if (!agent || ids.length === 0) return
    let isOver = false
    agent.sessionManager.readTitles(ids).then(
      (read) => {
        if (!isOver && read.size > 0) setTitles((before) => new Map([...before, ...read]))
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
