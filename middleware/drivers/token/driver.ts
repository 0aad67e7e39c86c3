import { asVoiceAgentError, VoiceAgentError } from '../../../store/index.js'
import type { CommandNamed, CommandRunners, Event } from '../../live/events.js'
import { abortable, pause, startTimer } from '../../waiting.js'
import type { Network } from '../call/page-ports.js'
import type { TransportMemo } from '../call/ports.js'
import type { AgentToken, TokenRefreshCallback, TokenVault } from './ports.js'
import { createTokenSource, isFresh, type TokenSource } from './token-source.js'

/** A token due for renewal within this many milliseconds has almost expired on arrival. */
const ALMOST_EXPIRED_MS = 50

/** Milliseconds before renewing a token that had almost expired on arrival, so that the server isn't flooded with requests. */
const MIN_DELAY_MS = 1_000

/** Milliseconds until a refresh, which happens before expiry by a fifth of the token's life, at most a minute. Jitter keeps tabs apart. */
export function refreshDelay(expiresAt: number, now: number, random: number): number {
  const life = Math.max(0, expiresAt - now)
  const margin = Math.min(60_000, life / 5)
  return life - margin - random * margin * 0.5
}

/** Longest delay before retrying a failed renewal, in milliseconds. The first delay is a second, and each further one twice as long. */
const MAX_RETRY_DELAY_MS = 30_000

export interface TokenDriver {
  runners: CommandRunners<
    'getToken' | 'dropToken' | 'expireToken' | 'setOpenSession' | 'saveToken' | 'adoptToken'
  >
  /** Keeps the token passed on by another tab, for the next session taken over. */
  pass(token: AgentToken | null): void
  /**
   * Returns a token for the session of `epoch`, and refreshes it if it is about to expire.
   *
   * @throws VoiceAgentError `superseded` if another session has replaced that one.
   */
  get(epoch: number, options: { renew: boolean; signal: AbortSignal }): Promise<AgentToken>
  /**
   * Makes token requests of `epoch` wait for the stored token, because without it the server would start a new session. If it can't be
   * read, the first request asks for `sessionId` without proof.
   */
  waitFor(epoch: number, sessionId: string, opening: Promise<unknown>): void
  /** Sets a stored token as the token of `epoch`. @returns false if it must be renewed now. */
  setToken(epoch: number, token: AgentToken): boolean
  /** The token of `epoch`, if there is one. */
  current(epoch: number): AgentToken | null
  /** Returns the transport's memo for the session of `epoch`. It is stored and removed together with the token. */
  memo(epoch: number): TransportMemo
  dispose(): void
}

/** Longest memo that a transport may keep, because sessionStorage is small. */
const MAX_MEMO_LENGTH = 4_096

/** Holds only the open session's token. Each epoch has its own source. */
export function createTokenDriver({
  refresh,
  tokens,
  network,
  feed,
  warn,
}: {
  refresh: TokenRefreshCallback
  tokens: Required<TokenVault>
  network: Pick<Network, 'watchPageExit' | 'onWake'>
  feed(event: Event): void
  warn(error: unknown): void
}): TokenDriver {
  let epoch = 0
  let source = createSource(0)
  /** Settles once the stored token of this epoch has been decrypted. Never rejects. */
  let opening: Promise<unknown> | null = null
  /** Session of that token, until a request for it has failed. */
  let openingId: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Failed renewals since the last successful one. */
  let failures = 0
  /** True from a switch of transports until this epoch has a new token, because a late stored token belongs to the previous transport. */
  let isStale = false
  let passed: AgentToken | null = null

  function renewAfter(ms: number) {
    clearTimeout(timer)
    timer = startTimer(() => void renew(epoch), ms)
  }

  const renewBeforeEnd = ({ expiresAt }: AgentToken) => {
    const delay = refreshDelay(expiresAt, Date.now(), Math.random())
    renewAfter(delay > ALMOST_EXPIRED_MS ? delay : MIN_DELAY_MS)
  }

  function createSource(owner: number): TokenSource {
    return createTokenSource(refresh, (token) => {
      failures = 0
      isStale = false
      renewBeforeEnd(token)
      feed({ type: 'tokenRefreshed', epoch: owner, expiresAt: token.expiresAt })
    })
  }

  function begin(owner: number) {
    if (owner <= epoch) return
    source.close()
    clearTimeout(timer)
    failures = 0
    isStale = false
    epoch = owner
    opening = null
    openingId = undefined
    source = createSource(owner)
  }

  async function get(
    owner: number,
    options: { renew: boolean; signal: AbortSignal; sessionId?: string | undefined },
  ): Promise<AgentToken> {
    begin(owner)
    if (owner === epoch && opening) await abortable(opening, options.signal)
    if (owner !== epoch) throw new VoiceAgentError('superseded')
    const sessionId = options.sessionId ?? openingId
    try {
      return await source.get({ ...options, sessionId })
    } catch (error) {
      // If the server refuses, or returns another session, the next request asks for a new session.
      if (owner === epoch && !options.signal.aborted) openingId = undefined
      throw error
    }
  }

  const current = (owner: number) => (owner === epoch ? source.current : null)

  const disposed = new AbortController()

  /** Waits until it is clear that the page stays, or it has returned from the back/forward cache. */
  async function untilPageStays(ms: number): Promise<void> {
    const awake = new AbortController()
    const stopWaking = network.onWake(() => awake.abort())
    await pause(ms, AbortSignal.any([awake.signal, disposed.signal]))
    stopWaking()
  }

  /** Retries a request that was aborted by a page exit, if the page stays after all, because that is not a failure. */
  async function getUnlessLeaving(command: CommandNamed<'getToken'>): Promise<AgentToken> {
    const { epoch: owner, renew, sessionId } = command
    const exit = network.watchPageExit()
    try {
      return await get(owner, { renew, signal: disposed.signal, sessionId })
    } catch (error) {
      const ms = exit.remainingMs()
      if (ms === 0 || owner !== epoch) throw error
      await untilPageStays(ms)
      return getUnlessLeaving(command)
    } finally {
      exit.stop()
    }
  }

  /** Renews the token before it expires. An ongoing call continues without a fresh token, which only the next connection needs. */
  async function renew(owner: number): Promise<void> {
    try {
      await get(owner, { renew: true, signal: disposed.signal })
    } catch (thrown) {
      if (owner !== epoch || !source.current) return
      const error = asVoiceAgentError(thrown, 'token-refresh-failed')
      // The user doesn't notice it until the next connection, but the developer can fix it.
      if (!error.recoverable) warn(error)
      const msLeft = source.current.expiresAt - Date.now()
      if (msLeft <= 0) return feed({ type: 'tokenExpired', epoch })
      const delay = Math.min(MAX_RETRY_DELAY_MS, 1_000 * 2 ** failures)
      renewAfter(Math.min(Math.max(delay, error.retryAfterMs ?? 0), msLeft))
      failures++
    }
  }

  /** True if this epoch's token can't be used until it is renewed. */
  const isExpired = (owner: number) =>
    owner === epoch && source.current !== null && !isFresh(source.current.expiresAt)

  function setToken(owner: number, token: AgentToken): boolean {
    begin(owner)
    if (owner !== epoch) return false
    source.setToken(token)
    if (isStale) source.expire()
    const isUsable = !isStale && isFresh(token.expiresAt)
    if (isUsable) renewBeforeEnd(token)
    return isUsable
  }

  return {
    get,
    waitFor(owner, sessionId, stored) {
      begin(owner)
      if (owner !== epoch) return
      opening = stored
      openingId = sessionId
    },
    setToken,
    pass(token) {
      passed = token
    },
    current,
    memo: (owner) => ({
      get: () => current(owner)?.memo ?? null,
      set(text) {
        const token = current(owner)
        if (!token || (token.memo ?? null) === text || (text?.length ?? 0) > MAX_MEMO_LENGTH) return
        const { memo: _, ...rest } = token
        source.setToken(text === null ? rest : { ...rest, memo: text })
        feed({ type: 'memoChanged', epoch: owner })
      },
    }),
    runners: {
      getToken(command) {
        const { jobId, epoch: owner, renew } = command
        getUnlessLeaving(command).then(
          ({ sessionId }) => feed({ type: 'tokenReady', jobId, sessionId }),
          (thrown: unknown) => {
            const error = asVoiceAgentError(thrown, 'token-refresh-failed')
            // Reported even if the restore has already settled, for example because the user ended the call.
            if (renew && isExpired(owner)) feed({ type: 'tokenExpired', epoch: owner })
            feed({ type: 'tokenFailed', jobId, error, at: Date.now() })
          },
        )
      },
      expireToken({ epoch: owner }) {
        begin(owner)
        if (owner !== epoch) return
        isStale = true
        source.expire()
        feed({ type: 'memoChanged', epoch: owner })
      },
      dropToken({ epoch: owner, isForgotten }) {
        begin(owner)
        if (isForgotten) tokens.clear()
      },
      adoptToken({ epoch: owner }) {
        if (passed) setToken(owner, passed)
        passed = null
      },
      setOpenSession({ sessionId }) {
        if (tokens.read()?.persistedSessionId === sessionId) return
        // The next page must not restore the session whose token is stored.
        tokens.setOpenSession(sessionId)
      },
      saveToken({ epoch: owner, sessionId }) {
        const token = current(owner)
        // If saving fails, the token stays in memory, and the vault reports the failure.
        if (token) tokens.save(sessionId, token).catch(() => undefined)
      },
    },
    dispose() {
      disposed.abort()
      clearTimeout(timer)
      source.close()
    },
  }
}
