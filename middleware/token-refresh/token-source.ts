import { VoiceAgentError } from '../../store/index.js'
import { abortable, type Clock } from '../context.js'
import { parseToken } from './parse-token.js'
import type { AgentToken, TokenRefreshCallback } from './ports.js'

/** A token this close to its end is not used for anything new, in milliseconds. */
const expiryMargin = 5_000
/** A callback that has not answered by then never will, in milliseconds. */
const refreshTimeout = 15_000

/** Holds the token in its closure, the one place where it is in the clear. */
export interface TokenSource {
  readonly current: AgentToken | null
  /** A token that is good now. Whoever asks while a refresh is under way shares it. */
  get(options: { renew?: boolean; signal: AbortSignal }): Promise<AgentToken>
  /** Takes up a restored one, without asking anybody. */
  adopt(token: AgentToken): void
  isFresh(expiresAt: number): boolean
  setCallback(callback: TokenRefreshCallback): void
  clear(): void
}

export function createTokenSource(
  initialCallback: TokenRefreshCallback,
  clock: Clock,
  onRefreshed: (token: AgentToken) => void,
): TokenSource {
  let callback = initialCallback
  let current: AgentToken | null = null
  let refreshing: Promise<AgentToken> | null = null
  let generation = 0

  const isFresh = (expiresAt: number) => expiresAt - expiryMargin > clock.now()

  async function refresh(): Promise<AgentToken> {
    const asked = generation
    const timeout = new AbortController()
    const timer = clock.setTimeout(
      () =>
        timeout.abort(
          new VoiceAgentError('token-refresh-failed', 'The token endpoint did not answer in time.'),
        ),
      refreshTimeout,
    )
    try {
      const request = {
        sessionId: current?.sessionId ?? null,
        token: current?.token ?? null,
        signal: timeout.signal,
      }
      const answer = await abortable(Promise.resolve(callback(request)), timeout.signal)
      const token = parseToken(answer, clock.now())
      if (asked !== generation)
        throw new VoiceAgentError('token-refresh-failed', 'The session ended meanwhile.')
      current = token
      onRefreshed(token)
      return token
    } catch (error) {
      if (error instanceof VoiceAgentError) throw error
      // A foreign error's words may hold the token, so only its kind goes on.
      throw new VoiceAgentError('token-refresh-failed', undefined, { cause: error })
    } finally {
      clock.clearTimeout(timer)
    }
  }

  return {
    get current() {
      return current
    },
    isFresh,
    get({ renew = false, signal }) {
      if (current && !renew && isFresh(current.expiresAt)) return Promise.resolve(current)
      refreshing ??= refresh().finally(() => {
        refreshing = null
      })
      return abortable(refreshing, signal)
    },
    adopt(token) {
      current = token
    },
    setCallback(next) {
      callback = next
    },
    clear() {
      generation++
      current = null
      refreshing = null
    },
  }
}
