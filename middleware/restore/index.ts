import { isAnyOf, type ListenerEffectAPI } from '@reduxjs/toolkit'
import type { PersistMigrate } from 'redux-persist'
import {
  isCallWanted,
  type RestoreReason,
  type SessionHead,
  toVoiceError,
  VoiceAgentError,
} from '../../store/index.js'
import type { HandlerContext, VoiceAgentDispatch } from '../context.js'
import type { PageLifecycle, SessionRecords } from '../persistence/ports.js'
import type { StoredToken, TokenVault } from '../token-refresh/ports.js'
import type { TokenSource } from '../token-refresh/token-source.js'
import type { CallMedia } from '../webrtc/ports.js'
import { handleCallWish } from './call-wish.js'
import { isPassing, isTokenToBlame, NotRestored, unreadable } from './not-restored.js'
import type { TabIdentity } from './ports.js'
import { readSession } from './read-session.js'
import type { Sessions } from './sessions.js'

export interface RestorePorts {
  records: SessionRecords
  tokens: TokenVault
  source: TokenSource
  sessions: Sessions
  tab: TabIdentity
  page: Pick<PageLifecycle, 'onReturn'>
  media: Pick<CallMedia, 'microphonePermission'>
  autoReconnect: 'if-permitted' | 'always' | 'never'
  version: number
  migrate?: PersistMigrate | undefined
}

type Api = ListenerEffectAPI<unknown, VoiceAgentDispatch>

/**
 * The seven steps of the specification's "Session Restoration Flow", each visible in `session.restore.phase`.
 * Whatever fails leaves what is stored untouched and falls back to a new session.
 */
export function handleRestore(context: HandlerContext, ports: RestorePorts): void {
  const { actions, selectors, startListening, dispatch, getState } = context
  const { records, source, sessions } = ports
  const enter = (phase: Parameters<typeof actions.restorePhaseChanged>[0]['phase']) =>
    dispatch(actions.restorePhaseChanged({ phase }))

  /** What was asked for last: one that was asked for before it, and is still being read, is let go of. */
  let newest: string | null = null
  /** Who this tab is, and whether anything can be kept: once per page. */
  let prepared: Promise<{ isDuplicate: boolean }> | undefined
  const prepare = () => {
    prepared ??= (async () => {
      await records.open((storage, error) => dispatch(actions.storageStatusChanged({ storage, error })))
      // A page that is gone by now must not take the tab from the next one.
      context.disposed.throwIfAborted()
      const { tabId, isDuplicate } = await ports.tab.claim()
      dispatch(actions.tabIdentified({ tabId }))
      return { isDuplicate }
    })()
    return prepared
  }

  async function checkToken(isDuplicate: boolean): Promise<StoredToken> {
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
    const snapshot = await readSession(sessionId, records, ports).catch((error: unknown) => {
      throw unreadable(error)
    })
    if (!snapshot) throw new NotRestored('session-missing', true)
    return snapshot
  }

  async function whyNotReconnect(head: SessionHead): Promise<RestoreReason | null> {
    return isCallWanted(head.connectionStatus) ? whyNotCall() : 'call-had-ended'
  }

  async function whyNotCall(): Promise<RestoreReason | null> {
    if (ports.autoReconnect === 'never') return 'reconnect-not-wanted'
    if (ports.autoReconnect === 'always') return null
    return (await ports.media.microphonePermission()) === 'granted' ? null : 'microphone-not-permitted'
  }

  /** It may be ended or deleted as soon as it is shown: then nobody is called, and nothing was restored. */
  const isCurrent = (head: SessionHead) => selectors.selectSession(getState()).id === head.id

  async function reconnect(head: SessionHead, isWanted: boolean, api: Api) {
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

  async function restoreTab(api: Api) {
    enter('checking-token')
    const { isDuplicate } = await prepare()
    api.throwIfCancelled()
    const stored = await checkToken(isDuplicate)
    await takeUpToken(stored, api.signal)
    return finish(stored.persistedSessionId, true, api)
  }

  /** A session that another tab left, or an earlier time: its token went with its tab, so a new one is asked for. */
  async function restoreNamed(sessionId: string, isReconnectWanted: boolean, api: Api) {
    await prepare()
    api.throwIfCancelled()
    return finish(sessionId, isReconnectWanted, api)
  }

  async function finish(sessionId: string, isReconnectWanted: boolean, api: Api) {
    api.throwIfCancelled()
    const snapshot = await loadSession(sessionId)
    if (api.signal.aborted && newest !== sessionId) await records.release(sessionId)
    api.throwIfCancelled()
    enter('restoring-context')
    sessions.rehydrate(snapshot)
    const outcome = await reconnect(snapshot.head, isReconnectWanted, api)
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
    const isLeft = reason === 'no-session' && !isCallOn && ports.tab.takeCallWish()
    const isToCall = isLeft && (await whyNotCall()) === null
    dispatch(actions.restoreSettled({ conversation, agent: 'none', reason, ...error }))
    // Whoever pressed Start, and left before there was a session, wants to talk still.
    if (isToCall) dispatch(actions.connectRequested())
  }

  handleCallWish(context, ports.tab)

  startListening({
    actionCreator: actions.restoreRequested,
    effect: async ({ payload }, api) => {
      api.cancelActiveListeners()
      newest = payload.sessionId
      try {
        const { sessionId, reconnect = true } = payload
        await (sessionId === null ? restoreTab(api) : restoreNamed(sessionId, reconnect, api))
      } catch (error) {
        if (api.signal.aborted) return
        await fallBack(error instanceof NotRestored ? error : unreadable(error), api.signal)
      }
    },
  })

  // Another page of this tab may have gone on with the session while this one was in the back/forward cache.
  async function comeBack() {
    const { id } = selectors.selectSession(getState())
    const session = id === null ? null : await records.recheck(id)
    if (session && !context.disposed.aborted) sessions.rehydrate(session)
  }
  const stopListening = ports.page.onReturn(() => void comeBack())
  context.disposed.addEventListener('abort', stopListening)

  startListening({
    actionCreator: actions.earlierMessagesRequested,
    effect: async () => {
      const { id } = selectors.selectSession(getState())
      const { firstLoadedIndex } = selectors.selectConversation(getState())
      if (id === null || firstLoadedIndex === 0) return
      try {
        const range = await records.readEarlier(id, firstLoadedIndex, 'newest')
        // Another session has taken its place, or the same part was asked for twice.
        if (selectors.selectSession(getState()).id !== id) return
        if (selectors.selectConversation(getState()).firstLoadedIndex !== firstLoadedIndex) return
        // Nothing comes before it but what was lost before: that is known already.
        if (range.messages.length > 0 || range.lost) dispatch(actions.earlierMessagesLoaded(range))
      } catch (error) {
        const { storage } = selectors.selectSession(getState())
        dispatch(actions.storageStatusChanged({ storage, error: toVoiceError(error, 'session-unreadable') }))
      }
    },
  })
}
