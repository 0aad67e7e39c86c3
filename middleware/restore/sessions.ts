import { abortable, type HandlerContext } from '../context.js'
import type { SessionCatalogue } from '../persistence/ports.js'
import type { AgentToken, TokenVault } from '../token-refresh/ports.js'
import type { TokenSource } from '../token-refresh/token-source.js'

/** Makes new sessions. */
export interface Sessions {
  /** A good token for this tab's session, which is created with the first one. */
  ensure(options: { renew: boolean; signal: AbortSignal }): Promise<AgentToken>
}

export function createSessions(
  { actions, selectors, dispatch, getState, clock }: HandlerContext,
  {
    records,
    tokens,
    vault,
  }: { records: Pick<SessionCatalogue, 'create'>; tokens: TokenSource; vault: Pick<TokenVault, 'save'> },
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
  }
}
