import type { AgentToken } from '../../../../middleware/drivers/token/ports.js'
import type { VoiceError } from '../../../../store/index.js'
import type { SharedAction, SharedState } from './shared-state.js'

/** Why the owner no longer has the session. `cleared`: the user signed out, or everything was erased, so nothing of it may stay on a screen. */
export type LeaveReason = 'left' | 'moved' | 'cleared'

/** The parts of a session's token that its next owner needs. It crosses the channel encrypted only. */
export type SharedToken = AgentToken | null

/** A message between the tabs of one session, before its encryption. `owner` and `mirror` are random ids of the page's role. */
export type MirrorMessage =
  /** A mirror wants the present state, at its beginning, or because it has missed something. */
  | { type: 'hello'; mirror: string }
  | { type: 'bye'; mirror: string }
  | { type: 'welcome'; mirror: string; owner: string; seq: number; shared: SharedState; token: SharedToken }
  /** `check`: summary of the owner's state after these actions; empty if the session has ended by then. */
  | { type: 'actions'; owner: string; seq: number; actions: SharedAction[]; check: string }
  | { type: 'token'; owner: string; token: SharedToken }
  /** A command of the mirror's user. `expiresAt`: milliseconds since the epoch after which the owner refuses it. */
  | {
      type: 'request'
      owner: string
      mirror: string
      id: string
      name: string
      payload: unknown
      expiresAt: number
    }
  /** The mirror takes the session over. `waits`: its call is being made, and the agent moves at the end of a sentence. */
  | { type: 'take'; owner: string; mirror: string; id: string; waits: boolean; expiresAt: number }
  | { type: 'answer'; owner: string; id: string; error: VoiceError | null; offer?: Offer }
  /** The mirror's call has failed, so the owner keeps the session. */
  | { type: 'cancel'; owner: string; mirror: string }
  | { type: 'left'; owner: string; reason: LeaveReason }
  /** A page has become the owner. Only posted after a takeover, because mirrors may wait. */
  | { type: 'here'; owner: string }

/** Answer of the owner to a mirror that takes the session over. */
export interface Offer {
  /** True if the agent can move without a pause. */
  canHandOver: boolean
  token: SharedToken
}
