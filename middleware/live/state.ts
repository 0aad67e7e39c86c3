import type {
  AgentContinuation,
  RestoreReason,
  StorageStatus,
  VoiceAgentError,
  VoiceError,
} from '../../store/index.js'
import type { ClientMessage } from '../drivers/call/ports.js'
import type { Command, EventNamed, Fact, TakenCall, ToolFact } from './events.js'

/**
 * The live record: the agent's real state, as plain data. Decisions read nothing else.
 * The slices are a copy of it for views, which DevTools may rewind and the app may reset.
 */
export interface Live {
  storage: 'closed' | 'opening' | 'open'
  /** Tasks on the whole storage, in order: erasing it, or reopening it at another place. Sessions wait for all of them. */
  tasks: readonly StorageTask[]
  /** True if sessions may be stored; null if this agent never stores any. */
  consent: boolean | null
  /** Known once the storage is open. */
  tab: { id: string; isDuplicate: boolean } | null
  /** Last status report of the storage, for the state after a reset. */
  report: { storage: StorageStatus; error: VoiceError | null }
  /** Incremented whenever the session slot changes its owner. Tokens and results of an earlier epoch are dropped. */
  epoch: number
  /** The session that is open in this page. */
  session: { id: string } | null
  /**
   * Ids of sessions whose call the user has ended, even one that was only due, here or on a previous page of the tab. Each is kept until the
   * session's next call begins, because the end may not be stored yet, even if another session is open meanwhile.
   */
  endedIds: readonly string[]
  /** The session intent in progress. There is one at a time; a later one supersedes it. */
  job: RestoreJob | CreateJob | null
  call: LiveCall | null
  /** Ids of stored sessions that are being read, because a second read of one would race with the release of the first. */
  reading: readonly string[]
  /** Earlier messages that are being loaded, with the requests that are waiting for them. */
  earlier: { sessionId: string; index: number; requestIds: readonly string[] } | null
  /** Sessions deleted on this page. The tab's token may still refer to one. */
  deleted: readonly string[]
  /** Another tab's request for this session; null if there is none. Unless it `isDue`, it waits until the agent has moved to that tab. */
  moving: { requestId: string; isDue: boolean; at: number } | null
  /** True if the transport was switched since the last connection, so the next agent doesn't know this session. */
  isSwitched: boolean
  /** Names of the app's tools. */
  toolNames: readonly string[]
  /** Tool calls of the open session; null before the first one. */
  tools: LiveTools | null
  /** Counter for the ids of calls, jobs and tool runs. */
  ids: number
}

export interface StorageTask {
  id: number
  kind: 'erase' | 'reopen' | 'consent'
  /** Requests to answer when the task is done. */
  requestIds: readonly string[]
}

/** Restores a stored session. */
export interface RestoreJob {
  kind: 'restore'
  id: number
  requestIds: readonly string[]
  /** Null until it is read from the tab's token. */
  sessionId: string | null
  /** True for the session of this tab's token. */
  isOfTab: boolean
  /** When to call, if the session is taken over from another tab; null otherwise. If a takeover fails, no new session is created instead. */
  taken: TakenCall | null
  /** False if the caller wants no call, or the user has ended it. */
  isCallAllowed: boolean
  /** True if a call was established when the session was left, or was requested on a previous page. */
  isCallDue: boolean
  /** Requests for a call that are waiting for this job while another session is open. */
  connectIds: readonly string[]
  /** When the tab's token expires, in milliseconds since the epoch; null if it must be renewed first. */
  tokenExpiresAt: number | null
  /**
   * Status of the tab's token, which is decrypted and renewed while the session is read. `none`: there is no token.
   * `unreadable`: it can't be decrypted. Once the session is shown, a new token is requested (`requested`).
   */
  token: 'none' | 'opening' | 'refreshing' | 'unreadable' | 'requested' | 'ready' | 'failed'
  /** Why there is no token; null unless `token` is `failed`. */
  tokenReason: RestoreReason | null
  /** Texts that were still unsent when the session's page was left. */
  unsent: readonly QueuedMessage[]
  /** Why no call follows, reported once the token is settled. */
  noCallReason: RestoreReason | null
  /**
   * `handover`: the call is connecting while another tab still has the session. From `permission` on, the session is shown. `due`: a call is
   * permitted, and starts once the token is decrypted.
   * `idle`: no call follows.
   */
  step: 'handover' | 'storage' | 'checking' | 'token' | 'reading' | 'permission' | 'due' | 'calling' | 'idle'
}

/** Creates a session: for a call, for `createSession()`, or to replace one that can't be restored. */
export interface CreateJob {
  kind: 'create'
  id: number
  requestIds: readonly string[]
  step: 'storage' | 'token' | 'creating'
  /** The failed restore that this session replaces. It is settled afterwards. */
  failed: FailedRestore | null
}

export interface FailedRestore {
  requestIds: readonly string[]
  reason: RestoreReason
  error: VoiceError | null
}

/** One call, from *Start* to *End*, over any number of connections. */
export interface LiveCall {
  id: string
  /** `waiting`: for a session. `interrupted`: its connection may recover. `lost`: between two connections. */
  status: 'waiting' | 'connecting' | 'connected' | 'interrupted' | 'lost'
  /** True for a call that continues after a reload. */
  isRestored: boolean
  /** True once its media may be open. */
  isPrepared: boolean
  /**
   * Set while the call is connecting in parallel with the job `jobId`, which creates or takes over its session. Its reports wait for the session.
   * `isTokenChanged`: the token or its memo must be stored once the session exists.
   */
  early: { jobId: number; facts: readonly Fact[]; isTokenChanged: boolean } | null
  /** The agent's memory when this call last connected. */
  agent: AgentContinuation | null
  /** Requests to answer when the call connects or ends. */
  requestIds: readonly string[]
  /** The ongoing press of push-to-talk, because the call's media may start after it. */
  press: EventNamed<'startTalkingRequested'> | null
  /** Id of the last connection attempt. */
  attemptId: string | null
  /** Tool call reports from attempts that have not connected yet, in order. No tool runs for an agent that isn't connected. */
  held: readonly { attemptId: string | null; fact: ToolFact }[]
  /** Messages that are waiting for a connection, with the requests that sent them. */
  outbox: readonly QueuedMessage[]
  /** Texts sent over the current connection that the agent has not acknowledged. */
  sent: readonly TextMessage[]
  /** Id of the last text that the current connection's agent has acknowledged; undefined until it sends an acknowledgement. */
  lastTextId?: string | null | undefined
}

/** A tool call of the open session. */
export interface LiveTool {
  id: string
  /** Unique within the page, unlike the provider's id. */
  runId: number
  name: string
  arguments: unknown
  /** True for a tool of the app; false for one of the agent's own, which its provider only reports. */
  isOwn: boolean
  /** Number of the agent that made the call. */
  agent: number
  /** From `running` on, the call may have taken effect. */
  step: 'checking' | 'approval' | 'recording' | 'running' | 'done'
  /** True if the agent no longer waits for the outcome: it was told that the outcome is unknown, or cancelled the call. */
  isLate: boolean
  /** True if the agent need not react to the outcome, because the user interrupted. */
  isQuiet: boolean
  /** True if the context of the last connection attempt contains the call. */
  isInContext: boolean
  /** Message that the agent has not confirmed yet. */
  owed: {
    message: ToolMessage
    isSent: boolean
    /** True if the context of the current connection attempt contains it. */
    isInContext: boolean
  } | null
}

export interface LiveTools {
  sessionId: string
  /** Number of the current agent. An agent without memory counts as a new one. */
  agent: number
  /** Ids of calls from before this page, which must not run again. */
  earlierIds: readonly string[]
  calls: readonly LiveTool[]
}

/** A message to the agent about one of its tool calls. */
export type ToolMessage = Extract<ClientMessage, { type: 'tool-answer' | 'tool-approval' }>

export type TextMessage = Extract<ClientMessage, { type: 'text' }>

/** A message that is waiting for a connection. */
export interface QueuedMessage {
  /** Null if its request has already been answered. */
  requestId: string | null
  message: ClientMessage
  /**
   * Set on a text that an agent may already have received: `sent` over a connection that was lost, or `restored` with a session whose page
   * closed before it knew.
   */
  doubt?: 'sent' | 'restored'
}

export const initialLive: Live = {
  storage: 'closed',
  tasks: [],
  consent: null,
  tab: null,
  report: { storage: 'memory', error: null },
  epoch: 0,
  session: null,
  endedIds: [],
  job: null,
  call: null,
  reading: [],
  earlier: null,
  deleted: [],
  moving: null,
  isSwitched: false,
  toolNames: [],
  tools: null,
  ids: 0,
}

/** The reaction to one event: the new record, and the commands to run. */
export interface Reaction {
  live: Live
  commands: Command[]
}

export function tell<Name extends Fact['name']>(
  reaction: Reaction,
  name: Name,
  payload: Extract<Fact, { name: Name }>['payload'],
): void {
  reaction.commands.push({ type: 'tell', fact: { name, payload } as Fact })
}

/** Answers requests. Code that removes a request id from the record must call this exactly once. */
export function settle(
  reaction: Reaction,
  requestIds: readonly string[],
  error: VoiceAgentError | null = null,
  value?: unknown,
): void {
  for (const requestId of requestIds)
    reaction.commands.push({ type: 'settle', requestId, error, value, isQuiet: false })
}

/** Answers a request whose effect is visible in the state. */
export function settleQuietly(reaction: Reaction, requestId: string): void {
  reaction.commands.push({ type: 'settle', requestId, error: null, isQuiet: true })
}

export function nextId(reaction: Reaction): number {
  reaction.live.ids++
  return reaction.live.ids
}

/** Notes if the user has ended the call of a session. Without an id, changes nothing. */
export function noteEnd({ live }: Reaction, sessionId: string | null, isEnded: boolean): void {
  if (sessionId === null) return
  const others = live.endedIds.filter((id) => id !== sessionId)
  live.endedIds = isEnded ? [...others, sessionId] : others
}

/** Creates a job that restores the session with this id, or by default the one of the tab's token. */
export function createRestoreJob(
  reaction: Reaction,
  job: Pick<RestoreJob, 'requestIds' | 'sessionId' | 'isCallAllowed'> & Partial<RestoreJob>,
): RestoreJob {
  return {
    kind: 'restore',
    id: nextId(reaction),
    isOfTab: job.sessionId === null,
    taken: null,
    isCallDue: false,
    connectIds: [],
    tokenExpiresAt: null,
    token: 'none',
    tokenReason: null,
    unsent: [],
    noCallReason: null,
    step: 'storage',
    ...job,
  }
}

/** Passes the session slot to a new owner. Results requested for the previous owner are dropped when they arrive. */
export function beginEpoch(reaction: Reaction, { isForgotten }: { isForgotten: boolean }): void {
  reaction.live.epoch++
  reaction.commands.push({ type: 'dropToken', epoch: reaction.live.epoch, isForgotten })
}
