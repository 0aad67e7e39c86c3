import { asVoiceAgentError, VoiceAgentError } from '../../../store/index.js'
import { type Clock, pause } from '../../clock.js'
import type { Command, Event } from '../../live/state.js'
import type { Network } from '../call/ports.js'
import type { AgentToken, TokenRefreshCallback, TokenVault } from './ports.js'
import { createTokenSource, type TokenSource } from './token-source.js'

/** Milliseconds between a refresh and the token's expiry: a fifth of its life, at most a minute. Jitter keeps tabs apart. */
export function refreshDelay(expiresAt: number, now: number, random: number): number {
  const life = Math.max(0, expiresAt - now)
  const margin = Math.min(60_000, life / 5)
  return life - margin - random * margin * 0.5
}

type TokenCommand = Extract<
  Command,
  { type: 'getToken' | 'dropToken' | 'saveToken' | 'renewToken' | 'startTokenTimer' | 'stopTokenTimer' }
>

export interface TokenDriver {
  run(command: TokenCommand): void
  /**
   * Returns a token for the session of `epoch`, and refreshes it if it is about to expire.
   *
   * @throws VoiceAgentError `superseded` if another session has replaced that one.
   */
  get(epoch: number, options: { renew: boolean; signal: AbortSignal }): Promise<AgentToken>
  /** Sets a stored token as that of `epoch`. @returns milliseconds until it should be refreshed; 0 if that is due. */
  setToken(epoch: number, token: AgentToken): number
  /** Returns the token of `epoch`, if there is one. */
  current(epoch: number): AgentToken | null
  dispose(): void
}

/** Holds the token of the open session only: each owner of the session slot has its own source. */
export function createTokenDriver({
  refresh,
  tokens,
  clock,
  random,
  network,
  feed,
}: {
  refresh: TokenRefreshCallback
  tokens: Pick<TokenVault, 'save' | 'clear'>
  clock: Clock
  random: () => number
  network: Pick<Network, 'watchPageExit'>
  feed(event: Event): void
}): TokenDriver {
  let epoch = 0
  let source = createSource(0)
  let timer: ReturnType<typeof setTimeout> | undefined

  const delayOf = ({ expiresAt }: AgentToken) => Math.max(1, refreshDelay(expiresAt, clock.now(), random()))

  function createSource(owner: number): TokenSource {
    return createTokenSource(refresh, clock, (token) =>
      feed({
        type: 'tokenRefreshed',
        epoch: owner,
        expiresAt: token.expiresAt,
        refreshAfterMs: delayOf(token),
      }),
    )
  }

  function begin(owner: number) {
    if (owner <= epoch) return
    source.close()
    epoch = owner
    source = createSource(owner)
  }

  async function get(owner: number, options: { renew: boolean; signal: AbortSignal }): Promise<AgentToken> {
    begin(owner)
    if (owner !== epoch) throw new VoiceAgentError('superseded')
    return source.get(options)
  }

  const never = new AbortController().signal

  /** Repeats a request that was cut off with the page, if the page stays: it is no failure. */
  async function getUnlessLeaving(owner: number, renew: boolean): Promise<AgentToken> {
    const exit = network.watchPageExit()
    try {
      return await get(owner, { renew, signal: never })
    } catch (error) {
      const ms = exit.remainingMs()
      if (ms === 0 || owner !== epoch) throw error
      await pause(clock, ms, never)
      return getUnlessLeaving(owner, renew)
    } finally {
      exit.stop()
    }
  }

  return {
    get,
    setToken(owner, token) {
      begin(owner)
      if (owner !== epoch) return 0
      source.setToken(token)
      return source.isFresh(token.expiresAt) ? delayOf(token) : 0
    },
    current: (owner) => (owner === epoch ? source.current : null),
    run(command) {
      switch (command.type) {
        case 'getToken': {
          const { jobId, renew } = command
          getUnlessLeaving(command.epoch, renew).then(
            ({ sessionId }) => feed({ type: 'tokenReady', jobId, sessionId }),
            (thrown: unknown) => {
              const error = asVoiceAgentError(thrown, 'token-refresh-failed')
              feed({ type: 'tokenFailed', jobId, error, at: clock.now() })
            },
          )
          return
        }
        case 'renewToken': {
          const owner = command.epoch
          get(owner, { renew: true, signal: never }).catch(() => {
            const { current } = source
            if (owner === epoch && current)
              feed({ type: 'tokenNotRenewed', epoch: owner, msLeft: current.expiresAt - clock.now() })
          })
          return
        }
        case 'dropToken':
          begin(command.epoch)
          if (command.isForgotten) tokens.clear()
          return
        case 'saveToken': {
          const token = command.epoch === epoch ? source.current : null
          // If the token can't be stored, it stays in memory, and the vault reports it.
          if (token) tokens.save(command.sessionId, token).catch(() => undefined)
          return
        }
        case 'startTokenTimer': {
          const owner = command.epoch
          clock.clearTimeout(timer)
          timer = clock.setTimeout(() => feed({ type: 'tokenDue', epoch: owner }), command.ms)
          return
        }
        case 'stopTokenTimer':
          clock.clearTimeout(timer)
      }
    },
    dispose() {
      clock.clearTimeout(timer)
      source.close()
    },
  }
}
