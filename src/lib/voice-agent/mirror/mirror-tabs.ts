import type { UnknownAction } from '@reduxjs/toolkit'
import {
  type Intent,
  recentMessages,
  VoiceAgentError,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { createFollower, type Follower, type TakeoverOutcome } from './follower.js'
import { createOwner, type Owner, sharedCommands } from './owner.js'
import type { AttachedMirror, MirrorHost, MirrorPort } from './port.js'
import { RECEIVED, type Received, withReceived } from './shared-state.js'

/** Options of {@link mirrorTabs}. */
export interface MirrorOptions {
  /**
   * Which tab without a conversation is offered another tab's: a duplicate of that tab, any, or none. The offer is
   * `session.mirror` with the status `offered`, and the component shows it.
   *
   * @default 'duplicate'
   */
  offer?: 'duplicate' | 'any' | 'never'
  /**
   * A mirror's reaction when the tab with the conversation was closed or crashed. `take-over`: continues it, with its call if the browser
   * permits the microphone without a prompt; one of several mirrors does. `ask`: offers to continue it.
   *
   * @default 'ask'
   */
  whenOwnerGone?: 'ask' | 'take-over'
}

/** Shares an agent's conversations between tabs. Pass it to the agent as the option `mirror`. */
export interface TabMirror extends MirrorPort {
  /**
   * Shows and follows a conversation that another tab has open. First saves and ends this tab's own conversation.
   * `sessionManager.restoreSession(sessionId)` does the same for such a conversation.
   *
   * @param sessionId One of `listSessions()` with `isOpenElsewhere`.
   * @throws VoiceAgentError `session-missing` if it is not stored; `tab-unreachable` if no tab with a mirror has it; `storage-unavailable`;
   * `superseded` if something else was started meanwhile
   */
  follow(sessionId: string): Promise<void>
  /**
   * Moves the mirrored conversation with its call to this tab. The other tab becomes the mirror. Resolves once it is open here; the call may
   * still be connecting. `agent.connect()` does the same, and starts a call if there is none. Call it from a click.
   *
   * @throws VoiceAgentError `not-connected` if this tab mirrors nothing; `tab-unreachable`, `superseded`, `session-open-elsewhere`: the
   * conversation stays where it is
   */
  takeOver(): Promise<TakeoverOutcome>
  /** Stops mirroring and clears the state. Does nothing if this tab mirrors nothing. */
  stop(): void
  /** Number of tabs that currently mirror this one. */
  readonly mirrors: number
}

const mirroring = (state: VoiceAgentState) => {
  const { mirror } = state.session
  return mirror !== null && mirror.status !== 'offered'
}

/** Commands that make no sense in a tab without the microphone and the speaker. */
const ownersOnly = new Set([
  'startTalkingRequested',
  'stopTalkingRequested',
  'talkModeRequested',
  'microphoneRequested',
  'selectMicrophoneRequested',
  'selectSpeakerRequested',
  'volumeRequested',
  'resumePlaybackRequested',
  'switchTransportRequested',
  'clientMessageRequested',
  'toolCallAnswered',
  'consentChanged',
])

/** Intents with which the user leaves the mirrored conversation. */
const leaving = new Set([
  'createSessionRequested',
  'endSessionRequested',
  'resetRequested',
  'eraseAllRequested',
])

/** Intents that start something in this tab itself. */
const beginning = new Set(['connectRequested', 'createSessionRequested'])

const notMirroring = () => new VoiceAgentError('not-connected', 'This tab mirrors no conversation.')

function attachMirror(agent: MirrorHost, { offer, whenOwnerGone }: Required<MirrorOptions>) {
  /** Work that was pending when the agent was disposed fails silently. */
  const warn = (error: unknown) => {
    if (!isDisposed) agent.warn(error)
  }
  const host: MirrorHost = { ...agent, warn }
  const { path, actions, present } = host
  let owner: Owner | null = null
  /** Session that this page owns or is about to own. */
  let ownedId: string | null = null
  let follower: Follower | null = null
  /** Counts attempts to follow, so that a slow one does not replace a later one. */
  let generation = 0
  /** Requests that were checked and are passed on to the agent. */
  const passing = new Set<string>()
  /** The restoration that is checking if another tab has its session. A later intent supersedes it. */
  let looking: Intent | null = null
  /** Request id of the restoration that was passed on, until it is answered. */
  let restoringId: string | null = null
  let offeredId: string | null = null
  let mayOffer = false
  let isDisposed = false

  const nameOf = ({ type }: UnknownAction) => type.slice(path.length + 1)
  const receive = (payload: Received) => host.dispatchSafely({ type: `${path}/${RECEIVED}`, payload })
  const moves = async () => (await host.runtime()).moves

  /** True if another tab has the session open. */
  async function isOpenElsewhere(sessionId: string): Promise<boolean> {
    const sessions = await (await host.runtime()).listSessions()
    return sessions.some(({ id, isOpenElsewhere: isElsewhere }) => id === sessionId && isElsewhere)
  }

  function stopFollowing(): void {
    generation++
    follower?.end()
    follower = null
  }

  /** Stops mirroring and clears the state. */
  function leave(): void {
    stopFollowing()
    if (present().session.mirror) host.dispatchSafely(actions.sessionEnded({ at: Date.now() }))
  }

  async function beginFollowing(sessionId: string): Promise<Follower> {
    // Another conversation's messages must not stay on the screen.
    if (mirroring(present()) && present().session.mirror?.sessionId !== sessionId) leave()
    else stopFollowing()
    const own = generation
    const runtime = await moves()
    const channel = await runtime.channelOf(sessionId)
    if (!channel) throw new VoiceAgentError('session-missing')
    if (own !== generation || isDisposed) throw new VoiceAgentError('superseded')
    offeredId = null
    const created = createFollower({
      host,
      moves: runtime,
      channel,
      sessionId,
      id: crypto.randomUUID(),
      onGone() {
        if (whenOwnerGone === 'take-over' && follower === created)
          created.takeOver({ hasCall: false, isAsked: false }).catch(warn)
      },
      onCleared() {
        if (follower === created) leave()
      },
    })
    follower = created
    receive({ mirror: { sessionId, status: created.status } })
    return created
  }

  async function follow(sessionId: string): Promise<void> {
    supersedeLooking()
    const runtime = await moves()
    const isFollowed = follower?.sessionId === sessionId && follower.status === 'live'
    if (isFollowed || runtime.sessionId() === sessionId) return
    if (mirroring(present())) leave()
    // The later of two calls wins.
    const own = ++generation
    // Also ends a call or session of this tab that has only just started.
    await host.request(actions.endSessionRequested())
    if (own !== generation) throw new VoiceAgentError('superseded')
    const begun = await beginFollowing(sessionId)
    if (await begun.begun) return
    if (follower !== begun) throw new VoiceAgentError('superseded')
    leave()
    throw new VoiceAgentError('tab-unreachable')
  }

  function takeOver(hasCall: boolean): Promise<TakeoverOutcome> {
    return follower ? follower.takeOver({ hasCall, isAsked: true }) : Promise.reject(notMirroring())
  }

  /** Settles an intent that the mirror handles. */
  function answer({ meta: { requestId } }: Intent, work: Promise<unknown>, isShown = true): void {
    const settle = (error: VoiceAgentError | null, value?: unknown) => {
      if (isDisposed) return host.settle(requestId, error, value)
      const shown = error && { code: error.code, message: error.message, recoverable: error.recoverable }
      if (shown && isShown && mirroring(present()))
        receive({ actions: [{ name: 'agentErrorReported', payload: { error: shown } }] })
      host.dispatchSafely(actions.requestSettled({ requestId, error: shown }))
      host.settle(requestId, error, value)
    }
    work.then(
      (value) => settle(null, value),
      (thrown: unknown) => {
        warn(thrown)
        settle(
          thrown instanceof VoiceAgentError
            ? thrown
            : new VoiceAgentError('internal', undefined, { cause: thrown }),
        )
      },
    )
  }

  /** Settles the restoration that is still checking, because a later intent supersedes it. */
  function supersedeLooking(): void {
    if (looking) answer(looking, Promise.resolve({ conversation: 'none', agent: 'none' }))
    looking = null
  }

  function pass(restoration: Intent): void {
    looking = null
    restoringId = restoration.meta.requestId
    passing.add(restoringId)
    if (mirroring(present())) leave()
    else generation++
    host.dispatchSafely(restoration)
  }

  /** Opens a session here, or follows the tab that has it. */
  async function open(intent: Intent, sessionId: string): Promise<void> {
    looking = intent
    const isElsewhere = await isOpenElsewhere(sessionId).catch(() => false)
    if (looking !== intent) return
    if (!isElsewhere) return pass(intent)
    looking = null
    const followed = follow(sessionId).then(
      () => ({ conversation: 'restored', agent: 'none' }),
      (error: unknown) => {
        warn(error)
        return { conversation: 'failed', agent: 'none' }
      },
    )
    answer(intent, followed)
  }

  function takeIntent(intent: Intent): boolean | VoiceAgentError {
    const name = nameOf(intent)
    if (passing.delete(intent.meta.requestId)) return false
    if (actions.restoreRequested.match(intent)) {
      const { sessionId } = intent.payload
      if (sessionId === null) return false
      supersedeLooking()
      if (follower?.sessionId === sessionId)
        answer(intent, Promise.resolve({ conversation: 'restored', agent: 'none' }))
      else open(intent, sessionId).catch(warn)
      return true
    }
    if (leaving.has(name)) supersedeLooking()
    // The call belongs to the session that is being restored.
    if (looking && name === 'connectRequested') pass(looking)
    const state = present()
    // A later intent supersedes a pending attempt to follow.
    if (!follower && beginning.has(name)) {
      if (mirroring(state)) leave()
      else generation++
    }
    if (!follower || !mirroring(state)) return false
    if (leaving.has(name)) {
      leave()
      return false
    }
    if (name === 'connectRequested') {
      // The call may still be connecting at that point.
      answer(
        intent,
        takeOver(true).then(() => host.request(actions.connectRequested())),
      )
      return true
    }
    if (name === 'earlierMessagesRequested') {
      answer(intent, follower.loadEarlier())
      return true
    }
    if (name === 'renameSessionRequested' || name === 'deleteSessionRequested') {
      const isShown = (intent.payload as { sessionId: string }).sessionId === follower.sessionId
      if (!isShown) return false
      if (name === 'deleteSessionRequested') {
        leave()
        return false
      }
    }
    if (sharedCommands.has(name)) {
      answer(intent, follower.command(name, intent.payload))
      return true
    }
    if (!ownersOnly.has(name)) return false
    return new VoiceAgentError(
      'session-open-elsewhere',
      `${intent.type} needs the call in this tab, which mirrors another one: connect() moves it here.`,
    )
  }

  async function beginOwning(sessionId: string, isTaken: boolean): Promise<void> {
    const runtime = await moves()
    const channel = await runtime.channelOf(sessionId)
    if (!channel || ownedId !== sessionId || owner || isDisposed) return
    owner = createOwner({
      host,
      moves: runtime,
      channel,
      sessionId,
      id: crypto.randomUUID(),
      onMoved() {
        // This page follows the session that it gave away, unless it has started something else.
        if (present().session.id === null && restoringId === null && !isDisposed)
          beginFollowing(sessionId).catch(warn)
      },
    })
    if (isTaken) owner.announce()
  }

  function endOwning(reason: 'left' | 'cleared'): void {
    const ended = owner
    owner = null
    ownedId = null
    ended?.end(reason).catch(warn)
  }

  /** Offers the conversation of the tab that this one was duplicated from. */
  async function lookForOffer(): Promise<void> {
    const before = present().session
    if (!mayOffer || before.id !== null || follower) return
    const runtime = await host.runtime()
    const original = runtime.moves.originalTabId()
    const sessions = (await runtime.listSessions()).filter(({ isOpenElsewhere: isElsewhere }) => isElsewhere)
    const found =
      original === null && offer === 'duplicate'
        ? undefined
        : (sessions.find(({ tabId }) => tabId === original) ?? (offer === 'any' ? sessions[0] : undefined))
    const { session } = present()
    if (isDisposed || session.id !== null || follower || (found?.id ?? null) === offeredId) return
    offeredId = found?.id ?? null
    receive({ mirror: found ? { sessionId: found.id, status: 'offered' } : null })
  }

  const stopListening = host.events.on('sessionsChanged', ({ sessionIds }) => {
    if (follower && sessionIds.includes(follower.sessionId)) {
      const changed = follower
      changed.look()
      // A deleted session has no key, and must disappear.
      moves()
        .then((runtime) => runtime.channelOf(changed.sessionId))
        .then((channel) => {
          if (!channel && follower === changed) leave()
        })
        .catch(warn)
    }
    if (mayOffer) lookForOffer().catch(warn)
  })

  /** A page in the back/forward cache receives no messages. */
  function onPageHide({ persisted }: PageTransitionEvent): void {
    if (!persisted || !follower) return
    const { sessionId } = follower
    stopFollowing()
    globalThis.addEventListener?.(
      'pageshow',
      () => {
        if (present().session.mirror?.sessionId === sessionId) beginFollowing(sessionId).catch(warn)
      },
      { once: true },
    )
  }
  globalThis.addEventListener?.('pagehide', onPageHide)

  const attached: AttachedMirror = {
    takeIntent,
    onAction(action, before, after) {
      const name = nameOf(action)
      owner?.onAction(action, after)
      if (name === RECEIVED) return
      if (actions.requestSettled.match(action) && action.payload.requestId === restoringId) restoringId = null
      // Also dispatched by an app that replaced the state.
      if (name === 'agentReset') supersedeLooking()
      const { id, mirror, error } = after.session
      const isTaken = actions.sessionRehydrated.match(action) && action.payload.isTaken === true
      const isOrphan = isTaken && follower?.isOrphan
      // The screen now shows something else.
      if (follower && !mirror) stopFollowing()
      if (isOrphan) receive({ unsaved: recentMessages(before.conversation.messages) })
      const isLost = error?.code === 'session-open-elsewhere'
      const ownId = mirror || isLost ? null : id
      if (ownId !== ownedId) {
        endOwning(name === 'agentReset' ? 'cleared' : 'left')
        ownedId = ownId
        if (ownId !== null) beginOwning(ownId, isTaken).catch(warn)
      }
      if (
        actions.restoreSettled.match(action) &&
        action.payload.conversation === 'none' &&
        offer !== 'never'
      ) {
        mayOffer = true
        lookForOffer().catch(warn)
      }
    },
    dispose() {
      isDisposed = true
      stopListening()
      globalThis.removeEventListener?.('pagehide', onPageHide)
      stopFollowing()
      endOwning('left')
    },
  }
  return {
    attached,
    follow,
    takeOver: () => takeOver(false),
    stop: leave,
    get mirrors() {
      return owner?.mirrors ?? 0
    },
  }
}

/**
 * Lets the tabs of a browser share a conversation. One tab has it, with the call and the microphone. Other tabs show it live, send texts, mute,
 * interrupt, hang up and take it over. Their messages are encrypted with the conversation's key.
 *
 * @example
 * import { mirrorTabs } from 'redux-voice-agent/mirror'
 *
 * export const mirror = mirrorTabs()
 * export const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', mirror })
 *
 * // In another tab: follow the conversation, or move it here.
 * await mirror.follow(sessionId)
 * button.onclick = () => mirror.takeOver()
 */
export function mirrorTabs({ offer = 'duplicate', whenOwnerGone = 'ask' }: MirrorOptions = {}): TabMirror {
  if (!['duplicate', 'any', 'never'].includes(offer))
    throw new VoiceAgentError('invalid-option', "offer must be 'duplicate', 'any' or 'never'.")
  if (!['ask', 'take-over'].includes(whenOwnerGone))
    throw new VoiceAgentError('invalid-option', "whenOwnerGone must be 'ask' or 'take-over'.")
  let mirror: ReturnType<typeof attachMirror> | null = null

  function attached(): NonNullable<typeof mirror> {
    if (!mirror)
      throw new VoiceAgentError(
        'not-mounted',
        'Pass mirrorTabs() as the option `mirror` of createVoiceAgent.',
      )
    return mirror
  }

  return {
    wrapReducer: withReceived,
    attach(host) {
      if (mirror)
        throw new VoiceAgentError(
          'invalid-option',
          'This mirrorTabs() belongs to another agent. Create one for each agent.',
        )
      mirror = attachMirror(host, { offer, whenOwnerGone })
      return mirror.attached
    },
    follow: async (sessionId) => attached().follow(sessionId),
    takeOver: async () => attached().takeOver(),
    stop: () => attached().stop(),
    get mirrors() {
      return mirror?.mirrors ?? 0
    },
  }
}
