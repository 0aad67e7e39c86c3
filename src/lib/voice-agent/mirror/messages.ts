import type { AgentToken } from '../../../../middleware/drivers/token/ports.js'
import type { VoiceError } from '../../../../store/index.js'
import type { SharedAction, SharedState } from './shared-state.js'

/** Why the owner no longer has the session. `cleared`: the user signed out or everything was erased, so it must disappear from all screens. */
export type LeaveReason = 'left' | 'moved' | 'cleared'

/** The parts of a session's token that its next owner needs. It crosses the channel only encrypted. */
export type SharedToken = AgentToken | null

/** A message between the tabs of one session, before its encryption. `owner` and `mirror` are random ids of the pages' roles. */
export type MirrorMessage =
  /** A mirror requests the current state, at its start or because it missed something. */
  | { type: 'hello'; mirror: string }
  | { type: 'bye'; mirror: string }
  | { type: 'welcome'; mirror: string; owner: string; seq: number; shared: SharedState; token: SharedToken }
  /** `check`: summary of the owner's state after these actions; empty if the session has ended. */
  | { type: 'actions'; owner: string; seq: number; actions: SharedAction[]; check: string }
  | { type: 'token'; owner: string; token: SharedToken }
  /** A command from the mirror's user. The owner refuses it after `expiresAt`, in milliseconds since the epoch. */
  | {
      type: 'request'
      owner: string
      mirror: string
      id: string
      name: string
      payload: unknown
      expiresAt: number
    }
  /** The mirror takes over the session. `waits`: its call is being established, and the agent moves at the end of a sentence. */
  | { type: 'take'; owner: string; mirror: string; id: string; waits: boolean; expiresAt: number }
  | { type: 'answer'; owner: string; id: string; error: VoiceError | null; offer?: Offer }
  /** The mirror's call has failed, so the owner keeps the session. */
  | { type: 'cancel'; owner: string; mirror: string }
  | { type: 'left'; owner: string; reason: LeaveReason }
  /** A page became the owner. Posted only after a takeover, because mirrors may be waiting. */
  | { type: 'here'; owner: string }

/** The owner's answer to a mirror that takes over the session. */
export interface Offer {
  /** True if the agent can move without a pause. */
  canHandOver: boolean
  token: SharedToken
}
