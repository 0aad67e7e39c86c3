import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import { selectSessionId, selectTabId } from '../selectors.js'
import { type AgentSource, useAgentSource, useAgentState, type VoiceAssistantConfig } from './agent-source.js'

/** Number of conversations that are listed at first, and that each `loadMore` adds. */
const PAGE_SIZE = 20

/** The conversations that are stored in this browser. */
export interface StoredConversations {
  status: 'loading' | 'ready' | 'failed'
  /** Most recently updated first, without the one that is open here. Listing them does not decrypt their messages. */
  earlier: readonly SessionSummary[]
  /** True if more are stored than `earlier` contains. */
  hasMore: boolean
  /** Adds the next 20 to `earlier`. Resolves once they are listed. */
  loadMore: () => Promise<void>
  /** Reads the list again. Changes by this tab and others appear without it. */
  reload: () => void
  /**
   * Saves the conversation that is open here and opens an earlier one instead. Ends a running call, and starts none.
   * Resolves to false if it can't be opened; `session.restore.reason` then says why.
   */
  open: (sessionId: string) => Promise<boolean>
  /**
   * Gives a conversation a name of at most 120 characters. Null or an empty name restores its first words.
   * Resolves to false if that failed, for example because another tab has it open.
   */
  rename: (sessionId: string, title: string | null) => Promise<boolean>
  /** Permanently deletes a conversation and ends its call. Resolves to false if that failed. */
  remove: (sessionId: string) => Promise<boolean>
}

/** @internal Like {@link useStoredConversations}, for a component that already has the agent. */
export function useConversationsOfSource(source: AgentSource, currentId: string | null): StoredConversations {
  const { agent } = source
  const tabId = useAgentState(source, selectTabId)
  const [sessions, setSessions] = useState<readonly SessionSummary[]>([])
  const [status, setStatus] = useState<StoredConversations['status']>('loading')
  const [hasMore, setHasMore] = useState(false)
  const limit = useRef(PAGE_SIZE)
  const generation = useRef(0)

  const read = useCallback(async () => {
    const ownGeneration = ++generation.current
    try {
      const list = (await agent?.sessionManager.listSessions({ limit: limit.current + 1 })) ?? []
      if (ownGeneration !== generation.current) return
      setHasMore(list.length > limit.current)
      setSessions(list.slice(0, limit.current))
      setStatus('ready')
    } catch {
      if (ownGeneration === generation.current) setStatus('failed')
    }
  }, [agent])

  useEffect(() => {
    // The tab id depends on the user. Until it is known, the list would be the previous user's.
    setSessions([])
    if (agent === null || tabId !== null) void read()
    const reread = () => void read()
    const stops = [agent?.on('allErased', reread), agent?.on('sessionsChanged', reread)]
    return () => {
      for (const stop of stops) stop?.()
      generation.current++
    }
  }, [agent, tabId, read])

  const earlier = useMemo(() => sessions.filter(({ id }) => id !== currentId), [sessions, currentId])
  return useMemo(
    () => ({
      status,
      earlier,
      hasMore,
      loadMore() {
        limit.current += PAGE_SIZE
        return read()
      },
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
          // The component was unmounted meanwhile and disposed of the agent that it had created.
          return false
        }
      },
      async rename(sessionId, title) {
        try {
          await agent?.sessionManager.renameSession(sessionId, title)
          return true
        } catch {
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
    [agent, status, earlier, hasMore, read],
  )
}

/**
 * Lists, opens and deletes the conversations that are stored in this browser, a page at a time. The list is read when the component
 * mounts, and again when this tab or another one changes something.
 *
 * @throws VoiceAgentError `invalid-option` without a config or a provider; `not-mounted` if no store contains the agent.
 * @example
 * const { earlier, open } = useStoredConversations()
 * return earlier.map(({ id, updatedAt, isOpenElsewhere }) => (
 *   <button key={id} disabled={isOpenElsewhere} onClick={() => open(id)}>{new Date(updatedAt).toLocaleString()}</button>
 * ))
 */
export function useStoredConversations(config?: VoiceAssistantConfig): StoredConversations {
  const { source } = useAgentSource(config)
  return useConversationsOfSource(source, useAgentState(source, selectSessionId))
}
