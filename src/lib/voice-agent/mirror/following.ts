import { pause } from '../../../../middleware/waiting.js'
import { isMirroring, toVoiceError, VoiceAgentError } from '../../../../store/index.js'
import { createFollower, type Follower, type TakeoverOutcome } from './follower.js'
import type { MirrorHost } from './port.js'
import { RECEIVED } from './shared-state.js'

/** Milliseconds before each attempt to continue a conversation whose tab is gone. After the last one, the user decides. */
const attemptDelaysMs = [0, 10_000, 60_000]

/** The conversation of another tab that this tab shows, if any. */
export interface Following {
  /** Null while this tab follows none, or is still opening its channel. */
  readonly follower: Follower | null
  /** Pending while this page is in the back/forward cache, and until it follows again after its return, or can't. */
  readonly returning: Promise<void>
  /**
   * Ends this tab's own conversation, and shows and follows another tab's.
   *
   * @throws VoiceAgentError see `TabMirror.follow`
   */
  follow(sessionId: string): Promise<void>
  /** Follows a session without looking for its owner first. @throws VoiceAgentError `session-missing`, `superseded` */
  begin(sessionId: string): Promise<Follower>
  /** @throws VoiceAgentError see `TabMirror.takeOver` */
  takeOver(hasCall: boolean): Promise<TakeoverOutcome>
  /** Stops, because the state no longer shows the conversation. */
  stop(): void
  /** Stops, and clears the state. */
  leave(): void
  /** Leaves a conversation that is shown. Otherwise, only ends a pending attempt to follow one. */
  supersede(): void
  /** True for a request of this role, which must not supersede it. */
  isOwn(requestId: string): boolean
  /** Leaves without an intent of the user, which would also end a takeover. */
  abandon(): void
  onSessionsChanged(sessionIds: readonly string[]): void
}

export interface FollowingPorts {
  host: MirrorHost
  whenOwnerGone: 'ask' | 'take-over'
  /** Called once a session is followed. */
  onBegun(): void
  /** Aborts when the agent is disposed of. */
  signal: AbortSignal
}

export function createFollowing({ host, whenOwnerGone, onBegun, signal }: FollowingPorts): Following {
  const { path, actions, present, warn } = host
  let follower: Follower | null = null
  /** Counts attempts to follow, so that a slow one does not replace a later one. */
  let generation = 0
  /** Id of the request with which the last attempt ends this tab's own session. */
  let endId: string | null = null
  let returning = Promise.resolve()

  const moves = async () => (await host.runtime()).moves

  function stop(): void {
    generation++
    follower?.end()
    follower = null
  }

  function leave(): void {
    stop()
    if (present().session.mirror) host.dispatchSafely(actions.sessionEnded({ at: Date.now() }))
  }

  function abandon(): void {
    const isMoving = follower?.status === 'moving'
    leave()
    // Its call may already be established, although the state does not show it.
    if (isMoving) host.request(actions.endSessionRequested()).catch(warn)
  }

  async function begin(sessionId: string): Promise<Follower> {
    // Another conversation's messages must not stay on the screen.
    if (isMirroring(present()) && present().session.mirror?.sessionId !== sessionId) leave()
    else stop()
    const own = generation
    const runtime = await moves()
    const channel = await runtime.channelOf(sessionId)
    const isOpenHere = runtime.sessionId() === sessionId
    if (own !== generation || signal.aborted || isOpenHere) throw new VoiceAgentError('superseded')
    if (!channel) throw new VoiceAgentError('session-missing')
    onBegun()
    const created = createFollower({
      host,
      moves: runtime,
      channel,
      sessionId,
      id: crypto.randomUUID(),
      onGone(times) {
        if (whenOwnerGone === 'take-over') continueHere(created, times).catch(warn)
      },
      onCleared() {
        if (follower === created) abandon()
      },
    })
    follower = created
    host.dispatchSafely({
      type: `${path}/${RECEIVED}`,
      payload: { mirror: { sessionId, status: created.status } },
    })
    return created
  }

  /**
   * Continues a conversation whose tab is gone, without being asked. The follower calls again if that fails. Without a view, the user could
   * neither see nor end its call.
   */
  async function continueHere(abandoned: Follower, times: number): Promise<void> {
    const delayMs = attemptDelaysMs[times - 1]
    if (delayMs === undefined) return
    await pause(delayMs, signal)
    if (follower !== abandoned || abandoned.status !== 'gone' || host.isViewGone()) return
    try {
      await abandoned.takeOver({ hasCall: false, isAsked: false })
    } catch (error) {
      const isLast = times === attemptDelaysMs.length && follower === abandoned
      if (isLast && !signal.aborted) report(error)
      throw error
    }
  }

  /** Shows why the conversation could not be continued. */
  function report(error: unknown): void {
    const actions = [{ name: 'agentErrorReported', payload: { error: toVoiceError(error) } }]
    host.dispatchSafely({ type: `${path}/${RECEIVED}`, payload: { actions } })
  }

  async function follow(sessionId: string): Promise<void> {
    // The later of two calls wins.
    let own = ++generation
    const runtime = await moves()
    const isFollowed = follower?.sessionId === sessionId && follower.status === 'live'
    if (isFollowed || runtime.sessionId() === sessionId) return
    if (own !== generation) throw new VoiceAgentError('superseded')
    if (isMirroring(present())) leave()
    own = ++generation
    // Also ends a call or session of this tab that has only just started.
    const end = actions.endSessionRequested()
    endId = end.meta.requestId
    await host.request(end)
    if (own !== generation) throw new VoiceAgentError('superseded')
    const begun = await begin(sessionId)
    if (await begun.begun) return
    if (follower !== begun) throw new VoiceAgentError('superseded')
    leave()
    throw new VoiceAgentError('tab-unreachable')
  }

  /** Follows again after the back/forward cache. The session may have been deleted meanwhile. */
  async function resume(sessionId: string): Promise<void> {
    if (present().session.mirror?.sessionId !== sessionId) return
    try {
      await (await begin(sessionId)).begun
    } catch (error) {
      const isSuperseded = error instanceof VoiceAgentError && error.code === 'superseded'
      if (!isSuperseded && !signal.aborted) leave()
      throw error
    }
  }

  /** A page in the back/forward cache receives no messages. */
  function onPageHide({ persisted }: PageTransitionEvent): void {
    if (!persisted || !follower) return
    const { sessionId } = follower
    const returned = new Promise((resolve) => {
      globalThis.addEventListener?.('pageshow', resolve, { once: true, signal })
    })
    // Set first, because commands that are not answered yet wait for it.
    returning = returned.then(() => resume(sessionId)).catch(warn)
    stop()
  }
  globalThis.addEventListener?.('pagehide', onPageHide, { signal })

  /** Leaves a session that was deleted: it has no key, and must disappear. */
  async function leaveIfDeleted(changed: Follower): Promise<void> {
    const channel = await (await moves()).channelOf(changed.sessionId)
    if (!channel && follower === changed) abandon()
  }

  return {
    get follower() {
      return follower
    },
    get returning() {
      return returning
    },
    follow,
    begin,
    takeOver(hasCall) {
      if (follower) return follower.takeOver({ hasCall, isAsked: true })
      return Promise.reject(new VoiceAgentError('not-connected', 'This tab mirrors no conversation.'))
    },
    stop,
    leave,
    supersede() {
      if (isMirroring(present())) leave()
      else stop()
    },
    isOwn: (requestId) => requestId === endId,
    abandon,
    onSessionsChanged(sessionIds) {
      if (!follower || !sessionIds.includes(follower.sessionId)) return
      follower.look()
      leaveIfDeleted(follower).catch(warn)
    },
  }
}
