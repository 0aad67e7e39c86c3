import { isAnyOf } from '@reduxjs/toolkit'
import {
  isCallWanted,
  type RestoreReason,
  type SessionHead,
  toVoiceError,
  VoiceAgentError,
} from '../../store/index.js'
import type { HandlerContext } from '../context.js'
import type { PersistencePorts } from '../persistence/ports.js'
import { readSession } from '../persistence/read-session.js'
import type { StoredToken } from '../token-refresh/ports.js'
import { handleCallWish } from './call-wish.js'
import { isPassing, isTokenToBlame, NotRestored, unreadable } from './not-restored.js'
import type { RestoreRequest, RestoreSession, RestoringApi, RestoringTab } from './ports.js'
import { rehydrate } from './rehydrate.js'

/**
 * The seven steps of the specification's "Session Restoration Flow", each visible in `session.restore.phase`.
 * Whatever fails leaves what is stored untouched and falls back to a new session.
 */
export function createRestoration(context: HandlerContext, ports: PersistencePorts): RestoreSession {
  const { actions, selectors, dispatch, getState } = context
  const { records, source, sessions, timing, migrate } = ports
  const enter = (phase: Parameters<typeof actions.restorePhaseChanged>[0]['phase']) =>
    dispatch(actions.restorePhaseChanged({ phase }))

  function checkToken(isDuplicate: boolean): StoredToken {
    // A duplicated tab's sessionStorage speaks of the other tab's session.
    if (isDuplicate) throw new NotRestored('duplicated-tab', false)
    const stored = ports.tokens.read()
    if (!stored) throw new NotRestored('no-session', false)
    return stored
  }

  async function takeUpToken(stored: StoredToken, signal: AbortSignal): Promise<void> {
    enter('validating-token')
    const isFresh = source.isFresh(stored.expiresAt)
    try {
      const token = await stored.open()
      if (signal.aborted) return
      source.adopt(token)
    } catch (cause) {
      const isInMemory = selectors.selectSession(getState()).storage === 'memory'
      throw new NotRestored(isInMemory ? 'storage-unavailable' : 'token-unreadable', true, { cause })
    }
    if (isFresh) return
    enter('refreshing-token')
    try {
      await source.get({ renew: true, signal })
    } catch (error) {
      dispatch(actions.sessionExpired())
      const isExpired = error instanceof VoiceAgentError && error.code === 'token-expired'
      throw new NotRestored(isExpired ? 'token-expired' : 'token-refresh-failed', true)
    }
  }

  async function loadSession(sessionId: string) {
    enter('loading-session')
    const snapshot = await readSession(sessionId, records, { version: timing.version, migrate }).catch(
      (error: unknown) => {
        throw unreadable(error)
      },
    )
    if (!snapshot) throw new NotRestored('session-missing', true)
    return snapshot
  }

  async function whyNotReconnect(head: SessionHead): Promise<RestoreReason | null> {
    // Pressed on the page before, which went before it had read this.
    const isLeft = ports.tab.consumePendingCall()
    return isLeft || isCallWanted(head.connectionStatus) ? whyNotCall() : 'call-had-ended'
  }

  async function whyNotCall(): Promise<RestoreReason | null> {
    if (ports.autoReconnect === 'never') return 'reconnect-not-wanted'
    if (ports.autoReconnect === 'always') return null
    return (await ports.media.microphonePermission()) === 'granted' ? null : 'microphone-not-permitted'
  }

  /** It may be ended or deleted as soon as it is shown: then nobody is called, and nothing was restored. */
  const isCurrent = (head: SessionHead) => selectors.selectSession(getState()).id === head.id

  async function reconnectTo(head: SessionHead, isWanted: boolean, api: RestoringApi) {
    enter('reconnecting')
    const isAskedFor = isCallWanted(selectors.selectConnectionStatus(getState()))
    const reason = isAskedFor ? null : isWanted ? await whyNotReconnect(head) : 'reconnect-not-wanted'
    if (reason || !isCurrent(head)) return { agent: 'none' as const, reason }
    const outcome = api.take(
      isAnyOf(actions.connectionEstablished, actions.connectionFailed, actions.connectionClosed),
    )
    dispatch(actions.connectRequested())
    const [action] = await outcome
    return actions.connectionEstablished.match(action)
      ? { agent: action.payload.agent, reason: null }
      : { agent: 'none' as const, reason: 'reconnect-failed' as const }
  }

  async function restoreTab(tab: RestoringTab, api: RestoringApi) {
    const stored = checkToken(tab.isDuplicate)
    await takeUpToken(stored, api.signal)
    return finish(stored.persistedSessionId, true, tab, api)
  }

  async function finish(sessionId: string, isReconnectWanted: boolean, tab: RestoringTab, api: RestoringApi) {
    api.throwIfCancelled()
    const snapshot = await loadSession(sessionId)
    if (api.signal.aborted && !tab.isWanted(sessionId)) await records.release(sessionId)
    api.throwIfCancelled()
    enter('restoring-context')
    rehydrate(context, snapshot)
    const outcome = await reconnectTo(snapshot.head, isReconnectWanted, api)
    api.throwIfCancelled()
    if (!isCurrent(snapshot.head)) throw new NotRestored('no-session', false)
    enter('emitting-messages')
    dispatch(actions.restoreSettled({ conversation: 'restored', ...outcome }))
  }

  /** The specification's "Restoration Failed: falls back to new session creation". */
  async function fallBack({ reason, isFailure, cause }: NotRestored, signal: AbortSignal) {
    if (isFailure) {
      if (!isPassing(reason, cause)) ports.tokens.clear()
      source.clear()
      // Without a token there can be no new session yet; the next call asks again.
      if (!isTokenToBlame(reason)) await sessions.ensure({ renew: false, signal }).catch(() => undefined)
    }
    const conversation = isFailure ? ('failed' as const) : ('none' as const)
    const error = cause === undefined ? {} : { error: toVoiceError(cause, 'session-unreadable') }
    const isCallOn = isCallWanted(selectors.selectConnectionStatus(getState()))
    // Taken in any case: much later, nobody would know why they are called.
    const isLeft = !isCallOn && ports.tab.consumePendingCall()
    const isToCall = isLeft && reason === 'no-session' && (await whyNotCall()) === null
    dispatch(actions.restoreSettled({ conversation, agent: 'none', reason, ...error }))
    // Whoever pressed Start, and left before there was a session, wants to talk still.
    if (isToCall) dispatch(actions.connectRequested())
  }

  handleCallWish(context, ports.tab)

  return async ({ sessionId, reconnect = true }: RestoreRequest, tab, api) => {
    try {
      // One that another tab left, or an earlier time: its token went with its tab, so a new one is asked for.
      await (sessionId === null ? restoreTab(tab, api) : finish(sessionId, reconnect, tab, api))
    } catch (error) {
      if (api.signal.aborted) return
      await fallBack(error instanceof NotRestored ? error : unreadable(error), api.signal)
    }
  }
}
