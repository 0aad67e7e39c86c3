import { recentMessages } from '../../../../store/index.js'
import { createFollowing } from './following.js'
import { createMirrorIntents } from './intents.js'
import { createOffers } from './offers.js'
import { createOwning } from './owner.js'
import type { AttachedMirror, MirrorHost } from './port.js'
import { RECEIVED } from './shared-state.js'

/** Options of `mirrorTabs`. */
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
   * permits the microphone without a prompt; one of several mirrors does. If that fails three times, it offers to continue. `ask`: offers to
   * continue it.
   *
   * @default 'ask'
   */
  whenOwnerGone?: 'ask' | 'take-over'
}

/** Connects the roles of this tab with its agent: it follows another tab, or owns a session, or offers one. */
export function attachMirror(agent: MirrorHost, { offer, whenOwnerGone }: Required<MirrorOptions>) {
  const disposed = new AbortController()
  const { signal } = disposed
  const host: MirrorHost = {
    ...agent,
    /** Work that was pending when the agent was disposed fails silently. */
    warn(error) {
      if (!signal.aborted) agent.warn(error)
    },
  }
  const { path, actions, present, warn } = host
  const receivedType = `${path}/${RECEIVED}`
  const following = createFollowing({
    host,
    whenOwnerGone,
    onBegun: () => offers.onAccepted(),
    signal,
  })
  const offers = createOffers({ host, offer, isFollowing: () => following.follower !== null, signal })
  const intents = createMirrorIntents({ host, following, giving: () => owning.giving, signal })
  const owning = createOwning({
    host,
    async onMoved(sessionId) {
      if (signal.aborted) return
      // This page follows the session that it gave away, unless it has started something else.
      if (present().session.id === null && !intents.isStarting) await following.begin(sessionId).catch(warn)
    },
    signal,
  })

  const stopListening = host.events.on('sessionsChanged', ({ sessionIds }) => {
    following.onSessionsChanged(sessionIds)
    offers.look()
  })

  /** Shows this page's own storage again, after that of the mirrored tab. */
  async function showOwnStorage(): Promise<void> {
    const { moves } = await host.runtime()
    const { mirror, storage, error } = present().session
    const own = moves.storageReport()
    const isShown = storage === own.storage && error?.code === own.error?.code
    if (!mirror && !isShown) host.dispatchSafely(actions.storageStatusChanged(own))
  }

  const attached: AttachedMirror = {
    takeIntent: intents.take,
    onAction(action, before, after) {
      owning.onAction(action)
      if (action.type === receivedType) return
      intents.onAction(action)
      const { id, mirror, error } = after.session
      const isTaken = actions.sessionRehydrated.match(action) && action.payload.isTaken === true
      // The owner may be gone without a last save, or its last save may have failed.
      const mayLack = isTaken && following.follower !== null
      // The screen now shows something else.
      if (following.follower && !mirror) following.stop()
      if (mayLack)
        host.dispatchSafely({
          type: receivedType,
          payload: { unsaved: recentMessages(before.conversation.messages) },
        })
      if (before.session.mirror && !mirror) showOwnStorage().catch(warn)
      const isLost = error?.code === 'session-open-elsewhere'
      const ownId = mirror || isLost ? null : id
      if (ownId !== owning.sessionId) {
        owning.end(actions.agentReset.match(action) ? 'cleared' : 'left')
        if (ownId !== null) owning.begin(ownId, isTaken)
      }
      if (actions.restoreSettled.match(action) && action.payload.conversation === 'none') offers.start()
    },
    dispose() {
      disposed.abort()
      stopListening()
      following.stop()
      owning.end('left')
    },
  }
  return {
    attached,
    follow: (sessionId: string): Promise<void> =>
      host.track(() => {
        intents.supersedeLooking()
        return following.follow(sessionId)
      }),
    takeOver: () => host.track(() => following.takeOver(false)),
    stop: following.abandon,
    get mirrors() {
      return owning.mirrors
    },
  }
}
