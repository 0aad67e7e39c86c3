import { VoiceAgentError } from '../../../../store/index.js'
import { check, checkChoice, isName } from '../options/check-options.js'
import { attachMirror, type MirrorOptions } from './attach-mirror.js'
import type { TakeoverOutcome } from './follower.js'
import type { MirrorPort } from './port.js'
import { withReceived } from './shared-state.js'

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
  /**
   * Stops mirroring and clears the state. A takeover that has not finished rejects with `superseded`. Does nothing if this tab mirrors
   * nothing.
   */
  stop(): void
  /** Number of tabs that currently mirror this one. */
  readonly mirrors: number
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
  checkChoice({ 'mirrorTabs: offer': offer }, ['duplicate', 'any', 'never'])
  checkChoice({ 'mirrorTabs: whenOwnerGone': whenOwnerGone }, ['ask', 'take-over'])
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
    async follow(sessionId) {
      check({ 'follow: sessionId': sessionId }, isName, 'the id of a session')
      return attached().follow(sessionId)
    },
    takeOver: async () => attached().takeOver(),
    stop: () => attached().stop(),
    get mirrors() {
      return mirror?.mirrors ?? 0
    },
  }
}
