import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { SessionSummary } from '../../../../middleware/persistence/ports.js'
import { selectSessionId } from '../selectors.js'
import type { AgentSource } from './agent-source.js'
import { useAgentSource, type VoiceAssistantConfig } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'

/** The conversations that are stored in this browser. */
export interface StoredConversations {
  status: 'loading' | 'ready' | 'failed'
  /** Last updated first, without the one that is open here. What was said in them is not opened for a list. */
  earlier: readonly SessionSummary[]
  /** Reads the list again. */
  reload: () => void
  /**
   * Shows an earlier one in place of the one that is open here, which is saved; a call is ended, and none is started. Whether it
   * could be opened: where not, `session.restore.reason` says why.
   */
  open: (sessionId: string) => Promise<boolean>
  /** Deletes one for good, a call in it ended. Whether it could be. */
  remove: (sessionId: string) => Promise<boolean>
}

/** @internal Of an agent that is known already. */
export function useStoredConversationsOf(
  { agent }: AgentSource,
  currentId: string | null,
): StoredConversations {
  const [sessions, setSessions] = useState<readonly SessionSummary[]>([])
  const [status, setStatus] = useState<StoredConversations['status']>('loading')
  const asked = useRef(0)

  const read = useCallback(async () => {
    const turn = ++asked.current
    try {
      const list = (await agent?.sessionManager.listSessions()) ?? []
      if (turn !== asked.current) return
      setSessions(list)
      setStatus('ready')
    } catch {
      if (turn === asked.current) setStatus('failed')
    }
  }, [agent])

  useEffect(() => {
    void read()
    return () => {
      asked.current++
    }
  }, [read])

  const earlier = useMemo(() => sessions.filter(({ id }) => id !== currentId), [sessions, currentId])
  return useMemo(
    () => ({
      status,
      earlier,
      reload() {
        setStatus('loading')
        void read()
      },
      async open(sessionId) {
        try {
          const outcome = await agent?.sessionManager.restoreSession(sessionId, { reconnect: false })
          await read()
          return outcome?.conversation === 'restored'
        } catch {
          // The component went away meanwhile, and an agent of its own with it.
          return false
        }
      },
      async remove(sessionId) {
        try {
          await agent?.sessionManager.deleteSession(sessionId)
          setSessions((before) => before.filter(({ id }) => id !== sessionId))
          return true
        } catch {
          return false
        }
      },
    }),
    [agent, status, earlier, read],
  )
}

/**
 * The conversations that are stored in this browser, to be listed, opened and deleted. Read when the component mounts.
 *
 * @throws VoiceAgentError `invalid-option` without config and provider; `not-mounted` when the agent is in no store.
 * @example
 * const { earlier, open } = useStoredConversations()
 * return earlier.map(({ id, updatedAt, isOpenElsewhere }) => (
 *   <button key={id} disabled={isOpenElsewhere} onClick={() => open(id)}>{new Date(updatedAt).toLocaleString()}</button>
 * ))
 */
export function useStoredConversations(config?: VoiceAssistantConfig): StoredConversations {
  const { source } = useAgentSource(config)
  return useStoredConversationsOf(source, useAgentState(source, selectSessionId))
}
