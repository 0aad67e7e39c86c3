import { VoiceAgentError } from '../../store/index.js'
import { abortable, type HandlerContext } from '../context.js'
import type { SessionRecords, StoredSession } from '../persistence/ports.js'
import type { AgentToken, TokenVault } from '../token-refresh/ports.js'
import type { TokenSource } from '../token-refresh/token-source.js'

/** Brings sessions into the store and makes new ones. */
export interface Sessions {
  /** A good token for this tab's session, which is created with the first one. */
  ensure(options: { renew: boolean; signal: AbortSignal }): Promise<AgentToken>
  /** Puts a stored session into the store. */
  rehydrate(snapshot: StoredSession): void
}

export function createSessions(
  { actions, selectors, dispatch, getState, clock }: HandlerContext,
  { records, tokens, vault }: { records: SessionRecords; tokens: TokenSource; vault: TokenVault },
): Sessions {
  return {
    async ensure({ renew, signal }) {
      const token = await tokens.get({ renew, signal })
      if (selectors.selectSession(getState()).id === null) {
        // The key comes first: from here on whatever is stored of this session can be sealed.
        await abortable(records.create(token.sessionId), signal)
        // And the token: without it the next page load would not know that this session is the tab's.
        await abortable(vault.save(token.sessionId, token), signal)
        // Whoever asked at the same time may have been first.
        if (selectors.selectSession(getState()).id === null)
          dispatch(actions.sessionCreated({ id: token.sessionId, at: clock.now() }))
      }
      return token
    },
    rehydrate({ head, messages, firstLoadedIndex, revision, lost, warning }) {
      const { tabId } = selectors.selectSession(getState())
      if (tabId === null)
        throw new VoiceAgentError('internal', 'A session was restored before the tab was known.')
      dispatch(
        actions.sessionRehydrated({
          id: head.id,
          tabId,
          createdAt: head.createdAt,
          updatedAt: head.updatedAt,
          startedAt: head.startedAt,
          endedAt: head.endedAt,
          reconnectAttempts: head.reconnectAttempts,
          messages: [...messages],
          firstLoadedIndex,
          revision,
          // Where somebody sits, and what is plugged in there, is the tab's.
          ...(head.devices && head.tabId === tabId ? { devices: head.devices } : {}),
          ...(lost ? { lost } : {}),
          ...(warning ? { warning } : {}),
        }),
      )
    },
  }
}
