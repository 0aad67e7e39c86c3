import { isAnyOf } from '@reduxjs/toolkit'
import type { HandlerContext } from '../context.js'
import type { TokenRefreshCallback, TokenVault } from './ports.js'
import { createTokenSource, type TokenSource } from './token-source.js'

/** How long before its end a token is refreshed: a fifth of its life, at most a minute; jitter keeps tabs apart. */
export function refreshDelay(expiresAt: number, now: number, random: number): number {
  const life = Math.max(0, expiresAt - now)
  const margin = Math.min(60_000, life / 5)
  return life - margin - random * margin * 0.5
}

/**
 * Keeps the token good while there is a session, and sealed in sessionStorage.
 * Specification, "Token Persistence": proactive refresh before expiry, cleared when the session ends.
 */
export function handleTokenRefresh(
  { actions, selectors, startListening, dispatch, getState, clock, disposed }: HandlerContext,
  ports: { refreshToken: TokenRefreshCallback; tokens: Pick<TokenVault, 'save' | 'clear'> },
): TokenSource {
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  disposed.addEventListener('abort', () => clock.clearTimeout(timer))

  const source = createTokenSource(ports.refreshToken, clock, ({ expiresAt }) =>
    dispatch(actions.tokenRefreshed({ expiresAt })),
  )

  function schedule(delay: number) {
    clock.clearTimeout(timer)
    timer = clock.setTimeout(() => void renew(), delay)
  }

  async function renew() {
    try {
      await source.get({ renew: true, signal: disposed })
    } catch {
      const { current } = source
      if (!current || disposed.aborted) return
      // Tried again until the token ends. A call that is on goes on without it.
      const left = current.expiresAt - clock.now()
      if (left > 0) schedule(Math.min(30_000, 1_000 * 2 ** failures++, left))
      else dispatch(actions.sessionExpired())
    }
  }

  startListening({
    matcher: isAnyOf(actions.tokenRefreshed, actions.sessionCreated, actions.sessionRehydrated),
    effect: async (action) => {
      const { current } = source
      if (!current) return
      failures = 0
      schedule(refreshDelay(current.expiresAt, clock.now(), Math.random()))
      const { id } = selectors.selectSession(getState())
      // Whoever created the session has kept its token before.
      if (id !== null && !actions.sessionCreated.match(action)) await ports.tokens.save(id, current)
    },
  })
  startListening({
    actionCreator: actions.sessionEnded,
    effect: () => {
      clock.clearTimeout(timer)
      source.clear()
      ports.tokens.clear()
    },
  })

  return source
}
