import type { UnknownAction } from '@reduxjs/toolkit'
import {
  findMessage,
  type Intent,
  isMirroring,
  joinDrafts,
  nameOf,
  VoiceAgentError,
} from '../../../../store/index.js'
import type { Following } from './following.js'
import { sharedCommands } from './owner.js'
import type { MirrorHost } from './port.js'
import { RECEIVED } from './shared-state.js'

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

/** Codes of commands that the owner has not answered. */
const unanswered: ReadonlySet<string> = new Set(['call-moved', 'tab-unreachable', 'superseded'])

/** Decides which intents the agent, the mirror or the owner's tab handles. */
export interface MirrorIntents {
  /** See `AttachedMirror.takeIntent`. */
  take(intent: Intent): boolean | VoiceAgentError
  /** True while the agent starts a call or a session, or restores one that no other tab has. */
  readonly isStarting: boolean
  /** Settles a restoration that is still checking if another tab has its session, because a later intent supersedes it. */
  supersedeLooking(): void
  /** Called after each of the agent's actions. */
  onAction(action: UnknownAction): void
}

export interface MirrorIntentPorts {
  host: MirrorHost
  following: Following
  /** See `Owning.giving`. */
  giving(): Promise<boolean> | null
  /** Aborts when the agent is disposed of. */
  signal: AbortSignal
}

export function createMirrorIntents({ host, following, giving, signal }: MirrorIntentPorts): MirrorIntents {
  const { path, actions, present, warn } = host
  /** Requests that were checked and are passed on to the agent. */
  const passing = new Set<string>()
  /** The restoration that is checking if another tab has its session. A later intent supersedes it. */
  let looking: Intent | null = null
  /** Ids of requests that start something in this tab, until they are answered. */
  const starting = new Set<string>()

  /** Settles an intent that the mirror handles. */
  function answer({ meta: { requestId } }: Intent, work: Promise<unknown>): void {
    const settle = (error: VoiceAgentError | null, value?: unknown) => {
      if (signal.aborted) return host.settle(requestId, error, value)
      const shown = error && { code: error.code, message: error.message, recoverable: error.recoverable }
      if (shown && isMirroring(present()))
        host.dispatchSafely({
          type: `${path}/${RECEIVED}`,
          payload: { actions: [{ name: 'agentErrorReported', payload: { error: shown } }] },
        })
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

  function supersedeLooking(): void {
    if (looking) answer(looking, Promise.resolve({ conversation: 'none', agent: 'none' }))
    looking = null
  }

  function pass(restoration: Intent): void {
    looking = null
    const { requestId } = restoration.meta
    starting.add(requestId)
    passing.add(requestId)
    following.supersede()
    host.dispatchSafely(restoration)
  }

  async function isOpenElsewhere(sessionId: string): Promise<boolean> {
    const sessions = await (await host.runtime()).listSessions()
    return sessions.some(({ id, isOpenElsewhere: isElsewhere }) => id === sessionId && isElsewhere)
  }

  /** Opens a session here, or follows the tab that has it. */
  async function open(intent: Intent, sessionId: string): Promise<void> {
    looking = intent
    // If the list can't be read, the agent's own restoration reports why.
    const isElsewhere = await isOpenElsewhere(sessionId).catch(() => false)
    if (looking !== intent) return
    if (!isElsewhere) return pass(intent)
    looking = null
    const followed = following.follow(sessionId).then(
      () => ({ conversation: 'restored', agent: 'none' }),
      (error: unknown) => {
        warn(error)
        return { conversation: 'failed', agent: 'none' }
      },
    )
    answer(intent, followed)
  }

  function takeRestoration(intent: Intent, sessionId: string): void {
    supersedeLooking()
    if (following.follower?.sessionId === sessionId)
      answer(intent, Promise.resolve({ conversation: 'restored', agent: 'none' }))
    else open(intent, sessionId).catch(warn)
  }

  /** True if the state shows that an owner ran a command before it left. Repeating any other command is harmless. */
  function hasRun(name: string, payload: unknown): boolean {
    const { messages, outbox } = present().conversation
    const { id, toolCallId = id } = (payload ?? {}) as { id?: string; toolCallId?: string }
    const message = findMessage(messages, toolCallId ?? '')
    if (!message) return false
    const status = message.tool?.status
    const isStopped = status === 'declined' || status === 'cancelled'
    if (name === 'approveToolRequested') return status !== 'awaiting-approval' && !isStopped
    if (name === 'declineToolRequested') return isStopped
    return name === 'sendTextRequested' || !message.isUnsent || outbox.includes(message.id)
  }

  /** Runs a command in the tab that has the conversation. If the owner is gone before it answers, that is the next owner or this tab. */
  async function runShared(
    intent: Intent,
    name: string,
    follower: NonNullable<Following['follower']>,
  ): Promise<unknown> {
    try {
      return await follower.command(name, intent.payload)
    } catch (error) {
      const code = error instanceof VoiceAgentError ? error.code : null
      if (code === null || !unanswered.has(code)) throw error
      // A page in the back/forward cache sees the effect only after its return.
      await following.returning
      await follower.begun
      if (hasRun(name, intent.payload)) return
      const isHere = !isMirroring(present()) && present().session.id === follower.sessionId
      if (!isHere && code !== 'call-moved') throw error
      if (!isHere) return runShared(intent, name, follower)
      return host.request({ ...intent, meta: { ...intent.meta, requestId: crypto.randomUUID() } })
    }
  }

  /**
   * Sends a text from the composer, which is empty meanwhile, so that the user does not send it twice. If no tab could send the text, it
   * returns to the composer.
   */
  async function runText(
    intent: Intent,
    name: string,
    follower: NonNullable<Following['follower']>,
  ): Promise<unknown> {
    const { text } = intent.payload as { text: string }
    const draft = () => present().conversation.draft
    const setDraft = (next: string) => host.dispatchSafely(actions.draftChanged({ text: next }))
    const isDraft = draft().trim() === text.trim()
    if (isDraft) setDraft('')
    try {
      return await runShared(intent, name, follower)
    } catch (error) {
      const isShown = !signal.aborted && present().session.id === follower.sessionId
      if (isDraft && isShown) setDraft(joinDrafts(text, draft()))
      throw error
    }
  }

  /** Ends the owner's call, and the one of this tab if it is moving here nevertheless. */
  async function endMovingCall(
    intent: Intent,
    name: string,
    follower: NonNullable<Following['follower']>,
  ): Promise<unknown> {
    const ended = runShared(intent, name, follower)
    ended.catch(() => {})
    const hasMoved = await following.takeOver(false).then(
      () => true,
      () => false,
    )
    return hasMoved ? host.request(actions.disconnectRequested()) : ended
  }

  /** Ends the call of a session that is leaving this tab, in the tab that it moves to. */
  async function endLeavingCall(intent: Intent, moved: Promise<boolean>): Promise<void> {
    if (!(await moved)) return host.request(actions.disconnectRequested())
    if (!following.follower) throw new VoiceAgentError('tab-unreachable')
    await runShared(intent, 'disconnectRequested', following.follower)
  }

  /** Handles an intent in a tab that shows another tab's conversation. */
  function takeMirrored(
    intent: Intent,
    name: string,
    follower: NonNullable<Following['follower']>,
  ): boolean | VoiceAgentError {
    if (leaving.has(name)) {
      following.leave()
      if (beginning.has(name)) starting.add(intent.meta.requestId)
      return false
    }
    if (name === 'connectRequested') {
      // The call may still be connecting at that point.
      answer(
        intent,
        following.takeOver(true).then(() => {
          if (follower.isCallEnded)
            throw new VoiceAgentError('not-connected', 'The call was ended before it began.')
          return host.request(actions.connectRequested())
        }),
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
        following.leave()
        return false
      }
    }
    if (name === 'disconnectRequested' && follower.status === 'moving') {
      answer(intent, endMovingCall(intent, name, follower))
      return true
    }
    if (sharedCommands.has(name)) {
      const run = name === 'sendTextRequested' ? runText : runShared
      answer(intent, run(intent, name, follower))
      return true
    }
    if (!ownersOnly.has(name)) return false
    return new VoiceAgentError(
      'session-open-elsewhere',
      `${intent.type} needs the call in this tab, which mirrors another one: connect() moves it here.`,
    )
  }

  return {
    take(intent) {
      const name = nameOf(path, intent)
      if (passing.delete(intent.meta.requestId)) return false
      if (actions.restoreRequested.match(intent)) {
        const { sessionId } = intent.payload
        if (sessionId === null) return false
        takeRestoration(intent, sessionId)
        return true
      }
      if (leaving.has(name)) supersedeLooking()
      // The call belongs to the session that is being restored.
      if (looking && name === 'connectRequested') pass(looking)
      const { follower } = following
      if (follower && isMirroring(present())) return takeMirrored(intent, name, follower)
      const { requestId } = intent.meta
      const moved = name === 'disconnectRequested' && starting.size === 0 ? giving() : null
      if (moved) {
        answer(intent, endLeavingCall(intent, moved))
        return true
      }
      if (beginning.has(name)) starting.add(requestId)
      const isNext = beginning.has(name) || leaving.has(name)
      if (!follower && isNext && !following.isOwn(requestId)) following.supersede()
      return false
    },
    get isStarting() {
      return starting.size > 0
    },
    supersedeLooking,
    onAction(action) {
      if (actions.requestSettled.match(action)) starting.delete(action.payload.requestId)
      // Also dispatched by an app that replaced the state.
      if (!actions.agentReset.match(action)) return
      supersedeLooking()
      if (!following.follower) following.stop()
    },
  }
}
